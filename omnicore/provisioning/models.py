"""Provisioning jobs and what each of their tasks did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key, LongText, Owned, Stamped
from omnicore.sdk.ports.provisioning import TaskStatus


class Action(StrEnum):
    """What a job is for."""

    PROVISION = "provision"
    DEPROVISION = "deprovision"


class Cleanup(StrEnum):
    """How far the core is with undoing what a failed job left."""

    NONE = "none"
    PENDING = "pending"
    DONE = "done"
    FLAGGED = "flagged"  # something is left that the core must not remove by itself


class Provision(Base, Owned, Stamped):
    """One run of one play. ``provisioning_status`` is 0, 1 or 2 (guide 17)."""

    __tablename__ = "provision"
    __audit__ = "provision"
    __owner_nullable__ = True
    __secret__ = frozenset({"sealed_vars"})
    __noise__ = frozenset(
        {"created", "last_modified", "sealed_vars", "job_id", "started_at", "finished_at"}
    )
    __table_args__ = (
        Index("ix_provision_status_order", "provisioning_status", "provision_id"),
        Index("ix_provision_recent", "service_id", "product_id", "created"),
    )

    provision_id: Mapped[int] = mapped_column(Key, primary_key=True)
    # What a job speaks of may be deleted; its record stays.
    product_id: Mapped[int | None] = mapped_column(Key, index=True)
    service_id: Mapped[int | None] = mapped_column(Key)
    provisioning_play: Mapped[str] = mapped_column(String(200))
    playbook_description: Mapped[str] = mapped_column(String(500), default="")
    provisioning_json_vars: Mapped[str] = mapped_column(LongText, default="{}")
    provisioning_status: Mapped[int] = mapped_column(SmallInteger, default=TaskStatus.RUNNING)
    task_count: Mapped[int] = mapped_column(default=0)
    initiating_user: Mapped[int | None] = mapped_column(Key)
    initiated_by: Mapped[str] = mapped_column(String(120), default="")
    action: Mapped[Action] = mapped_column(String(20), default=Action.PROVISION)
    provisioner: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    cleanup: Mapped[Cleanup] = mapped_column(String(12), default=Cleanup.NONE)
    cleanup_notes: Mapped[list[str] | None] = mapped_column(JSON)
    retry_of: Mapped[int | None] = mapped_column(Key)
    chain_parent: Mapped[int | None] = mapped_column(Key)
    chain_rest: Mapped[list[str] | None] = mapped_column(JSON)
    scope_customer_id: Mapped[int | None] = mapped_column(Key)
    callback: Mapped[str | None] = mapped_column(String(20))
    sealed_vars: Mapped[str | None] = mapped_column(LongText)
    job_id: Mapped[int | None] = mapped_column(Key)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ProvisionEvent(Base, Owned):
    """What one task of a job did. ``provisioning_status`` is 0 to 3."""

    __tablename__ = "provision_event"
    __owner_nullable__ = True
    __table_args__ = (UniqueConstraint("provision_id", "kind", "event_number", "item"),)

    provision_event_id: Mapped[int] = mapped_column(Key, primary_key=True)
    provision_id: Mapped[int] = mapped_column(
        Key, ForeignKey("provision.provision_id", ondelete="CASCADE"), index=True
    )
    event_number: Mapped[int]
    item: Mapped[int] = mapped_column(default=0)
    event_name: Mapped[str] = mapped_column(String(500))
    kind: Mapped[str] = mapped_column(String(20), default="task")
    task_action: Mapped[str] = mapped_column(String(120), default="")
    provisioning_status: Mapped[int] = mapped_column(SmallInteger)
    provisioning_result_json: Mapped[str] = mapped_column(LongText, default="{}")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
