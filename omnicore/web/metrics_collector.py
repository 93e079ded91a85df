"""What the database and the pools say at the moment of a scrape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from omnicore import __version__
from omnicore.db.uow import UnitOfWork
from omnicore.identity.models import LoginSession
from omnicore.provisioning.models import Provision
from omnicore.runtime import Runtime
from omnicore.sdk.ports.provisioning import TaskStatus
from omnicore.web.backlog import backlog

RECENT = timedelta(hours=1)
RECENT_ROWS = 500
RESULTS = {
    TaskStatus.SUCCESS: "success",
    TaskStatus.RUNNING: "running",
    TaskStatus.FAILED: "failed",
}


class DeploymentCollector(Collector):
    """Gauges that are read, not counted. A database that is down gives ``database_up 0``."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("omnicore_build", "The program", {"version": __version__})
        yield from self._pool()
        yield from self._plugins()
        up = GaugeMetricFamily("omnicore_database_up", "Whether the database answers")
        try:
            with self._runtime.db.read() as uow:
                found = [*_work(uow), *_provisions(uow), _sessions(uow)]
        except SQLAlchemyError:
            found = []
        up.add_metric((), float(bool(found)))
        yield up
        yield from found

    def _pool(self) -> Iterator[Metric]:
        pool: Any = self._runtime.db.engine.pool
        used = GaugeMetricFamily(
            "omnicore_database_connections",
            "Database connections of the process that answers",
            labels=("state",),
        )
        used.add_metric(("in_use",), pool.checkedout())
        used.add_metric(("idle",), pool.checkedin())
        yield used
        size = self._runtime.settings.database.pool_size
        yield _gauge("omnicore_database_pool_size", "Connections kept open at most", size)

    def _plugins(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("omnicore_plugin_on", "Whether a plugin is on", labels=("plugin",))
        for name in self._runtime.plugins.manifests:
            up.add_metric((name,), 1)
        for name in self._runtime.plugins.failures:
            up.add_metric((name,), 0)
        yield up


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, value=value)


def _work(uow: UnitOfWork) -> Iterator[Metric]:
    found = backlog(uow)
    yield _gauge("omnicore_outbox_waiting", "Events that wait for delivery", found.outbox_waiting)
    yield _gauge("omnicore_outbox_dead", "Events that were given up", found.outbox_dead)
    jobs = GaugeMetricFamily("omnicore_jobs", "Unfinished jobs", labels=("queue", "state"))
    for (queue, state), count in found.jobs.items():
        jobs.add_metric((queue, state), count)
    yield jobs


def _provisions(uow: UnitOfWork) -> Iterator[Metric]:
    total = CounterMetricFamily(
        "omnicore_provisions", "Provisioning jobs by result", labels=("result",)
    )
    counted = select(Provision.provisioning_status, func.count()).group_by(
        Provision.provisioning_status
    )
    found = {TaskStatus(status): count for status, count in uow.session.execute(counted)}
    running = found.get(TaskStatus.RUNNING, 0)
    for status in (TaskStatus.SUCCESS, TaskStatus.FAILED):
        total.add_metric((RESULTS[status],), found.get(status, 0))
    yield total
    yield _gauge("omnicore_provisions_running", "Provisioning jobs under way", running)
    yield _durations(uow)


def _durations(uow: UnitOfWork) -> Metric:
    recent = (
        select(Provision.started_at, Provision.finished_at)
        .where(Provision.started_at.is_not(None), Provision.finished_at > uow.now() - RECENT)
        .order_by(Provision.provision_id.desc())
        .limit(RECENT_ROWS)
    )
    spans = [end - start for start, end in uow.session.execute(recent) if start and end]
    seconds = sorted(span.total_seconds() for span in spans)
    shown = GaugeMetricFamily(
        "omnicore_provision_recent_seconds",
        "Duration of the jobs that ended in the last hour (of at most 500)",
        labels=("quantile",),
    )
    for quantile in (0.5, 0.95, 1.0) if seconds else ():
        place = min(len(seconds) - 1, int(len(seconds) * quantile))
        shown.add_metric((str(quantile),), seconds[place])
    return shown


def _sessions(uow: UnitOfWork) -> Metric:
    alive = select(func.count()).where(
        LoginSession.ended_at.is_(None), LoginSession.expires > uow.now()
    )
    count = uow.session.execute(alive).scalar_one()
    return _gauge("omnicore_login_sessions", "Log-in sessions that have not ended", count)
