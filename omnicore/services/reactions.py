"""What the services room has to say to the rooms below it."""

from __future__ import annotations

from omnicore.catalog import checks as catalog
from omnicore.customers import guards
from omnicore.db.uow import UnitOfWork
from omnicore.inventory import checks as inventory
from omnicore.services import service
from omnicore.services.models import Service


def live_services(uow: UnitOfWork, customer_id: int) -> str | None:
    """A customer with services that have not ended stays."""
    number = service.count_live(uow, customer_id)
    return f"{number} active service{'s' if number > 1 else ''}" if number else None


def services_of_product(uow: UnitOfWork, product_id: int) -> str | None:
    """A product from which services were made stays; it can be disabled."""
    number = service.count_of_product(uow, product_id)
    if not number:
        return None
    return "1 service uses it" if number == 1 else f"{number} services use it"


def owner(uow: UnitOfWork, service_id: int) -> int | None:
    """The customer of a service within the scope."""
    return uow.get(Service, service_id).customer_id


guards.register("active services", live_services)
catalog.register_delete_guard(services_of_product)
catalog.register_holder(service.has_product)
inventory.register_service_lookup(owner)
