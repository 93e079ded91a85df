"""Messages to people, one row each, whether or not a channel carried them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key, LongText, Owned, Stamped


class CommunicationStatus(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"  # the next hop has accepted it
    STORED = "stored"  # this deployment has no channel for it
    REJECTED = "rejected"  # refused for good
    FAILED = "failed"  # nothing left us, and the tries are used up
    UNKNOWN = "unknown"  # it may have gone out; only a person may send it again


class Communication(Base, Owned, Stamped):
    """A message to one recipient. Those to staff belong to no customer.

    ``body`` is the plain text. Secrets (a reset link, a password) stand as ``***`` in every
    readable column; ``sealed`` holds them until the message has ended, for sending alone.
    """

    __tablename__ = "communication"
    __audit__ = "communication"
    __owner_nullable__ = True
    __secret__ = frozenset({"sealed"})
    # The message itself is kept here; the log tells that it was written and what became of it.
    __noise__ = Base.__noise__ | {"body", "html", "variables", "sealed", "attempts"}
    __table_args__ = (Index("ix_communication_status_order", "status", "communication_id"),)

    communication_id: Mapped[int] = mapped_column(Key, primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("customer_contact.contact_id", ondelete="SET NULL"), index=True
    )
    key: Mapped[str] = mapped_column(String(120), unique=True)
    channel: Mapped[str] = mapped_column(String(20))
    template: Mapped[str | None] = mapped_column(String(80))
    recipient: Mapped[str] = mapped_column(String(320), index=True)
    recipient_name: Mapped[str] = mapped_column(String(255), default="")
    subject: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(LongText, default="")
    html: Mapped[str] = mapped_column(LongText, default="")
    variables: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    sealed: Mapped[str | None] = mapped_column(LongText)
    has_secrets: Mapped[bool] = mapped_column(default=False)
    status: Mapped[CommunicationStatus] = mapped_column(
        String(12), default=CommunicationStatus.WAITING
    )
    outcome: Mapped[str | None] = mapped_column(String(12))
    reference: Mapped[str] = mapped_column(String(255), default="")
    reason: Mapped[str] = mapped_column(String(1000), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
