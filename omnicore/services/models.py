"""Services and what their status means."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key, LongText, Owned, Stamped


class ServiceStatus(StrEnum):
    """Statuses that drive logic. Plays and staff may write others (guide 21, 27)."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    SUSPENDED = "Suspended"


OVER = ("Inactive", "Deactivated", "Cancelled", "Expired")
"""Statuses of a service that has ended; all behave as Inactive (guide 21)."""


class Phase(StrEnum):
    """What a status amounts to."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    OVER = "over"
    OTHER = "other"


_OF_STATUS = {
    ServiceStatus.ACTIVE.lower(): Phase.ACTIVE,
    ServiceStatus.SUSPENDED.lower(): Phase.SUSPENDED,
    **{status.lower(): Phase.OVER for status in OVER},
}

MOVES: dict[Phase, frozenset[Phase]] = {
    Phase.ACTIVE: frozenset({Phase.ACTIVE, Phase.SUSPENDED, Phase.OVER, Phase.OTHER}),
    Phase.SUSPENDED: frozenset({Phase.SUSPENDED, Phase.ACTIVE, Phase.OVER, Phase.OTHER}),
    Phase.OTHER: frozenset({Phase.OTHER, Phase.ACTIVE, Phase.SUSPENDED, Phase.OVER}),
    Phase.OVER: frozenset({Phase.OVER, Phase.ACTIVE}),
}
"""From a phase to those that may follow: what has ended can only begin again."""


def phase(status: str) -> Phase:
    """What ``status`` amounts to; a status of the deployment's own is ``OTHER``."""
    return _OF_STATUS.get(status.strip().lower(), Phase.OTHER)


def usable(status: str) -> bool:
    """Whether the customer can use a service in that status: its account is enabled."""
    return phase(status) in (Phase.ACTIVE, Phase.OTHER)


class Service(Base, Owned, Stamped):
    """An instance of a product for one customer; ``service_uuid`` is its charging account.

    ``created_by_provision`` is the provisioning job whose play made it, so that a failed
    job can be undone (no foreign key: that room is above this one).
    """

    __tablename__ = "customer_service"
    __audit__ = "service"
    __secret__ = frozenset({"provisioning_json_vars", "deprovisioning_json_vars"})
    __table_args__ = (Index("ix_customer_service_status_order", "service_status", "service_id"),)

    service_id: Mapped[int] = mapped_column(Key, primary_key=True)
    product_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("product.product_id"), index=True
    )
    site_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("customer_site.site_id", ondelete="SET NULL"), index=True
    )
    bundled_parent: Mapped[int | None] = mapped_column(
        Key, ForeignKey("customer_service.service_id", ondelete="SET NULL"), index=True
    )
    service_name: Mapped[str] = mapped_column(String(255), default="")
    service_type: Mapped[str] = mapped_column(String(60), default="")
    service_uuid: Mapped[str] = mapped_column(String(120), unique=True)
    service_status: Mapped[str] = mapped_column(String(40), default=ServiceStatus.ACTIVE)
    icon: Mapped[str | None] = mapped_column(String(120))
    service_provisioned_date: Mapped[datetime | None]
    service_active_date: Mapped[datetime | None]
    service_deactivate_date: Mapped[datetime | None]
    contract_end_date: Mapped[datetime | None]
    retail_cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    wholesale_cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    service_billed: Mapped[bool] = mapped_column(default=True)
    service_taxable: Mapped[bool] = mapped_column(default=True)
    invoiced: Mapped[bool] = mapped_column(default=False)
    promo_code: Mapped[str | None] = mapped_column(String(120))
    service_visible_to_customer: Mapped[bool] = mapped_column(default=True)
    service_usage_visible_to_customer: Mapped[bool] = mapped_column(default=True)
    provisioning_play: Mapped[str | None] = mapped_column(String(1000))
    provisioning_json_vars: Mapped[str | None] = mapped_column(LongText)
    deprovisioning_play: Mapped[str | None] = mapped_column(String(1000))
    deprovisioning_json_vars: Mapped[str | None] = mapped_column(LongText)
    service_notes: Mapped[str | None] = mapped_column(Text)
    created_by_provision: Mapped[int | None] = mapped_column(Key, index=True)
