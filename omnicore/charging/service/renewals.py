"""Scheduled renewals: the list of what comes, and the removal of one (guide 16, 21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from omnicore.catalog.models import Product
from omnicore.charging import wording
from omnicore.charging.errors import RenewalNotYours
from omnicore.customers.models import Customer
from omnicore.db.audit import record
from omnicore.db.listing import ListQuery, Page
from omnicore.db.scope import Actor, Scope
from omnicore.db.uow import UnitOfWork
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Invalid, NotFound, PortTimeout
from omnicore.sdk.plan_ids import parse_plan_id
from omnicore.sdk.ports.charging import Renewal
from omnicore.services import service as services
from omnicore.services import views
from omnicore.services.models import Service

UNKNOWN = "N/A"
NO_STATUS = "Unknown"
CHUNK = 500
COLUMNS = (
    "action_plan_id",
    "customer_id",
    "customer_name",
    "service_id",
    "service_name",
    "service_uuid",
    "service_status",
    "product_id",
    "product_name",
    "cost",
    "renews_on",
)
LIMIT_S = 10.0
"""How long the charging system may take for the whole list."""


@dataclass(frozen=True)
class _Known:
    """What the core knows about the services and products that plans name."""

    services: Mapping[str, Mapping[str, Any]]
    products: Mapping[int, Product]


def upcoming(runtime: Runtime, actor: Actor, scope: Scope) -> list[dict[str, Any]]:
    """All scheduled renewals, soonest first, with customer, service, product and cost.

    What the core does not know is ``N/A`` (status ``Unknown``): a plan outlives its service.

    :raises NoPlugin, PortError: when the charging system cannot be asked.
    """
    found = runtime.plugins.charging().call(lambda it: it.scheduled_renewals(), LIMIT_S)
    parsed = [(renewal, _parts(renewal)) for renewal in found]
    with runtime.db.read(actor, scope) as uow:
        known = _Known(
            _services(uow, {str(parts.get("ServiceID", "")) for _, parts in parsed}),
            _products(uow, {int(parts["ProductID"]) for _, parts in parsed if _has_product(parts)}),
        )
        now = uow.now()
    rows = [_row(renewal, parts, known) for renewal, parts in parsed]
    for row in rows:
        when = row["renews_on"]
        row["renews_on_hr"] = UNKNOWN if when is None else wording.moment(when, now)
    return rows


def listed(rows: Sequence[dict[str, Any]], query: ListQuery) -> Page:
    """The rows that match ``query.search`` in any text, sorted, and of them the page asked for.

    The charging system gives the whole list at once, so it is cut here.

    :raises Invalid: naming an unknown column to sort by.
    """
    words = query.search.lower().split()
    found = [row for row in rows if all(word in _text(row) for word in words)]
    if query.sort:
        if query.sort not in COLUMNS:
            raise Invalid.field("sort", f"{query.sort!r} is not one of {', '.join(COLUMNS)}")
        found.sort(key=lambda row: _rank(row[query.sort]), reverse=bool(query.descending))
    size = query.per_page if query.paged else max(len(found), 1)
    start = (query.page - 1) * size
    pagination = {
        "current_page": query.page,
        "per_page": size,
        "total_pages": -(-len(found) // size),
        "total_items": len(found),
    }
    return Page(found[start : start + size], pagination)


def _text(row: Mapping[str, Any]) -> str:
    return " ".join(str(value) for value in row.values()).lower()


def _rank(value: Any) -> tuple[bool, bool, Any]:
    """Numbers before words before nothing."""
    return value is None, isinstance(value, str), value.lower() if isinstance(value, str) else value


def remove(runtime: Runtime, actor: Actor, scope: Scope, plan_id: str) -> None:
    """Remove one renewal in the charging system, so that it stays removed, and record it.

    A customer may do so for its own services, where the product allows it
    (``allow_auto_renew``).

    :raises NotFound: when there is no such renewal, or not one of the caller's.
    :raises RenewalNotYours: when the product leaves renewals to staff.
    :raises NoPlugin, PortError: when the charging system cannot be asked.
    """
    parts = parse_plan_id(plan_id)
    uuid = str(parts.get("ServiceID", ""))
    with runtime.db.read(actor, scope) as uow:
        service = _service(uow, uuid, plan_id)
        if views.by_customer(uow):
            _check_allowed(uow, service, parts)
    port = runtime.plugins.charging()
    known = port.call(
        lambda it: it.renewals(uuid) if service is not None else it.scheduled_renewals()
    )
    if plan_id not in {renewal.plan_id for renewal in known}:
        raise NotFound(f"no renewal {plan_id}")
    try:
        port.call(lambda it: it.remove_renewal(plan_id))
    except PortTimeout:
        _record(runtime, actor, service, f"Asked to remove ActionPlan {plan_id}, outcome unknown,")
        raise
    _record(runtime, actor, service, f"Removed ActionPlan {plan_id}")


def _record(runtime: Runtime, actor: Actor, service: Service | None, what: str) -> None:
    where = UNKNOWN if service is None else service.service_id
    with runtime.db.write(actor) as uow:
        record(
            uow,
            "action_plan",
            "deleted",
            f"{what} from service {where}",
            customer_id=service.customer_id if service else None,
            service_id=service.service_id if service else None,
        )


def _service(uow: UnitOfWork, service_uuid: str, plan_id: str) -> Service | None:
    """The service that a plan names; None for staff when no service has it any more."""
    try:
        return services.by_uuid(uow, service_uuid)
    except NotFound as error:
        if uow.scope.customer_id is not None:
            raise NotFound(f"no renewal {plan_id}") from error
        return None


def _check_allowed(
    uow: UnitOfWork, service: Service | None, parts: Mapping[str, str | int]
) -> None:
    product_id = parts.get("ProductID") or (service.product_id if service else None)
    product = uow.session.get(Product, product_id) if product_id else None
    if product is None or not product.allow_auto_renew:
        raise RenewalNotYours("ask our staff to stop this renewal")


def _parts(renewal: Renewal) -> dict[str, str | int]:
    parts = parse_plan_id(renewal.plan_id)
    if renewal.account_id:
        parts["ServiceID"] = renewal.account_id
    return parts


def _has_product(parts: Mapping[str, str | int]) -> bool:
    return isinstance(parts.get("ProductID"), int)


def _row(renewal: Renewal, parts: Mapping[str, str | int], known: _Known) -> dict[str, Any]:
    service = known.services.get(str(parts.get("ServiceID", "")).lower(), {})
    product = known.products.get(int(parts["ProductID"])) if _has_product(parts) else None
    called = str(parts.get("Name", "")).replace("_", " ").strip()
    return {
        "action_plan_id": renewal.plan_id,
        "customer_id": service.get("customer_id"),
        "customer_name": service.get("customer_name", UNKNOWN),
        "service_id": service.get("service_id"),
        "service_uuid": parts.get("ServiceID"),
        "service_name": service.get("service_name") or service.get("service_uuid", UNKNOWN),
        "service_status": service.get("service_status", NO_STATUS),
        "product_id": parts.get("ProductID"),
        "product_name": product.product_name if product else called or UNKNOWN,
        "cost": float(product.retail_cost) if product else UNKNOWN,
        "renews_on": renewal.next_run,
    }


def _services(uow: UnitOfWork, uuids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for part in _chunks(uuids):
        rows = uow.session.execute(
            select(
                Service.service_uuid,
                Service.service_id,
                Service.service_name,
                Service.service_status,
                Service.customer_id,
                Customer.customer_name,
            )
            .join(Customer, Customer.customer_id == Service.customer_id)
            .where(Service.service_uuid.in_(part))
        )
        found.update({row["service_uuid"].lower(): dict(row) for row in rows.mappings()})
    return found


def _products(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, Product]:
    found: dict[int, Product] = {}
    for part in _chunks(ids):
        rows = uow.session.scalars(select(Product).where(Product.product_id.in_(part)))
        found.update({row.product_id: row for row in rows})
    return found


def _chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Lists short enough for one statement on every database."""
    ordered = sorted(values)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
