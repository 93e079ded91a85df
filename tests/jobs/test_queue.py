"""The queue: what is enqueued is claimed by one, and found again when that one dies."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, insert, select, update

from omnicore.jobs import queue
from omnicore.jobs.models import Job, JobState
from omnicore.jobs.queue import Claimed
from omnicore.jobs.registry import JobKind
from omnicore.jobs.worker import MOST_LOST, run_job
from omnicore.runtime import Runtime
from tests.conftest import NOON, Clock
from tests.jobs.conftest import Put, row

Kind = Callable[..., JobKind]


def claim(runtime: Runtime, owner: str = "me", limit: int = 10) -> list[Claimed]:
    return queue.claim(runtime.db, ["default"], owner, limit)


def test_a_thousand_jobs_go_to_four_workers_once_each(runtime: Runtime) -> None:
    values = {"kind": "test", "payload": {}, "run_at": NOON, "created": NOON}
    with runtime.db.write() as uow:
        uow.session.execute(insert(Job), [values] * 1000)
    taken: dict[str, list[int]] = {f"w{n}": [] for n in range(4)}
    ready = threading.Barrier(4)

    def work(owner: str) -> None:
        ready.wait(30)
        while True:
            found = claim(runtime, owner, 7)
            if not found:
                return
            taken[owner] += [job.job_id for job in found]

    threads = [threading.Thread(target=work, args=(owner,)) for owner in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = Counter(job_id for mine in taken.values() for job_id in mine)
    assert len(counted) == 1000
    assert set(counted.values()) == {1}
    with runtime.db.read() as uow:
        held = uow.session.execute(select(Job.lease_owner, func.count()).group_by(Job.lease_owner))
        assert dict(held.all()) == {owner: len(mine) for owner, mine in taken.items() if mine}


def test_a_job_of_a_transaction_that_failed_was_never_there(runtime: Runtime) -> None:
    class Stop(Exception):
        pass

    try:
        with runtime.db.write() as uow:
            queue.enqueue(uow, "test", {})
            raise Stop
    except Stop:
        pass
    assert claim(runtime) == []


def test_jobs_come_in_the_order_of_their_time_and_not_before_it(
    runtime: Runtime, put: Put, clock: Clock
) -> None:
    later = put(run_at=NOON + timedelta(minutes=1))
    first, second = put(), put()
    assert [job.job_id for job in claim(runtime)] == [first, second]
    assert not queue.any_due(runtime.db, ["default"])
    clock.advance(minutes=1)
    queue.extend(runtime.db, "me", [first, second])
    assert queue.any_due(runtime.db, ["default"])
    assert [job.job_id for job in claim(runtime)] == [later]


def test_a_worker_takes_only_what_it_asked_for(runtime: Runtime, put: Put) -> None:
    put(queue="other")
    put(payload={"a": [1, None, "é"]})
    put()
    (job,) = claim(runtime, limit=1)
    assert job == Claimed(job.job_id, "test", {"a": [1, None, "é"]}, 1, False, "me")
    assert len(claim(runtime)) == 1


def test_a_held_job_is_nobody_elses_while_the_lease_is_kept(
    runtime: Runtime, put: Put, clock: Clock
) -> None:
    key = put()
    claim(runtime, "holder")
    for _ in range(3):
        clock.advance(seconds=queue.LEASE_S - 1)
        queue.extend(runtime.db, "holder", [key])
        assert claim(runtime, "other") == []
    queue.extend(runtime.db, "stranger", [key])
    clock.advance(seconds=queue.LEASE_S + 1)
    (lost,) = claim(runtime, "other")
    assert (lost.job_id, lost.lost, lost.attempts) == (key, True, 2)


def test_a_lost_job_is_settled_by_its_kind(
    runtime: Runtime, put: Put, kind: Kind, clock: Clock
) -> None:
    told: list[str] = []
    kind(
        run=lambda runtime, job: told.append("run"),
        lost=lambda runtime, job: told.append("lost"),
    )
    key = put()
    claim(runtime, "dies")
    clock.advance(seconds=queue.LEASE_S + 1)
    (job,) = claim(runtime, "finds")
    run_job(runtime, job)
    assert told == ["lost"]
    assert row(runtime, key).state == JobState.DONE


def test_a_job_that_kills_its_workers_is_given_up(
    runtime: Runtime, put: Put, kind: Kind, clock: Clock
) -> None:
    runs: list[int] = []
    kind(run=lambda runtime, job: runs.append(job.attempts))
    key = put()
    for _ in range(1 + MOST_LOST):
        claim(runtime, "dies")
        clock.advance(seconds=queue.LEASE_S + 1)
    (job,) = claim(runtime, "finds")
    run_job(runtime, job)
    assert runs == []
    assert row(runtime, key).state == JobState.FAILED
    assert "workers died" in row(runtime, key).last_error


def test_a_failure_is_repeated_with_a_doubling_wait_and_then_given_up(
    runtime: Runtime, put: Put, kind: Kind, clock: Clock
) -> None:
    def fail(runtime: Runtime, job: Claimed) -> None:
        raise ConnectionError("down")

    kind(run=fail, tries=3, backoff_s=10)
    key = put()
    for wait in (10, 20):
        (job,) = claim(runtime)
        run_job(runtime, job)
        assert row(runtime, key).state == JobState.WAITING
        clock.advance(seconds=wait - 1)
        assert claim(runtime) == []
        clock.advance(seconds=1)
    (job,) = claim(runtime)
    run_job(runtime, job)
    ended = row(runtime, key)
    assert (ended.state, ended.attempts, ended.lease_owner) == (JobState.FAILED, 3, None)
    assert "down" in ended.last_error
    assert ended.finished_at == clock()


def test_a_job_of_an_unknown_kind_fails_and_says_so(runtime: Runtime, put: Put) -> None:
    key = put("of_a_plugin_that_is_gone")
    run_job(runtime, claim(runtime)[0])
    assert row(runtime, key).state == JobState.FAILED
    assert "of_a_plugin_that_is_gone" in row(runtime, key).last_error


def test_a_holder_that_was_given_up_neither_ends_nor_repeats_the_job(
    runtime: Runtime, put: Put, kind: Kind, clock: Clock
) -> None:
    fails = [False]

    def overtaken(runtime: Runtime, job: Claimed) -> None:
        clock.advance(seconds=queue.LEASE_S + 1)
        claim(runtime, f"next after {job.owner}")
        if fails[0]:
            raise ConnectionError

    kind(run=overtaken, tries=9)
    key = put()
    (slow,) = claim(runtime, "slow")
    run_job(runtime, slow)
    assert row(runtime, key).lease_owner == "next after slow"
    assert row(runtime, key).state == JobState.RUNNING
    fails[0] = True
    clock.advance(seconds=queue.LEASE_S + 1)
    (slow,) = claim(runtime, "third")
    run_job(runtime, slow)
    assert row(runtime, key).lease_owner == "next after third"
    assert row(runtime, key).state == JobState.RUNNING


def test_a_dedupe_key_lets_one_of_many_in(runtime: Runtime) -> None:
    entered: list[bool] = []
    ready = threading.Barrier(4)

    def enter(number: int) -> None:
        ready.wait(30)
        with runtime.db.write() as uow:
            job = queue.enqueue(uow, "test", {"by": number}, dedupe_key="renew:7:2026-05")
            entered.append(job is not None)

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entered) == [False, False, False, True]
    assert len(claim(runtime)) == 1


def test_a_refused_duplicate_leaves_the_rest_of_its_transaction(runtime: Runtime, put: Put) -> None:
    put(dedupe_key="once")
    with runtime.db.write() as uow:
        queue.enqueue(uow, "test", {"first": True})
        assert queue.enqueue(uow, "test", {}, dedupe_key="once") is None
        queue.enqueue(uow, "test", {"last": True})
    assert len(claim(runtime)) == 3


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_asked_to_stop(
    runtime: Runtime, put: Put
) -> None:
    waiting = put(run_at=NOON + timedelta(hours=1))
    running = put()
    claim(runtime)
    with runtime.db.write() as uow:
        assert queue.request_cancel(uow, waiting) is JobState.CANCELLED
        assert queue.request_cancel(uow, running) is JobState.RUNNING
    assert queue.cancel_requested(runtime.db, running)
    assert row(runtime, running).state == JobState.RUNNING
    with runtime.db.write() as uow:
        uow.session.execute(update(Job).values(run_at=NOON))
    assert claim(runtime) == []


def test_depth_counts_what_waits_by_queue(runtime: Runtime, put: Put) -> None:
    put()
    put()
    put(queue="other")
    claim(runtime, limit=1)
    with runtime.db.read() as uow:
        assert queue.depth(uow) == {"default": 1, "other": 1}
