"""Recurring work: one row a schedule, taken under a lease by whichever worker is first."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from omnicore.host.host import Owned
from omnicore.jobs.models import Schedule
from omnicore.jobs.registry import RECURRING, Recurring, Tick
from omnicore.runtime import Runtime
from omnicore.sdk.contributions import ScheduledJob

log = logging.getLogger("omnicore.schedules")

LEASE_S = 600.0
PLUGIN_LIMIT_S = 300.0


def known(runtime: Runtime) -> list[Recurring]:
    """The schedules of rooms and plugins."""
    mine = list(RECURRING.values())
    for owned in runtime.plugins.scheduled_jobs():
        job = owned.offer
        mine.append(Recurring(name=job.name, every_s=job.every_s, run=_contained(owned)))
    return mine


def _contained(owned: Owned[ScheduledJob]) -> Tick:
    owner, job = owned.owner, owned.offer
    return lambda runtime: runtime.plugins.caller.call(owner, job.run, PLUGIN_LIMIT_S)


def run_due(runtime: Runtime, owner: str) -> int:
    """Run what is due; returns how many ran."""
    ran = 0
    for work in known(runtime):
        if _take(runtime, work, owner):
            _run(runtime, work)
            ran += 1
    return ran


def _take(runtime: Runtime, work: Recurring, owner: str) -> bool:
    now = runtime.now()
    with runtime.db.read() as uow:
        row = uow.session.get(Schedule, work.name)
        if row is not None and (
            row.next_run > now or (row.lease_until is not None and row.lease_until > now)
        ):
            return False
    try:
        with runtime.db.write() as uow:
            free = or_(Schedule.lease_until.is_(None), Schedule.lease_until <= now)
            row = uow.session.scalars(
                select(Schedule)
                .where(Schedule.name == work.name, Schedule.next_run <= now, free)
                .with_for_update()
            ).first()
            if row is None:
                if uow.session.get(Schedule, work.name) is not None:
                    return False
                # A new schedule starts one interval from now.
                first = now + timedelta(seconds=work.every_s)
                uow.add(Schedule(name=work.name, next_run=first))
                return False
            row.lease_owner = owner
            row.lease_until = now + timedelta(seconds=LEASE_S)
            return True
    except IntegrityError:  # another worker has just made the row
        return False


def _run(runtime: Runtime, work: Recurring) -> None:
    error = ""
    try:
        work.run(runtime)
    except Exception as problem:
        log.exception("schedule %s failed", work.name)
        error = repr(problem)
    with runtime.db.write() as uow:
        row = uow.get(Schedule, work.name, lock=True)
        row.last_run = uow.now()
        row.next_run = uow.now() + timedelta(seconds=work.every_s)
        row.lease_owner = row.lease_until = None
        row.last_error = error[:2000]
