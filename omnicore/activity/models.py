"""Rows of the activity log, and the head of their chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.activity import ddl
from omnicore.activity.errors import AppendOnly
from omnicore.db.base import Base, Key, Owned


class Activity(Base, Owned):
    """Who did what to what, with old and new values. Nothing edits or deletes it.

    Neither the ORM (below) nor the database (:mod:`omnicore.activity.ddl`) lets it happen.
    """

    __tablename__ = "customer_activity"
    __table_args__ = (
        Index("ix_customer_activity_customer_order", "customer_id", "activity_id"),
        Index("ix_customer_activity_service_order", "service_id", "activity_id"),
        Index("ix_customer_activity_kind_order", "kind", "activity_id"),
    )

    activity_id: Mapped[int] = mapped_column(Key, primary_key=True)
    # No foreign keys: an entry outlives what it speaks of.
    customer_id: Mapped[int | None] = mapped_column(Key)
    service_id: Mapped[int | None] = mapped_column(Key)
    user_id: Mapped[int | None] = mapped_column(Key)
    impersonating_user_id: Mapped[int | None] = mapped_column(Key)
    actor: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[str] = mapped_column(String(60), default="")
    action: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    ip_address: Mapped[str | None] = mapped_column(String(64))
    created: Mapped[datetime]
    previous_hash: Mapped[str] = mapped_column(String(64))
    row_hash: Mapped[str] = mapped_column(String(64), unique=True)


@event.listens_for(Activity, "before_update")
@event.listens_for(Activity, "before_delete")
def _refuse(*_: Any) -> None:
    raise AppendOnly("an entry of the activity log stays as it was written")


ddl.attach(Activity.__table__)  # type: ignore[arg-type]


class ActivityHead(Base):
    """The hash of the last entry: one row, locked while a transaction adds to the chain."""

    __tablename__ = "activity_head"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    row_hash: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int] = mapped_column(Key, default=0)
