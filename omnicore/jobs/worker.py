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
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from omnicore.jobs import delivery, queue, schedules
from omnicore.jobs.models import JobState
from omnicore.jobs.queue import Claimed
from omnicore.jobs.registry import KINDS, JobKind
from omnicore.runtime import Runtime

log = logging.getLogger("omnicore.worker")

POLL_S = 0.1
HEARTBEAT_S = queue.LEASE_S / 3
PROVISIONING = "provisioning"

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
        self._held: set[int] = set()
        self._lock = threading.Lock()

    def run(self, drain_s: float = 30.0) -> None:
        """Work until :meth:`stop`; then wait up to ``drain_s`` for what is under way."""
        size = self.runtime.settings.provisioning.workers
        loops: list[Callable[[], None]] = [
            lambda: self._claim_loop((PROVISIONING,), size),
            lambda: self._claim_loop(("default",), 2),
            self._deliver_loop,
            self._schedule_loop,
            self._heartbeat_loop,
        ]
        threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
        log.info("worker %s started", self.name)
        for thread in threads:
            thread.start()
        self._stop.wait()
        end = time.monotonic() + drain_s
        while self._held and time.monotonic() < end:
            time.sleep(POLL_S)
            self._extend()
        for thread in threads:
            thread.join(2)
        log.info("worker %s stopped, %d jobs left to their lease", self.name, len(self._held))

    def stop(self) -> None:
        """Claim no more and let :meth:`run` return."""
        self._stop.set()

    def _claim_loop(self, queues: Sequence[str], size: int) -> None:
        with ThreadPoolExecutor(size, f"worker-{queues[0]}") as pool:
            free = threading.Semaphore(size)
            while not self._stop.is_set():
                slots = self._acquire(free, size)
                claimed = self._claim(queues, slots)
                for job in claimed:
                    self._hold(job.job_id)
                    pool.submit(self._run_one, job, free)
                for _ in range(slots - len(claimed)):
                    free.release()
                if not claimed:
                    self._stop.wait(POLL_S)

    def _claim(self, queues: Sequence[str], slots: int) -> list[Claimed]:
        return self._guarded(lambda: queue.claim(self.runtime.db, queues, self.name, slots)) or []

    @staticmethod
    def _acquire(free: threading.Semaphore, size: int) -> int:
        """Wait for one free slot, take all that are free."""
        free.acquire()
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
        while not self._stop.wait(HEARTBEAT_S):
            self._extend()

    def _deliver_loop(self) -> None:
        while not self._stop.is_set():
            if not self._guarded(lambda: delivery.deliver_one(self.runtime)):
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
    """Run one claimed job to its end, and write that end down."""
    kind = KINDS.get(job.kind)
    if kind is None:
        _fail(runtime, job, f"no room or plugin knows jobs of kind {job.kind}")
        return
    act = kind.lost if job.lost and kind.lost else kind.run
    try:
        act(runtime, job)
    except Exception as error:
        log.exception("job %d (%s) failed, try %d", job.job_id, job.kind, job.attempts)
        _repeat_or_fail(runtime, kind, job, repr(error))
    else:
        with runtime.db.write() as uow:
            queue.finish(uow, job.job_id, JobState.DONE)


def _repeat_or_fail(runtime: Runtime, kind: JobKind, job: Claimed, error: str) -> None:
    if job.attempts >= kind.tries:
        _fail(runtime, job, error)
        return
    wait = kind.backoff_s * 2 ** (job.attempts - 1)
    with runtime.db.write() as uow:
        queue.put_back(uow, job.job_id, uow.now() + timedelta(seconds=wait), error)


def _fail(runtime: Runtime, job: Claimed, error: str) -> None:
    with runtime.db.write() as uow:
        queue.finish(uow, job.job_id, JobState.FAILED, error)
