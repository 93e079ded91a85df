"""Who sees what of a service: staff, jobs and the customer itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, select

from omnicore.customers.models import Customer
from omnicore.db.listing import Listing, columns_of
from omnicore.db.uow import UnitOfWork
from omnicore.inventory.models import Inventory
from omnicore.services.models import OVER, Service

FOR_STAFF = frozenset(
    {
        "wholesale_cost",
        "service_notes",
        "provisioning_play",
        "provisioning_json_vars",
        "deprovisioning_play",
        "deprovisioning_json_vars",
        "created_by_provision",
    }
)
"""What a customer does not see of its own service."""

COLUMNS = columns_of(
    Service,
    "service_id",
    "customer_id",
    "product_id",
    "site_id",
    "bundled_parent",
    "service_name",
    "service_type",
    "service_uuid",
    "service_status",
    "icon",
    "service_provisioned_date",
    "service_active_date",
    "service_deactivate_date",
    "contract_end_date",
    "retail_cost",
    "wholesale_cost",
    "service_billed",
    "service_taxable",
    "invoiced",
    "promo_code",
    "service_visible_to_customer",
    "service_usage_visible_to_customer",
    "provisioning_play",
    "provisioning_json_vars",
    "deprovisioning_play",
    "deprovisioning_json_vars",
    "service_notes",
    "created_by_provision",
    "created",
    "last_modified",
)

_numbers = (
    select(func.group_concat(Inventory.itemtext1, type_=String(1000)))
    .where(Inventory.service_id == Service.service_id)
    .correlate(Service)
    .scalar_subquery()
)
"""First texts of the items of a service: phone numbers, ICCIDs, serial numbers."""

STAFF_LIST = Listing(
    columns={**COLUMNS, "customer_name": Customer.customer_name},
    key="service_id",
    search=(
        Service.service_name,
        Service.service_id,
        Service.service_uuid,
        Customer.customer_name,
        _numbers,
    ),
)
CUSTOMER_LIST = replace(
    STAFF_LIST,
    columns={k: v for k, v in STAFF_LIST.columns.items() if k not in FOR_STAFF},
)


def start() -> Select[Any]:
    """Where lists of services start: each with its customer."""
    return select().select_from(Service).join(Customer, Customer.customer_id == Service.customer_id)


def by_customer(uow: UnitOfWork) -> bool:
    """Whether a customer looks at its own services, and not staff, nor a job for the customer."""
    return uow.scope.customer_id is not None and uow.actor.provision_id is None


def shown_to(uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """What narrows services to those that the caller may see (guide 16, guide 27)."""
    if not by_customer(uow):
        return []
    return [Service.service_visible_to_customer.is_(True), Service.service_status.not_in(OVER)]


def listing(uow: UnitOfWork) -> Listing:
    """What lists offer to the caller."""
    return CUSTOMER_LIST if by_customer(uow) else STAFF_LIST
