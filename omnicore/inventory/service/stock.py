"""What is in stock: what can be picked, how much there is where, and what runs low."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.inventory.models import PICKABLE, Inventory, InventoryTemplate
from omnicore.sdk.events import InventoryStockLow

PICKER = Listing(
    columns=columns_of(
        Inventory,
        "inventory_id",
        "item",
        "inventory_template_id",
        "itemtext1",
        "itemtext2",
        "item_location",
        "item_state",
    ),
    key="inventory_id",
    search=(Inventory.itemtext1, Inventory.itemtext2, Inventory.item_location),
    descending=False,
)


def pickable(uow: UnitOfWork) -> ColumnElement[bool]:
    """The condition of an item that an order may choose."""
    return and_(
        Inventory.item_state.in_(PICKABLE),
        Inventory.customer_id.is_(None),
        Inventory.service_id.is_(None),
        Inventory.reserved_by_provision.is_(None),
        or_(Inventory.quarantined_until.is_(None), Inventory.quarantined_until <= uow.now()),
    )


def available(uow: UnitOfWork, query: ListQuery, wanted: Mapping[str, Any]) -> Page:
    """What the picker offers of one kind: ``item`` exactly, at ``item_location`` if given.

    Customers, whose scope holds no free items, are offered those kinds that their templates
    open to them (``allow_dropdown_customer``): id, first texts, place and state, nothing else.
    """
    where = [Inventory.item == wanted["item"], pickable(uow)]
    if wanted.get("item_location"):
        where.append(Inventory.item_location == wanted["item_location"])
    if uow.actor.may("view_inventory"):
        return page(uow, PICKER, query, *where)
    where.append(Inventory.inventory_template_id.in_(_open_to_customers()))
    with uow.unscoped():
        return page(uow, PICKER, query, *where)


def counts(uow: UnitOfWork, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many items there are by kind, place and state."""
    groups = (Inventory.item, Inventory.item_location, Inventory.item_state)
    statement = select(*groups, func.count().label("count")).group_by(*groups).order_by(*groups)
    for column in groups:
        if wanted.get(column.key):
            statement = statement.where(column == wanted[column.key])
    return [dict(row) for row in uow.session.execute(statement).mappings()]


def low(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Kinds with fewer pickable items than ``crm.low_stock_level``, emptiest first."""
    level = uow.settings.crm.low_stock_level
    free = (
        select(Inventory.inventory_template_id, func.count().label("available"))
        .where(pickable(uow))
        .group_by(Inventory.inventory_template_id)
        .subquery()
    )
    number = func.coalesce(free.c.available, 0)
    template = InventoryTemplate
    statement = (
        select(template.inventory_template_id, template.item, number.label("available"))
        .outerjoin(free, free.c.inventory_template_id == template.inventory_template_id)
        .where(number < level)
        .order_by(number, template.item)
    )
    return [dict(row) | {"level": level} for row in uow.session.execute(statement).mappings()]


def tell_if_low(uow: UnitOfWork, item: str) -> None:
    """Tell that stock is low, when one item more has just brought it below the level."""
    level = uow.settings.crm.low_stock_level
    with uow.unscoped():
        some = (
            select(Inventory.inventory_id)
            .where(Inventory.item == item, pickable(uow))
            .limit(level)
            .subquery()
        )
        left = uow.session.execute(select(func.count()).select_from(some)).scalar_one()
    if left == level - 1:
        uow.emit(InventoryStockLow(item=item, available=left, level=level))


def _open_to_customers() -> Any:
    return select(InventoryTemplate.inventory_template_id).where(
        InventoryTemplate.allow_dropdown_customer.is_(True)
    )
