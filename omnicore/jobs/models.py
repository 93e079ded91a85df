"""Jobs and schedules as rows; the row is the truth."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """One piece of work, held by at most one worker at a time.

    A worker holds it by a lease that it keeps extending. A lease that ran out means that
    the worker died: the job is found and its kind decides whether it runs again or is settled.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_claim", "state", "queue", "run_at", "job_id"),
        Index("ix_job_lease", "state", "lease_until"),
    )

    job_id: Mapped[int] = mapped_column(Key, primary_key=True)
    queue: Mapped[str] = mapped_column(String(40), default="default")
    kind: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[JobState] = mapped_column(String(12), default=JobState.WAITING)
    dedupe_key: Mapped[str | None] = mapped_column(String(190), unique=True)
    run_at: Mapped[datetime]
    created: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str] = mapped_column(Text, default="")


class Schedule(Base):
    """When a recurring piece of work is due next."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    next_run: Mapped[datetime]
    last_run: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
