"""Workers as processes: killed, stopped, and at work."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from omnicore import config, rooms
from omnicore.jobs import queue
from omnicore.jobs.models import Job, JobState
from omnicore.jobs.registry import KINDS, JobKind
from omnicore.jobs.worker import Worker, run_job
from omnicore.runtime import Runtime, build
from tests.jobs.conftest import row
from tests.jobs.process import LEASE_S

SCRIPT = Path(__file__).with_name("process.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def runtime(settings: config.Settings) -> Iterator[Runtime]:
    """With the wall clock, which processes share."""
    rooms.load_models()
    built = build(settings)
    yield built
    built.close()


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(runtime: Runtime, tmp_path: Path) -> Iterator[Start]:
    """Start a worker process on this database."""
    url = runtime.settings.database_url().render_as_string(hide_password=False)
    secret = runtime.settings.jwt_secret.reveal()
    (tmp_path / "crm_config.yaml").write_text(f"jwt_secret: {secret}\ndatabase: {{url: '{url}'}}\n")
    running: list[subprocess.Popen[bytes]] = []

    def one(drain_s: float = 30) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(SCRIPT), str(tmp_path), str(drain_s)]
        running.append(subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}))
        return running[-1]

    yield one
    for process in running:
        process.kill()
        process.wait()


def until(test: Callable[[], bool], within_s: float = 60) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + within_s
    while not test():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def enqueue(runtime: Runtime, kind: str = "long") -> int:
    with runtime.db.write() as uow:
        job = queue.enqueue(uow, kind, {})
        assert job is not None
        return job.job_id


def test_the_job_of_a_killed_worker_is_found_by_another(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    process = start()
    key = enqueue(runtime)
    until((tmp_path / "began").exists)
    assert queue.claim(runtime.db, ["default"], "other", 1) == []
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    assert row(runtime, key).state == JobState.RUNNING
    assert queue.claim(runtime.db, ["default"], "other", 1) == []
    (tmp_path / "began").unlink()
    (tmp_path / "release").touch()
    start()
    until(lambda: row(runtime, key).state == JobState.DONE)
    assert (tmp_path / "ended").read_text() == str(key)
    assert row(runtime, key).attempts == 2


def test_a_living_worker_keeps_its_job_longer_than_a_lease(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    start()
    key = enqueue(runtime)
    until((tmp_path / "began").exists)
    first = row(runtime, key).lease_until
    assert first is not None
    until(lambda: (row(runtime, key).lease_until or first) > first)
    end = time.monotonic() + LEASE_S * 1.5
    while time.monotonic() < end:
        assert queue.claim(runtime.db, ["default"], "other", 1) == []
        time.sleep(0.1)
    (tmp_path / "release").touch()
    until(lambda: row(runtime, key).state == JobState.DONE)
    assert row(runtime, key).attempts == 1


def test_a_worker_that_is_told_to_stop_ends_its_jobs_and_takes_no_more(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    process = start()
    keys = [enqueue(runtime), enqueue(runtime)]
    until(lambda: all(row(runtime, key).state == JobState.RUNNING for key in keys))
    waiting = enqueue(runtime)
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    (tmp_path / "release").touch()
    assert process.wait(30) == 0
    assert [row(runtime, key).state for key in keys] == [JobState.DONE, JobState.DONE]
    assert row(runtime, waiting).state == JobState.WAITING


def test_what_does_not_end_in_time_is_left_to_its_lease(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    process = start(drain_s=0.2)
    key = enqueue(runtime)
    until((tmp_path / "began").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert row(runtime, key).state == JobState.RUNNING
    until(lambda: bool(queue.claim(runtime.db, ["default"], "other", 1)))


def test_an_idle_worker_stops_at_once(start: Start, tmp_path: Path) -> None:
    process = start()
    until((tmp_path / "started").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_worker_runs_what_is_enqueued_while_it_works(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    seen: list[str] = []

    def run(runtime: Runtime, job: queue.Claimed) -> None:
        seen.append(job.owner)
        if len(seen) == 5:
            ended.set()

    monkeypatch.setitem(KINDS, "quick", JobKind(name="quick", run=run))
    worker = Worker(runtime)
    thread = threading.Thread(target=worker.run)
    thread.start()
    keys = [enqueue(runtime, "quick") for _ in range(5)]
    assert ended.wait(60)
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert seen == [worker.name] * 5
    with runtime.db.read() as uow:
        states = uow.session.scalars(select(Job.state).where(Job.job_id.in_(keys))).all()
    assert set(states) == {JobState.DONE}


def test_a_database_that_is_away_does_not_end_the_worker(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    monkeypatch.setitem(KINDS, "quick", JobKind(name="quick", run=lambda runtime, job: ended.set()))
    enqueue(runtime, "quick")
    failures = list(range(12))

    @event.listens_for(runtime.db.engine, "before_cursor_execute")
    def gone(*_: object) -> None:
        if failures:
            failures.pop()
            raise OperationalError("SELECT", {}, Exception("the server has gone away"))

    worker = Worker(runtime)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert ended.wait(60)
    assert failures == []
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_a_failing_job_does_not_hurt_the_next(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(runtime: Runtime, job: queue.Claimed) -> None:
        raise RuntimeError("no luck")

    monkeypatch.setitem(KINDS, "fails", JobKind(name="fails", run=fail))
    keys = [enqueue(runtime, "fails"), enqueue(runtime, "fails")]
    for job in queue.claim(runtime.db, ["default"], "me", 2):
        run_job(runtime, job)
    assert [row(runtime, key).state for key in keys] == [JobState.FAILED, JobState.FAILED]
