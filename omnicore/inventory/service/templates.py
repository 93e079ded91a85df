"""Kinds of items: made, changed, renamed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from omnicore.catalog.models import Product
from omnicore.catalog.rules import inventory_types
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.inventory.errors import InventoryInUse, TemplateNameTaken
from omnicore.inventory.labels import clash
from omnicore.inventory.models import LABELS, Inventory, InventoryTemplate
from omnicore.sdk.errors import Invalid, NotFound

COLUMNS = tuple(InventoryTemplate.__table__.columns.keys())
TEMPLATES = Listing(
    columns=columns_of(InventoryTemplate, *COLUMNS),
    key="inventory_template_id",
    search=(InventoryTemplate.item,),
    descending=False,
)
OFFERED = Listing(
    columns=columns_of(InventoryTemplate, *(name for name in COLUMNS if name != "wholesale_cost")),
    key="inventory_template_id",
    search=(InventoryTemplate.item,),
    descending=False,
)


def create_template(uow: UnitOfWork, values: Mapping[str, Any]) -> InventoryTemplate:
    """Add a kind of item.

    :raises TemplateNameTaken: when another template has exactly this name.
    :raises Invalid: when two labels would give the same key.
    """
    return _write(uow, InventoryTemplate(**values))


def update_template(
    uow: UnitOfWork, template_id: int, values: Mapping[str, Any]
) -> tuple[InventoryTemplate, list[str]]:
    """Change a kind of item. Its items keep their data, show new labels and follow a new name.

    :returns: the template and warnings: products that still ask for the old name.
    """
    template = uow.get(InventoryTemplate, template_id, lock=True)
    old = template.item
    for name, value in values.items():
        setattr(template, name, value)
    _write(uow, template)
    if template.item == old:
        return template, []
    uow.session.execute(
        update(Inventory)
        .where(Inventory.inventory_template_id == template_id)
        .values(item=template.item)
    )
    return template, [
        f"product {product.product_id} ({product.product_name}) still asks for {old!r}"
        for product in products_naming(uow, old)
    ]


def changed_template(
    uow: UnitOfWork, template_id: int, values: Mapping[str, Any]
) -> dict[str, Any]:
    """``update_template`` as an answer: the kind with ``warnings``."""
    template, warnings = update_template(uow, template_id, values)
    return {name: getattr(template, name) for name in COLUMNS} | {"warnings": warnings}


def delete_template(uow: UnitOfWork, template_id: int) -> None:
    """Remove a kind of which there is no item.

    :raises InventoryInUse: when items of it exist.
    """
    template = uow.get(InventoryTemplate, template_id, lock=True)
    used = select(Inventory.inventory_id).where(Inventory.inventory_template_id == template_id)
    if uow.session.execute(used.limit(1)).first() is not None:
        raise InventoryInUse(f"there are items of the kind {template.item!r}; delete them first")
    uow.session.delete(template)
    uow.session.flush()


def read_template(uow: UnitOfWork, template_id: int) -> dict[str, Any]:
    """One kind; customers see those that are open to them.

    :raises NotFound: when it is not there, or not open to the customer who asks.
    """
    template = uow.get(InventoryTemplate, template_id)
    if not _staff(uow) and not template.allow_dropdown_customer:
        raise NotFound(f"no inventory template {template_id}")
    return {name: getattr(template, name) for name in _listing(uow).columns}


def list_templates(uow: UnitOfWork, query: ListQuery) -> Page:
    """Kinds of items; customers get those that are open to them."""
    where = [] if _staff(uow) else [InventoryTemplate.allow_dropdown_customer.is_(True)]
    return page(uow, _listing(uow), query, *where)


def template_named(uow: UnitOfWork, item: str) -> InventoryTemplate:
    """The kind with exactly this name.

    :raises NotFound: when there is none.
    """
    found = uow.session.scalars(
        select(InventoryTemplate).where(InventoryTemplate.item == item)
    ).first()
    if found is None:
        raise NotFound(f"no inventory template {item!r}; names compare with case")
    return found


def products_naming(uow: UnitOfWork, item: str) -> list[Product]:
    """Products whose ``inventory_items_list`` asks for this kind."""
    near = uow.session.scalars(
        select(Product)
        .where(Product.inventory_items_list.contains(item, autoescape=True))
        .order_by(Product.product_id)
    )
    return [product for product in near if item in inventory_types(product)]


def missing_kinds(uow: UnitOfWork, product: Product) -> list[str]:
    """Warnings about kinds that a product asks for and no template has: orders would fail."""
    wanted = inventory_types(product)
    known = set(
        uow.session.scalars(
            select(InventoryTemplate.item).where(InventoryTemplate.item.in_(wanted))
        )
    )
    return [f"there is no inventory template {name!r}" for name in wanted if name not in known]


def _write(uow: UnitOfWork, template: InventoryTemplate) -> InventoryTemplate:
    double = clash({label: getattr(template, label) for label in LABELS})
    if double is not None:
        raise Invalid.field(double[0], f"reads the same as {double[1]}")
    with uow.session.no_autoflush:
        other = select(InventoryTemplate.inventory_template_id).where(
            InventoryTemplate.item == template.item,
            InventoryTemplate.inventory_template_id != (template.inventory_template_id or 0),
        )
        taken = uow.session.execute(other).scalar()
    if taken is not None:
        raise TemplateNameTaken(f"template {taken} is called {template.item!r}")
    try:
        return uow.add(template)
    except IntegrityError as error:  # somebody took the name since we looked
        raise TemplateNameTaken(f"another template is called {template.item!r}") from error


def _staff(uow: UnitOfWork) -> bool:
    return uow.actor.may("view_inventory_template")


def _listing(uow: UnitOfWork) -> Listing:
    return TEMPLATES if _staff(uow) else OFFERED
