"""Recurring work: at its interval, once over all workers."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from omnicore.jobs import schedules
from omnicore.jobs.models import Schedule
from omnicore.jobs.registry import RECURRING, Recurring
from omnicore.runtime import Runtime
from tests.conftest import Clock

Every = Callable[..., None]


@pytest.fixture
def every(monkeypatch: pytest.MonkeyPatch) -> Every:
    """Only this recurring work."""

    def only(run: Callable[[Runtime], None], every_s: float = 60) -> None:
        for name in list(RECURRING):
            monkeypatch.delitem(RECURRING, name)
        monkeypatch.setitem(RECURRING, "test", Recurring(name="test", every_s=every_s, run=run))

    return only


def found(runtime: Runtime) -> Schedule:
    with runtime.db.read() as uow:
        return uow.get(Schedule, "test")


def test_new_work_runs_one_interval_after_it_was_first_seen(
    runtime: Runtime, every: Every, clock: Clock
) -> None:
    ran: list[int] = []
    every(lambda runtime: ran.append(1))
    assert schedules.run_due(runtime, "a") == 0
    clock.advance(seconds=59)
    assert schedules.run_due(runtime, "a") == 0
    clock.advance(seconds=1)
    assert schedules.run_due(runtime, "a") == 1
    assert schedules.run_due(runtime, "b") == 0
    clock.advance(seconds=60)
    assert schedules.run_due(runtime, "b") == 1
    assert ran == [1, 1]


def test_of_many_workers_one_runs_it(runtime: Runtime, every: Every, clock: Clock) -> None:
    ran: list[int] = []
    every(lambda runtime: ran.append(1))
    for _ in range(3):
        counts: list[int] = []
        ready = threading.Barrier(4)

        def work(owner: str, ready: threading.Barrier = ready, counts: list[int] = counts) -> None:
            ready.wait(30)
            counts.append(schedules.run_due(runtime, owner))

        threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(counts) == 4
        clock.advance(seconds=60)
    assert len(ran) == 2


def test_work_under_way_is_not_begun_again(runtime: Runtime, every: Every, clock: Clock) -> None:
    others: list[int] = []

    def run(runtime: Runtime) -> None:
        clock.advance(seconds=120)
        others.append(schedules.run_due(runtime, "other"))

    every(run)
    schedules.run_due(runtime, "me")
    clock.advance(seconds=60)
    assert schedules.run_due(runtime, "me") == 1
    assert others == [0]


def test_work_of_a_worker_that_died_is_done_by_another(
    runtime: Runtime, every: Every, clock: Clock
) -> None:
    class Killed(BaseException):
        pass

    deaths = [Killed()]

    def run(runtime: Runtime) -> None:
        if deaths:
            raise deaths.pop()

    every(run)
    schedules.run_due(runtime, "dies")
    clock.advance(seconds=60)
    with pytest.raises(Killed):
        schedules.run_due(runtime, "dies")
    assert schedules.run_due(runtime, "other") == 0
    clock.advance(seconds=schedules.LEASE_S + 1)
    assert schedules.run_due(runtime, "other") == 1


def test_a_failure_is_kept_and_tried_at_the_next_interval(
    runtime: Runtime, every: Every, clock: Clock
) -> None:
    def run(runtime: Runtime) -> None:
        raise ConnectionError("down")

    every(run)
    schedules.run_due(runtime, "me")
    clock.advance(seconds=60)
    assert schedules.run_due(runtime, "me") == 1
    row = found(runtime)
    assert "down" in row.last_error
    assert row.lease_owner is None
    assert schedules.run_due(runtime, "me") == 0
    clock.advance(seconds=60)
    assert schedules.run_due(runtime, "me") == 1
