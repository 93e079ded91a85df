"""Reading the log, adding a note to it, and proving that it is whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text

from omnicore.activity import recorder
from omnicore.activity.models import Activity
from omnicore.activity.verification import VerifyReport, verify
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import NotFound

__all__ = ["VerifyReport", "listing", "note", "read", "verify", "written"]

NOTE = "note"
"""Kind of what staff write by hand; customers do not see it."""

_SHOWN = (
    "activity_id",
    "customer_id",
    "service_id",
    "user_id",
    "kind",
    "entity_id",
    "action",
    "description",
    "created",
)
_SEARCH = (Activity.description, Activity.entity_id)
ENTRIES = Listing(
    columns=columns_of(
        Activity, *_SHOWN, "actor", "impersonating_user_id", "ip_address", "details"
    ),
    key="activity_id",
    search=(*_SEARCH, Activity.actor),
)
OWN_ENTRIES = Listing(
    columns=columns_of(Activity, *_SHOWN)
    | {"impersonated": Activity.impersonating_user_id.is_not(None)},
    key="activity_id",
    search=_SEARCH,
)
"""What a customer sees: not who of the staff, from where, nor values that may be internal."""


def listing(
    uow: UnitOfWork,
    query: ListQuery,
    *,
    customer_id: int | None = None,
    service_id: int | None = None,
) -> Page:
    """Entries, newest first; all that the scope shows, or of one customer or service.

    :raises NotFound: for a customer that is not the caller's.
    """
    if customer_id is not None and uow.scope.customer_id not in (None, customer_id):
        raise NotFound(f"no customer {customer_id}")
    where = [*_visible(uow)]
    if customer_id is not None:
        where.append(Activity.customer_id == customer_id)
    if service_id is not None:
        where.append(Activity.service_id == service_id)
    return page(uow, _listing(uow), query, *where)


def read(uow: UnitOfWork, activity_id: int) -> dict[str, Any]:
    """One entry.

    :raises NotFound: when there is none, or it is not the caller's.
    """
    return _one(uow, Activity.activity_id == activity_id, f"no activity {activity_id}")


def written(uow: UnitOfWork, entry: recorder.Entry) -> dict[str, Any]:
    """An entry that a committed transaction wrote."""
    return _one(uow, Activity.row_hash == entry.row_hash, "the entry was not written")


def note(uow: UnitOfWork, customer_id: int, description: str) -> recorder.Entry:
    """Keep a sentence of the staff with a customer, such as the reason for a deletion.

    :raises NotFound: when there is no such customer in the scope.
    """
    known = uow.session.execute(
        text("SELECT 1 FROM customer WHERE customer_id = :id"), {"id": customer_id}
    ).scalar()
    if known is None or uow.scope.customer_id not in (None, customer_id):
        raise NotFound(f"no customer {customer_id}")
    return recorder.record(uow, NOTE, "noted", description, customer_id=customer_id)


def _one(uow: UnitOfWork, where: Any, missing: str) -> dict[str, Any]:
    columns = [column.label(name) for name, column in _listing(uow).columns.items()]
    found = uow.session.execute(select(*columns).where(where, *_visible(uow))).mappings().first()
    if found is None:
        raise NotFound(missing)
    return dict(found)


def _listing(uow: UnitOfWork) -> Listing:
    return ENTRIES if uow.scope.customer_id is None else OWN_ENTRIES


def _visible(uow: UnitOfWork) -> tuple[Any, ...]:
    return () if uow.scope.customer_id is None else (Activity.kind != NOTE,)
