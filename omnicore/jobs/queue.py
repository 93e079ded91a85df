"""The queue: rows of ``job``, claimed under a lease, in plain SQL on both databases.

A job that was enqueued in a committed transaction is never lost: whoever claims it holds it
by a lease that must be extended; when the lease runs out, the job is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from omnicore.db.engine import is_sqlite
from omnicore.db.uow import Database, UnitOfWork
from omnicore.jobs.models import Job, JobState

LEASE_S = 15.0


@dataclass(frozen=True)
class Claimed:
    """A job that the worker ``owner`` holds. ``lost`` says that its former holder died."""

    job_id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    lost: bool
    owner: str


def enqueue(
    uow: UnitOfWork,
    kind: str,
    payload: dict[str, Any],
    *,
    queue: str = "default",
    run_at: datetime | None = None,
    dedupe_key: str | None = None,
) -> Job | None:
    """Write a job in this transaction; it may be claimed once that is committed.

    :param dedupe_key: at most one job ever carries it; for the second one None is returned.
    """
    now = uow.now()
    job = Job(
        queue=queue,
        kind=kind,
        payload=payload,
        run_at=run_at or now,
        created=now,
        dedupe_key=dedupe_key,
    )
    if dedupe_key is None:
        return uow.add(job)
    try:
        with uow.session.begin_nested():
            uow.session.add(job)
    except IntegrityError:
        return None
    return job


def any_due(db: Database, queues: Sequence[str]) -> bool:
    """Whether there is something to claim; reads only, so that idle workers take no write lock."""
    now = db.now()
    due = and_(Job.state == JobState.WAITING, Job.run_at <= now)
    abandoned = and_(Job.state == JobState.RUNNING, Job.lease_until < now)
    with db.read() as uow:
        found = select(Job.job_id).where(Job.queue.in_(queues), or_(due, abandoned)).limit(1)
        return uow.session.execute(found).first() is not None


def claim(db: Database, queues: Sequence[str], owner: str, limit: int) -> list[Claimed]:
    """Take up to ``limit`` jobs that are due, or whose holder died, oldest first."""
    now = db.now()
    due = and_(Job.state == JobState.WAITING, Job.run_at <= now)
    abandoned = and_(Job.state == JobState.RUNNING, Job.lease_until < now)
    with db.write() as uow:
        session = uow.session
        rows: list[Any] = []
        for condition, order in ((abandoned, Job.lease_until), (due, Job.run_at)):
            if len(rows) >= limit:
                break
            found = (
                select(Job.job_id, Job.kind, Job.payload, Job.attempts, Job.state)
                .where(Job.queue.in_(queues), condition)
                .order_by(order, Job.job_id)
                .limit(limit - len(rows))
            )
            if not is_sqlite(db.engine):
                found = found.with_for_update(skip_locked=True)
            rows += session.execute(found).all()
        if rows:
            session.execute(
                update(Job)
                .where(Job.job_id.in_([row.job_id for row in rows]))
                .values(
                    state=JobState.RUNNING,
                    lease_owner=owner,
                    lease_until=now + timedelta(seconds=LEASE_S),
                    attempts=Job.attempts + 1,
                )
                .execution_options(synchronize_session=False)
            )
    return [
        Claimed(
            row.job_id,
            row.kind,
            row.payload,
            row.attempts + 1,
            row.state == JobState.RUNNING,
            owner,
        )
        for row in rows
    ]


def extend(db: Database, owner: str, job_ids: Sequence[int]) -> None:
    """Keep holding these jobs for another lease."""
    if not job_ids:
        return
    with db.write() as uow:
        uow.session.execute(
            update(Job)
            .where(Job.job_id.in_(job_ids), Job.lease_owner == owner)
            .values(lease_until=uow.now() + timedelta(seconds=LEASE_S))
        )


def finish(uow: UnitOfWork, job: Claimed, state: JobState, error: str = "") -> bool:
    """Write how a job ended, in the transaction that holds its effects.

    :return: False when another worker took it over; its end is then that worker's to tell.
    """
    return _release(uow, job, error, state=state, finished_at=uow.now())


def put_back(uow: UnitOfWork, job: Claimed, run_at: datetime, error: str) -> bool:
    """Let a job run again later; False when another worker took it over."""
    return _release(uow, job, error, state=JobState.WAITING, run_at=run_at)


def _release(uow: UnitOfWork, job: Claimed, error: str, **values: Any) -> bool:
    done: Any = uow.session.execute(
        update(Job)
        .where(
            Job.job_id == job.job_id,
            Job.lease_owner == job.owner,
            Job.attempts == job.attempts,
            Job.state == JobState.RUNNING,
        )
        .values(lease_until=None, lease_owner=None, last_error=error[:2000], **values)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)


def request_cancel(uow: UnitOfWork, job_id: int) -> JobState:
    """Ask a job to stop; one that has not begun is cancelled at once. Returns its state now."""
    job = uow.get(Job, job_id, lock=True)
    job.cancel_requested = True
    if job.state == JobState.WAITING:
        job.state = JobState.CANCELLED
        job.finished_at = uow.now()
    return JobState(job.state)


def cancel_requested(db: Database, job_id: int) -> bool:
    """Whether somebody asked the job to stop."""
    with db.read() as uow:
        return bool(
            uow.session.execute(select(Job.cancel_requested).where(Job.job_id == job_id)).scalar()
        )


def depth(uow: UnitOfWork) -> dict[str, int]:
    """How many jobs wait, by queue; for health and metrics."""
    rows = uow.session.execute(
        select(Job.queue, func.count()).where(Job.state == JobState.WAITING).group_by(Job.queue)
    )
    return {row[0]: row[1] for row in rows}
