"""Events that wait for a subscriber: written in the transaction, delivered after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key
from omnicore.sdk.events import DomainEvent


class OutboxRow(Base):
    """One event for one subscriber (a plugin, or a room of the core)."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "delivered_at", "dead", "due_at"),)

    outbox_id: Mapped[int] = mapped_column(Key, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36), index=True)
    subscriber: Mapped[str] = mapped_column(String(120))
    event_name: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    dead: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str] = mapped_column(Text, default="")


def waiting(event: DomainEvent, subscriber: str, now: datetime) -> OutboxRow:
    """The row that keeps ``event`` for ``subscriber``."""
    return OutboxRow(
        event_id=str(event.id),
        subscriber=subscriber,
        event_name=event.name,
        payload=event.to_payload(),
        created=now,
        due_at=now,
    )
