"""Attributes: free metadata, one value a name and customer (guide 3)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from omnicore.customers.errors import AttributeExists
from omnicore.customers.models import CustomerAttribute
from omnicore.customers.service.customers import not_archived, parent, visible
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import NotFound

ATTRIBUTES = Listing(
    columns=columns_of(
        CustomerAttribute,
        "attribute_id",
        "customer_id",
        "attribute_name",
        "attribute_value",
        "created",
        "last_modified",
    ),
    key="attribute_id",
    search=(CustomerAttribute.attribute_name, CustomerAttribute.attribute_value),
    descending=False,
)


def put(uow: UnitOfWork, customer_id: int, attribute_name: str, attribute_value: str) -> int:
    """Give a customer's attribute a value, whether it was there or not; returns its id."""
    parent(uow, customer_id, lock=True)  # two writers of one name come one after the other
    row = _named(uow, customer_id, attribute_name)
    if row is None:
        row = CustomerAttribute(customer_id=customer_id, attribute_name=attribute_name)
        uow.session.add(row)
    row.attribute_value = attribute_value
    uow.session.flush()
    return row.attribute_id


def update(uow: UnitOfWork, attribute_id: int, values: dict[str, Any]) -> None:
    """Change the value or the name of an attribute.

    :raises AttributeExists: when the customer has an attribute of the new name.
    """
    row = uow.get(CustomerAttribute, attribute_id)
    parent(uow, row.customer_id, lock=True)
    row = uow.get(CustomerAttribute, attribute_id, lock=True)
    name = values.get("attribute_name", row.attribute_name)
    if name != row.attribute_name and _named(uow, row.customer_id, name) is not None:
        raise AttributeExists(f"customer {row.customer_id} has an attribute {name!r}")
    for key, value in values.items():
        setattr(row, key, value)
    uow.session.flush()


def delete(uow: UnitOfWork, attribute_id: int) -> None:
    """Remove an attribute."""
    row = uow.get(CustomerAttribute, attribute_id, lock=True)
    parent(uow, row.customer_id)
    uow.session.delete(row)


def read(uow: UnitOfWork, attribute_id: int) -> dict[str, Any]:
    """One attribute.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    statement = select(*ATTRIBUTES.columns.values()).where(
        CustomerAttribute.attribute_id == attribute_id
    )
    found = uow.session.execute(statement).first()
    if found is None:
        raise NotFound(f"no attribute {attribute_id}")
    return shown(found._asdict())


def listing(uow: UnitOfWork, query: ListQuery, customer_id: int | None = None) -> Page:
    """Attributes of all listed customers, or of one."""
    where = [not_archived(CustomerAttribute.customer_id)]
    if customer_id is not None:
        where = [CustomerAttribute.customer_id == customer_id]
    found = page(uow, ATTRIBUTES, query, *where)
    for row in found.rows:
        shown(row)
    return found


def of_customer(uow: UnitOfWork, customer_id: int, query: ListQuery) -> Page:
    """Attributes of one customer.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    visible(uow, customer_id)
    return listing(uow, query, customer_id)


def value(uow: UnitOfWork, customer_id: int, attribute_name: str) -> str | None:
    """The value of an attribute, or None; for rules that attributes steer."""
    row = _named(uow, customer_id, attribute_name)
    return None if row is None else row.attribute_value


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its moments as this entity alone shows them: YYYY-MM-DD HH:MM:SS, UTC."""
    for name in ("created", "last_modified"):
        row[name] = row[name].strftime("%Y-%m-%d %H:%M:%S")
    return row


def _named(uow: UnitOfWork, customer_id: int, name: str) -> CustomerAttribute | None:
    return uow.session.scalars(
        select(CustomerAttribute).where(
            CustomerAttribute.customer_id == customer_id,
            CustomerAttribute.attribute_name == name,
        )
    ).one_or_none()
