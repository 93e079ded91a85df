"""Inventory: templates that define kinds of items, the items, and who held them when."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Double, ForeignKey, Index, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key, LongText, Owned, Stamped

ExactName = String(255).with_variant(
    mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb"
)
"""Text that compares with regard to case on every database."""

TEXTS = tuple(f"itemtext{number}" for number in range(1, 21))
LABELS = tuple(f"{name}_label" for name in TEXTS)


class ItemState(StrEnum):
    """Where an item is in its life (guide 6 and 27, all of them)."""

    NEW = "New"
    USED = "Used"
    INTERNAL_USE = "Internal Use"
    ASSIGNED = "Assigned"
    DAMAGED = "Damaged"
    OUT_OF_SERVICE = "Out Of Service"
    LOST = "Lost"
    STOLEN = "Stolen"
    IN_STOCK = "In Stock"
    DECOMMISSIONED = "Decommissioned"
    IN_TRANSIT = "In Transit"
    ALLOCATED = "Allocated"
    IN_USE = "In Use"


PICKABLE = (ItemState.NEW, ItemState.IN_STOCK)
"""States in which an item can be chosen for an order."""
HELD = (ItemState.ASSIGNED, ItemState.ALLOCATED, ItemState.IN_USE)
"""States of an item that somebody has."""
GONE = (
    ItemState.LOST,
    ItemState.STOLEN,
    ItemState.DAMAGED,
    ItemState.DECOMMISSIONED,
    ItemState.IN_TRANSIT,
)
"""States from which an item must come back into stock before somebody can get it."""


class InventoryTemplate(Base, Stamped):
    """A kind of item. Products name it literally, with regard to case."""

    __tablename__ = "inventory_template"
    __audit__ = "inventory_template"

    inventory_template_id: Mapped[int] = mapped_column(Key, primary_key=True)
    item: Mapped[str] = mapped_column(ExactName, unique=True)
    icon: Mapped[str | None] = mapped_column(String(120))
    wholesale_cost: Mapped[Decimal]
    retail_cost: Mapped[Decimal]
    itemtext1_label: Mapped[str] = mapped_column(String(120), default="Model Number")
    itemtext2_label: Mapped[str] = mapped_column(String(120), default="Serial Number")
    itemtext3_label: Mapped[str | None] = mapped_column(String(120))
    itemtext4_label: Mapped[str | None] = mapped_column(String(120))
    itemtext5_label: Mapped[str | None] = mapped_column(String(120))
    itemtext6_label: Mapped[str | None] = mapped_column(String(120))
    itemtext7_label: Mapped[str | None] = mapped_column(String(120))
    itemtext8_label: Mapped[str | None] = mapped_column(String(120))
    itemtext9_label: Mapped[str | None] = mapped_column(String(120))
    itemtext10_label: Mapped[str | None] = mapped_column(String(120))
    itemtext11_label: Mapped[str | None] = mapped_column(String(120))
    itemtext12_label: Mapped[str | None] = mapped_column(String(120))
    itemtext13_label: Mapped[str | None] = mapped_column(String(120))
    itemtext14_label: Mapped[str | None] = mapped_column(String(120))
    itemtext15_label: Mapped[str | None] = mapped_column(String(120))
    itemtext16_label: Mapped[str | None] = mapped_column(String(120))
    itemtext17_label: Mapped[str | None] = mapped_column(String(120))
    itemtext18_label: Mapped[str | None] = mapped_column(String(120))
    itemtext19_label: Mapped[str | None] = mapped_column(String(120))
    itemtext20_label: Mapped[str | None] = mapped_column(String(120))
    allow_dropdown_staff: Mapped[bool] = mapped_column(default=True)
    allow_dropdown_customer: Mapped[bool] = mapped_column(default=False)


class Inventory(Base, Owned, Stamped):
    """One item: a SIM, a number, a modem, an address block, a home passed.

    ``service_id`` has no foreign key: services stand above this room. ``point_latitude``,
    ``point_longitude`` and ``address_key`` repeat what the client wrote in a form that can be
    searched; ``reserved_by_provision`` is the job that holds the item for its order.
    """

    __tablename__ = "inventory"
    __audit__ = "inventory"
    __secret__ = frozenset({"management_password", "config_content"})
    __noise__ = frozenset(
        {
            "created",
            "last_modified",
            "point_latitude",
            "point_longitude",
            "address_key",
            "reserved_by_provision",
        }
    )
    __owner_nullable__ = True
    __table_args__ = (
        Index("ix_inventory_stock", "item", "item_state", "customer_id", "service_id"),
        Index("ix_inventory_point", "point_latitude", "point_longitude"),
    )

    inventory_id: Mapped[int] = mapped_column(Key, primary_key=True)
    item: Mapped[str] = mapped_column(ExactName)
    inventory_template_id: Mapped[int] = mapped_column(
        Key, ForeignKey("inventory_template.inventory_template_id"), index=True
    )
    service_id: Mapped[int | None] = mapped_column(Key, index=True)
    item_location: Mapped[str | None] = mapped_column(String(255), index=True)
    item_state: Mapped[ItemState] = mapped_column(String(20), default=ItemState.NEW)
    itemtext1: Mapped[str] = mapped_column(String(255), index=True)
    itemtext2: Mapped[str | None] = mapped_column(String(255), index=True)
    itemtext3: Mapped[str | None] = mapped_column(String(255))
    itemtext4: Mapped[str | None] = mapped_column(String(255))
    itemtext5: Mapped[str | None] = mapped_column(String(255))
    itemtext6: Mapped[str | None] = mapped_column(String(255))
    itemtext7: Mapped[str | None] = mapped_column(String(255))
    itemtext8: Mapped[str | None] = mapped_column(String(255))
    itemtext9: Mapped[str | None] = mapped_column(String(255))
    itemtext10: Mapped[str | None] = mapped_column(String(255))
    itemtext11: Mapped[str | None] = mapped_column(String(255))
    itemtext12: Mapped[str | None] = mapped_column(String(255))
    itemtext13: Mapped[str | None] = mapped_column(String(255))
    itemtext14: Mapped[str | None] = mapped_column(String(255))
    itemtext15: Mapped[str | None] = mapped_column(String(255))
    itemtext16: Mapped[str | None] = mapped_column(String(255))
    itemtext17: Mapped[str | None] = mapped_column(String(255))
    itemtext18: Mapped[str | None] = mapped_column(String(255))
    itemtext19: Mapped[str | None] = mapped_column(String(255))
    itemtext20: Mapped[str | None] = mapped_column(String(255))
    wholesale_cost: Mapped[Decimal]
    retail_cost: Mapped[Decimal]
    sold_date: Mapped[datetime | None]
    address_line_1: Mapped[str | None] = mapped_column(String(255))
    address_line_2: Mapped[str | None] = mapped_column(String(255))
    city: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str | None] = mapped_column(String(120))
    zip_code: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str | None] = mapped_column(String(120))
    google_maps_place_id: Mapped[str | None] = mapped_column(String(255))
    plus_code: Mapped[str | None] = mapped_column(String(120))
    latitude: Mapped[str | None] = mapped_column(String(40))
    longitude: Mapped[str | None] = mapped_column(String(40))
    point_latitude: Mapped[float | None] = mapped_column(Double)
    point_longitude: Mapped[float | None] = mapped_column(Double)
    address_key: Mapped[str | None] = mapped_column(String(255), index=True)
    management_url: Mapped[str | None] = mapped_column(String(2048))
    management_username: Mapped[str | None] = mapped_column(String(255))
    management_password: Mapped[str | None] = mapped_column(String(2048))
    """Sealed (see ``omnicore.db.secrets``); never in clear in this column."""
    config_content: Mapped[str | None] = mapped_column(LongText)
    config_file_path: Mapped[str | None] = mapped_column(String(1024))
    inventory_notes: Mapped[str | None] = mapped_column(Text)
    quarantined_until: Mapped[datetime | None]
    """A released number is not offered again before this moment."""
    reserved_by_provision: Mapped[int | None] = mapped_column(Key, index=True)

    def is_held(self) -> bool:
        """Whether a customer or a service has it."""
        return self.customer_id is not None or self.service_id is not None


class InventoryHolding(Base, Owned):
    """Who had an item, from when until when; an open one has no end.

    ``provision_id`` is the job that gave it, ``state_before`` what the item was then: a
    failed job is undone by it.
    """

    __tablename__ = "inventory_holding"
    __owner_nullable__ = True
    __table_args__ = (Index("ix_inventory_holding_open", "inventory_id", "held_until"),)

    holding_id: Mapped[int] = mapped_column(Key, primary_key=True)
    inventory_id: Mapped[int] = mapped_column(Key, ForeignKey("inventory.inventory_id"))
    service_id: Mapped[int | None] = mapped_column(Key, index=True)
    provision_id: Mapped[int | None] = mapped_column(Key, index=True)
    state_before: Mapped[ItemState] = mapped_column(String(20))
    held_from: Mapped[datetime]
    held_until: Mapped[datetime | None]
