"""A worker: threads that claim jobs, one that keeps leases, delivers events and schedules.

Workers may run on many machines against one database. A worker that is told to stop
finishes nothing by force: it claims no more, cancels nothing, waits for what runs, and
leaves what does not end in time to its lease.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from omnicore.jobs import delivery, queue, schedules
from omnicore.jobs.models import JobState
from omnicore.jobs.queue import Claimed
from omnicore.jobs.registry import KINDS, JobKind, queues
from omnicore.runtime import Runtime

log = logging.getLogger("omnicore.worker")

POLL_S = 0.1
HEARTBEAT_S = queue.LEASE_S / 3
PROVISIONING = "provisioning"
MOST_LOST = 3
"""Workers that one job may take with it before it is given up."""

Answer = TypeVar("Answer")


def worker_name() -> str:
    """Unique over machines and restarts."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


class Worker:
    """Runs jobs until it is stopped."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.name = worker_name()
        self._stop = threading.Event()
        self._stopped = threading.Event()
        self._held: set[int] = set()
        self._lock = threading.Lock()

    def run(self, drain_s: float = 30.0) -> None:
        """Work until :meth:`stop`; then wait up to ``drain_s`` for what is under way."""
        size = self.runtime.settings.provisioning.workers
        claims: list[Callable[[], None]] = [
            partial(self._claim_loop, (name,), size if name == PROVISIONING else 2)
            for name in sorted(queues())
        ]
        others: list[Callable[[], None]] = [self._schedule_loop, self._heartbeat_loop]
        others += [partial(self._deliver_loop, lane) for lane in delivery.lanes(self.runtime)]
        threads = [threading.Thread(target=loop, daemon=True) for loop in (*claims, *others)]
        log.info("worker %s started", self.name)
        for thread in threads:
            thread.start()
        self._stop.wait()
        for thread in threads[: len(claims)]:
            thread.join()  # from here on nothing more is claimed
        self._drain(drain_s)
        self._stopped.set()
        for thread in threads:
            thread.join(2)
        log.info("worker %s stopped, %d jobs left to their lease", self.name, len(self._held))

    def stop(self) -> None:
        """Claim no more and let :meth:`run` return."""
        self._stop.set()

    def _drain(self, drain_s: float) -> None:
        end = time.monotonic() + drain_s
        while self._held and time.monotonic() < end:
            time.sleep(POLL_S)

    def _claim_loop(self, queues: Sequence[str], size: int) -> None:
        free = threading.Semaphore(size)
        while not self._stop.is_set():
            slots = self._acquire(free, size)
            claimed = self._claim(queues, slots) if slots else []
            for job in claimed:
                self._hold(job.job_id)
                # A daemon: what does not end in time is left to its lease, not waited for.
                work = partial(self._run_one, job, free)
                threading.Thread(target=work, name=f"job-{job.job_id}", daemon=True).start()
            for _ in range(slots - len(claimed)):
                free.release()
            if slots and not claimed:
                self._stop.wait(POLL_S)

    def _claim(self, queues: Sequence[str], slots: int) -> list[Claimed]:
        db = self.runtime.db
        if not self._guarded(lambda: queue.any_due(db, queues)):
            return []
        return self._guarded(lambda: queue.claim(db, queues, self.name, slots)) or []

    def _acquire(self, free: threading.Semaphore, size: int) -> int:
        """Wait for one free slot, take all that are free; none when the worker stops."""
        if not free.acquire(timeout=POLL_S) or self._stop.is_set():
            return 0
        slots = 1
        while slots < size and free.acquire(blocking=False):
            slots += 1
        return slots

    def _run_one(self, job: Claimed, free: threading.Semaphore) -> None:
        try:
            run_job(self.runtime, job)
        finally:
            with self._lock:
                self._held.discard(job.job_id)
            free.release()

    def _hold(self, job_id: int) -> None:
        with self._lock:
            self._held.add(job_id)

    def _extend(self) -> None:
        with self._lock:
            held = sorted(self._held)
        self._guarded(lambda: queue.extend(self.runtime.db, self.name, held))

    def _heartbeat_loop(self) -> None:
        while not self._stopped.wait(HEARTBEAT_S):
            self._extend()

    def _deliver_loop(self, lane: delivery.Lane) -> None:
        while not self._stop.is_set():
            if not self._guarded(lambda: delivery.deliver_one(self.runtime, lane)):
                self._stop.wait(POLL_S)

    def _schedule_loop(self) -> None:
        while not self._stop.wait(1.0):
            self._guarded(lambda: schedules.run_due(self.runtime, self.name))

    def _guarded(self, act: Callable[[], Answer]) -> Answer | None:
        """The database may be away for a while; a worker waits for it."""
        try:
            return act()
        except SQLAlchemyError as error:
            log.warning("database: %s; trying again", error)
            self._stop.wait(1.0)
            return None


def run_job(runtime: Runtime, job: Claimed) -> None:
    """Run one claimed job to its end, and write that end down if the job is still held."""
    kind = KINDS.get(job.kind)
    if kind is None:
        _end(runtime, job, JobState.FAILED, f"no room or plugin knows jobs of kind {job.kind}")
        return
    if job.lost and not kind.lost and job.attempts > kind.tries + MOST_LOST:
        _end(runtime, job, JobState.FAILED, "its workers died, one after the other")
        return
    act = kind.lost if job.lost and kind.lost else kind.run
    try:
        act(runtime, job)
    except Exception as error:
        log.exception("job %d (%s) failed, try %d", job.job_id, job.kind, job.attempts)
        _repeat_or_fail(runtime, kind, job, repr(error))
    else:
        _end(runtime, job, JobState.DONE)


def _repeat_or_fail(runtime: Runtime, kind: JobKind, job: Claimed, error: str) -> None:
    if job.attempts >= kind.tries:
        _end(runtime, job, JobState.FAILED, error)
        return
    wait = kind.backoff_s * 2 ** (job.attempts - 1)
    with runtime.db.write() as uow:
        queue.put_back(uow, job, uow.now() + timedelta(seconds=wait), error)


def _end(runtime: Runtime, job: Claimed, state: JobState, error: str = "") -> None:
    with runtime.db.write() as uow:
        held = queue.finish(uow, job, state, error)
    if not held:
        log.warning("job %d (%s) ended after another worker took it", job.job_id, job.kind)
