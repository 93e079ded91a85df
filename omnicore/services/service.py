"""What the business can do with services."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from omnicore.catalog import lists, rules
from omnicore.catalog.models import Product
from omnicore.customers.models import Customer, CustomerStatus, Site
from omnicore.db.listing import ListQuery, Page, page
from omnicore.db.uow import UnitOfWork
from omnicore.inventory.service.reservations import release_service
from omnicore.sdk.errors import Conflict, Invalid, NotFound
from omnicore.sdk.events import ServiceCreated, ServiceDeleted, ServiceStatusChanged
from omnicore.services import views
from omnicore.services.errors import StatusMoveRefused, UuidTaken
from omnicore.services.models import MOVES, OVER, Phase, Service, ServiceStatus, phase

log = logging.getLogger(__name__)

INHERITED = ("service_type", "icon", "provisioning_play", "provisioning_json_vars")
"""What a service takes over from its product when the caller does not say."""


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Service:
    """Add a service; what the caller leaves open comes from the product or the clock.

    ``values`` are columns of :class:`Service`; ``customer_id`` is required.

    :raises NotFound: for a customer, product, site or parent that the caller cannot see.
    :raises UuidTaken: when another service has the ``service_uuid``.
    :raises Conflict: when the customer is archived.
    """
    values = {name: _kept(name, value) for name, value in values.items() if value is not None}
    customer = uow.get(Customer, values["customer_id"])
    if customer.customer_status == CustomerStatus.ARCHIVED:
        raise Conflict(f"customer {customer.customer_id} is archived")
    _check_links(uow, values, customer.customer_id)
    _check_plays(values)
    _warn_of_type(uow, values.get("service_type"))
    row = Service(**_defaults(uow, values) | values)
    _check_uuid(uow, row.service_uuid)
    row.created_by_provision = uow.actor.provision_id
    try:
        uow.add(row)
    except IntegrityError as error:  # two callers with the same uuid at the same moment
        if "service_uuid" not in str(error.orig):
            raise
        raise UuidTaken(f"{row.service_uuid} names another service") from error
    uow.emit(
        ServiceCreated(
            service_id=row.service_id,
            service_uuid=row.service_uuid,
            customer_id=customer.customer_id,
            product_id=row.product_id,
        )
    )
    return row


def update(uow: UnitOfWork, service_id: int, values: Mapping[str, Any]) -> Service:
    """Change a service; what is absent stays. A new status is told as an event.

    :raises StatusMoveRefused: when the present status does not lead to the new one.
    """
    row = find(uow, service_id, lock=True)
    _check_links(uow, values, row.customer_id)
    _warn_of_type(uow, values.get("service_type"))
    if "service_status" in values:
        move(uow, row, values["service_status"])
    for name, value in values.items():
        if name != "service_status":
            setattr(row, name, value)
    uow.session.flush()
    return row


def move(uow: UnitOfWork, row: Service, status: str) -> None:
    """Give a locked service another status, and tell it; nothing happens when it has it.

    Whoever listens does the rest: the charging system follows, a deprovisioning job starts.
    """
    old, new = row.service_status, _spelt(status)
    if old == new:
        return
    if phase(new) not in MOVES[phase(old)]:
        raise StatusMoveRefused(
            f"a service that is {old} cannot become {new}; make it Active first",
            **{"from": old, "to": new},
        )
    row.service_status = new
    if phase(new) is Phase.OVER and row.service_deactivate_date is None:
        row.service_deactivate_date = uow.now()
    if phase(new) is Phase.ACTIVE and row.service_active_date is None:
        row.service_active_date = uow.now()
    uow.emit(
        ServiceStatusChanged(
            service_id=row.service_id,
            service_uuid=row.service_uuid,
            customer_id=_owner(row),
            old=old,
            new=new,
            by_provision=uow.actor.provision_id,
        )
    )


def remove(uow: UnitOfWork, service_id: int) -> None:
    """Delete a service: its items go back to stock, its transactions stay without the link.

    The charging account and renewals follow through the event. The activity log keeps what
    there was.
    """
    row = find(uow, service_id, lock=True)
    release_service(uow, row.service_id)
    uow.emit(
        ServiceDeleted(
            service_id=row.service_id,
            service_uuid=row.service_uuid,
            customer_id=_owner(row),
        )
    )
    uow.session.delete(row)
    uow.session.flush()


def remove_all(uow: UnitOfWork, service_ids: Iterable[int]) -> None:
    """Delete several services, all or none.

    They are locked in the order of their ids, so that two callers never wait for each other.
    """
    for service_id in sorted(set(service_ids)):
        remove(uow, service_id)


def find(uow: UnitOfWork, service_id: int, *, lock: bool = False) -> Service:
    """The service, when the caller may see it.

    :raises NotFound: when it is not there, somebody else's, or hidden from its customer.
    """
    where = [Service.service_id == service_id, *views.shown_to(uow)]
    statement = select(Service).where(*where)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = uow.session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound(f"no service {service_id}")
    return row


def by_uuid(uow: UnitOfWork, service_uuid: str) -> Service:
    """The service behind a charging account.

    :raises NotFound: as in :func:`find`.
    """
    where = [Service.service_uuid == service_uuid, *views.shown_to(uow)]
    row = uow.session.scalars(select(Service).where(*where)).one_or_none()
    if row is None:
        raise NotFound(f"no service with the service_uuid {service_uuid}")
    return row


def count_live(uow: UnitOfWork, customer_id: int) -> int:
    """How many services of a customer have not ended."""
    where = (Service.customer_id == customer_id, Service.service_status.not_in(OVER))
    return uow.session.scalar(select(func.count(Service.service_id)).where(*where)) or 0


def count_of_product(uow: UnitOfWork, product_id: int) -> int:
    """How many services were made from a product, of all customers, ended ones too."""
    with uow.unscoped():
        where = Service.product_id == product_id
        return uow.session.scalar(select(func.count(Service.service_id)).where(where)) or 0


def has_product(uow: UnitOfWork, product_id: int) -> bool:
    """Whether the caller can see a service that was made from a product."""
    where = [Service.product_id == product_id, *views.shown_to(uow)]
    return uow.session.scalar(select(Service.service_id).where(*where).limit(1)) is not None


def shown(uow: UnitOfWork, row: Service) -> dict[str, Any]:
    """A service as the caller sees it."""
    return {
        name: getattr(row, name) for name in views.listing(uow).columns if name in views.COLUMNS
    }


def shows_usage(uow: UnitOfWork, row: Service) -> bool:
    """Whether the caller may see balances and renewals of the service."""
    return row.service_usage_visible_to_customer or not views.by_customer(uow)


def listing(uow: UnitOfWork, query: ListQuery, customer_id: int | None = None) -> Page:
    """Services that the caller may see, newest first; the status Inactive means all that ended.

    Those of archived customers are listed only when the customer is named.
    """
    where = views.shown_to(uow)
    if customer_id is not None:
        where = [*where, Service.customer_id == customer_id]
    else:
        where = [*where, Customer.customer_status != CustomerStatus.ARCHIVED]
    return page(uow, views.listing(uow), _with_ended(query), *where, start=views.start())


def _with_ended(query: ListQuery) -> ListQuery:
    wanted: Sequence[Any] = query.filters.get("service_status", ())
    if ServiceStatus.INACTIVE not in wanted:
        return query
    return replace(query, filters={**query.filters, "service_status": [*wanted, *OVER]})


def _defaults(uow: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "service_uuid": str(uuid4()),
        "service_provisioned_date": uow.now(),
        "service_status": ServiceStatus.ACTIVE.value,
    }
    if product_id := values.get("product_id"):
        product = uow.get(Product, product_id)
        found |= {name: getattr(product, name) for name in INHERITED}
        found["service_name"] = product.product_name
        found["service_type"] = product.service_type or ""
    if phase(values.get("service_status", ServiceStatus.ACTIVE)) is Phase.ACTIVE:
        found["service_active_date"] = uow.now()
    return found


def _check_links(uow: UnitOfWork, values: Mapping[str, Any], customer_id: int | None) -> None:
    if site_id := values.get("site_id"):
        _same_customer("site_id", uow.get(Site, site_id).customer_id, customer_id)
    if parent_id := values.get("bundled_parent"):
        _same_customer("bundled_parent", uow.get(Service, parent_id).customer_id, customer_id)


def _same_customer(field: str, found: int | None, wanted: int | None) -> None:
    if found != wanted:
        raise Invalid.field(field, "it belongs to another customer")


def _check_plays(values: Mapping[str, Any]) -> None:
    for field in ("provisioning_play", "deprovisioning_play"):
        try:
            for name in lists.read_list(values.get(field)):
                rules.check_play_name(name)
        except ValueError as error:
            raise Invalid.field(field, str(error)) from error


def _check_uuid(uow: UnitOfWork, service_uuid: str) -> None:
    with uow.unscoped():
        taken = uow.session.scalar(
            select(Service.service_id).where(Service.service_uuid == service_uuid)
        )
    if taken is not None:
        raise UuidTaken(f"{service_uuid} names another service")


def _warn_of_type(uow: UnitOfWork, service_type: str | None) -> None:
    """Plays write types that no list names, such as ``generic``: they are taken, with a word."""
    if service_type and service_type not in uow.settings.service_types:
        log.warning("service_type %r is not one of the setting service_types", service_type)


def _spelt(status: str) -> str:
    """A status that drives logic in its one spelling, any other as it was written."""
    known = {word.lower(): word for word in (*ServiceStatus, *OVER)}
    return str(known.get(status.strip().lower(), status.strip()))


def _owner(row: Service) -> int:
    if row.customer_id is None:
        raise Invalid.field("customer_id", "a service needs a customer")
    return row.customer_id


def _kept(name: str, value: Any) -> Any:
    """A value as it is stored: variables of a job hold its token, which a service must not keep."""
    if name not in Service.__secret__:
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return value
    if not isinstance(found, dict) or "access_token" not in found:
        return value
    return json.dumps({key: item for key, item in found.items() if key != "access_token"})
