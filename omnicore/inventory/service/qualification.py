"""Service qualification: is there network at this address or point (guide 6)?

Homes passed and devices in the field are items with an address or coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from omnicore.db.uow import UnitOfWork
from omnicore.inventory.models import Inventory, ItemState
from omnicore.inventory.places import address_key, box, distance
from omnicore.sdk.errors import Invalid

OUT = (ItemState.LOST, ItemState.STOLEN, ItemState.DECOMMISSIONED, ItemState.IN_TRANSIT)
MOST = 50
CANDIDATES = 5_000
_SHOWN = (
    "inventory_id",
    "item",
    "item_state",
    "address_line_1",
    "address_line_2",
    "city",
    "zip_code",
    "country",
    "latitude",
    "longitude",
)


def qualify(uow: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Whether an address or point is covered, and by which items, nearest first.

    :param asked: ``latitude`` and ``longitude`` with ``radius`` in metres, or
        ``address_line_1`` with ``city`` and ``zip_code`` where known; ``item`` limits the kind.
    :raises Invalid: when neither an address nor a point is given.
    """
    latitude, longitude = asked.get("latitude"), asked.get("longitude")
    if latitude is not None and longitude is not None:
        found = _near(uow, (latitude, longitude), asked["radius"], asked)
    elif address_key(asked.get("address_line_1")):
        found = _at(uow, asked)
    else:
        raise Invalid.field("address_line_1", "give an address, or latitude and longitude")
    return {"qualified": bool(found), "data": found[:MOST]}


def _near(
    uow: UnitOfWork, point: tuple[float, float], radius: float, asked: Mapping[str, Any]
) -> list[dict[str, Any]]:
    south, north, west, east = box(point, radius)
    columns = (Inventory.point_latitude, Inventory.point_longitude)
    statement = _candidates(asked, *columns).where(
        columns[0].between(south, north), columns[1].between(west, east)
    )
    rows = [dict(row) for row in uow.session.execute(statement).mappings()]
    for row in rows:
        place = (row.pop("point_latitude"), row.pop("point_longitude"))
        row["distance"] = round(distance(point, place), 1)
    return sorted((row for row in rows if row["distance"] <= radius), key=lambda r: r["distance"])


def _at(uow: UnitOfWork, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    statement = _candidates(asked).where(
        Inventory.address_key == address_key(asked["address_line_1"])
    )
    rows = [dict(row) for row in uow.session.execute(statement).mappings()]
    return [row for row in rows if _agrees(row, asked)]


def _agrees(row: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """What both sides say of town and code must be the same; what one leaves out is open."""
    pairs = ((row[name], asked.get(name)) for name in ("city", "zip_code"))
    return all(not a or not b or address_key(a) == address_key(b) for a, b in pairs)


def _candidates(asked: Mapping[str, Any], *more: Any) -> Any:
    columns = [getattr(Inventory, name) for name in _SHOWN]
    statement = select(*columns, *more).where(Inventory.item_state.not_in(OUT))
    if asked.get("item"):
        statement = statement.where(Inventory.item == asked["item"])
    return statement.order_by(Inventory.inventory_id).limit(CANDIDATES)
