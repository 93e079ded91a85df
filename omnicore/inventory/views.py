"""An item as a reader sees it: its fields, the keys of its labels, nothing it may not see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from omnicore.db.scope import Actor
from omnicore.db.uow import UnitOfWork
from omnicore.inventory.labels import SECRETS, keys_of_template
from omnicore.inventory.models import Inventory, InventoryTemplate

MASK = "***"
"""Shown in place of a password that is set."""

COLUMNS = tuple(
    key
    for key in Inventory.__table__.columns.keys()  # noqa: SIM118 - not a dict
    if key not in ("point_latitude", "point_longitude", "address_key")
)
STAFF_ONLY = frozenset(
    {
        "wholesale_cost",
        "management_username",
        "management_password",
        "config_content",
        "config_file_path",
        "inventory_notes",
        "reserved_by_provision",
        "quarantined_until",
    }
)


def is_staff(actor: Actor) -> bool:
    """Whether the actor sees all of an item, and not only what a customer sees of its own."""
    return actor.may("view_inventory", "create_inventory", "update_inventory")


def shown(uow: UnitOfWork, item: Inventory) -> dict[str, Any]:
    """One item with everything that the actor may see."""
    row = {name: getattr(item, name) for name in COLUMNS}
    return complete(uow, [row])[0]


def complete(uow: UnitOfWork, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of items with the keys of their labels, passwords masked, staff's fields hidden."""
    rows = list(rows)
    keys = _keys(uow, {row["inventory_template_id"] for row in rows})
    staff = is_staff(uow.actor)
    return [_complete(row, keys[row["inventory_template_id"]], staff) for row in rows]


def _complete(row: dict[str, Any], keys: dict[str, str], staff: bool) -> dict[str, Any]:
    named = {key: row[text] for text, key in keys.items() if text in row}
    whole = row | named
    if whole.get("management_password"):
        whole["management_password"] = MASK
    if staff:
        return whole
    hidden = STAFF_ONLY | SECRETS | {text for text, key in keys.items() if key in SECRETS}
    return {name: value for name, value in whole.items() if name not in hidden}


def _keys(uow: UnitOfWork, template_ids: set[int]) -> dict[int, dict[str, str]]:
    templates = uow.session.scalars(
        select(InventoryTemplate).where(InventoryTemplate.inventory_template_id.in_(template_ids))
    )
    return {row.inventory_template_id: keys_of_template(row) for row in templates}
