"""Tags: coloured labels that show themselves between two dates (guide 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from omnicore.customers.models import CustomerTag
from omnicore.customers.service.customers import not_archived, parent, visible
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import Invalid, NotFound

FOREVER = datetime(2099, 1, 1, tzinfo=UTC)
"""When a tag ends that names no end."""

TAGS = Listing(
    columns=columns_of(
        CustomerTag,
        "tag_id",
        "customer_id",
        "tag_text",
        "tag_hex_color",
        "tag_link",
        "tag_active_date",
        "tag_deactivate_date",
        "created",
        "last_modified",
    ),
    key="tag_id",
    search=(CustomerTag.tag_text,),
    descending=False,
)


def create(uow: UnitOfWork, values: dict[str, Any]) -> int:
    """Add a tag to a customer and return its id."""
    parent(uow, values["customer_id"])
    values["tag_deactivate_date"] = values.get("tag_deactivate_date") or FOREVER
    tag = CustomerTag(**values)
    _check(tag)
    return uow.add(tag).tag_id


def update(uow: UnitOfWork, tag_id: int, values: dict[str, Any]) -> None:
    """Change a tag; what is absent stays."""
    tag = uow.get(CustomerTag, tag_id, lock=True)
    parent(uow, tag.customer_id)
    for name, value in values.items():
        setattr(tag, name, value)
    tag.tag_deactivate_date = tag.tag_deactivate_date or FOREVER
    _check(tag)
    uow.session.flush()


def delete(uow: UnitOfWork, tag_id: int) -> None:
    """Remove a tag."""
    tag = uow.get(CustomerTag, tag_id, lock=True)
    parent(uow, tag.customer_id)
    uow.session.delete(tag)


def read(uow: UnitOfWork, tag_id: int) -> dict[str, Any]:
    """One tag.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    statement = select(*TAGS.columns.values()).where(CustomerTag.tag_id == tag_id)
    found = uow.session.execute(statement).first()
    if found is None:
        raise NotFound(f"no tag {tag_id}")
    return found._asdict()


def listing(
    uow: UnitOfWork, query: ListQuery, customer_id: int | None = None, active_only: bool = False
) -> Page:
    """Tags of all listed customers, or of one; all, or those that show themselves now."""
    where = [not_archived(CustomerTag.customer_id)]
    if customer_id is not None:
        where = [CustomerTag.customer_id == customer_id]
    if active_only:
        now = uow.now()
        where += [CustomerTag.tag_active_date <= now, CustomerTag.tag_deactivate_date > now]
    return page(uow, TAGS, query, *where)


def of_customer(
    uow: UnitOfWork, customer_id: int, query: ListQuery, active_only: bool = False
) -> Page:
    """Tags of one customer.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    visible(uow, customer_id)
    return listing(uow, query, customer_id, active_only)


def _check(tag: CustomerTag) -> None:
    if tag.tag_deactivate_date <= tag.tag_active_date:
        raise Invalid.field("tag_deactivate_date", "is not after tag_active_date")
