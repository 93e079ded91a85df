"""How much work waits: the outbox and the job queues."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from omnicore.db.outbox import OutboxRow
from omnicore.db.uow import UnitOfWork
from omnicore.jobs.models import Job, JobState


@dataclass(frozen=True)
class Backlog:
    """Counts; ``jobs`` by queue and state, for states that are not final."""

    outbox_waiting: int
    outbox_dead: int
    jobs: dict[tuple[str, str], int]


def backlog(uow: UnitOfWork) -> Backlog:
    """Read all counts, each by an index."""
    undelivered = (
        select(OutboxRow.dead, func.count())
        .where(OutboxRow.delivered_at.is_(None))
        .group_by(OutboxRow.dead)
    )
    events = {bool(dead): count for dead, count in uow.session.execute(undelivered)}
    open_jobs = (
        select(Job.queue, Job.state, func.count())
        .where(Job.state.in_((JobState.WAITING, JobState.RUNNING)))
        .group_by(Job.queue, Job.state)
    )
    jobs = {(queue, str(state)): count for queue, state, count in uow.session.execute(open_jobs)}
    return Backlog(events.get(False, 0), events.get(True, 0), jobs)
