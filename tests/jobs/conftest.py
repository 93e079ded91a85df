"""Kinds of jobs that last for one test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from omnicore.jobs import queue
from omnicore.jobs.models import Job
from omnicore.jobs.registry import KINDS, JobKind
from omnicore.runtime import Runtime

Put = Callable[..., int]


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., JobKind]:
    """Make a kind known for this test."""

    def make(**parts: Any) -> JobKind:
        made = JobKind(**({"name": "test", "run": lambda runtime, job: None} | parts))
        monkeypatch.setitem(KINDS, made.name, made)
        return made

    return make


@pytest.fixture
def put(runtime: Runtime) -> Put:
    """Enqueue a job; returns its key."""

    def one(kind: str = "test", **more: Any) -> int:
        with runtime.db.write() as uow:
            job = queue.enqueue(uow, kind, more.pop("payload", {}), **more)
        assert job is not None
        return job.job_id

    return one


def row(runtime: Runtime, job_id: int) -> Job:
    """A job as it stands."""
    with runtime.db.read() as uow:
        return uow.session.scalars(select(Job).where(Job.job_id == job_id)).one()
