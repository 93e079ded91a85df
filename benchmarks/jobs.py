"""Jobs: claims a second, and whether anything is lost when workers are killed.

``python benchmarks/jobs.py`` runs on SQLite and MariaDB: enqueues jobs, claims and finishes them
one by one and in batches, then lets worker processes be killed by SIGKILL again and again until
all jobs are done, and counts what was lost and what ran twice at the same time. Exits 1 when a
goal is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select, update
from support.deployment import database, deployed, write_config
from support.goals import Goal, judge

from omnicore.jobs import queue
from omnicore.jobs.models import Job, JobState
from omnicore.runtime import Runtime

GOALS = {"sqlite": 1000, "mariadb": 500}
KIND = "bench.sleep"
PROGRAM = """\
import sys, time
from omnicore import config
from omnicore.jobs import queue
from omnicore.jobs.models import JobState
from omnicore.runtime import build
queue.LEASE_S = 0.5
runtime = build(config.load(sys.argv[1]))
name = sys.argv[2]
while True:
    for job in queue.claim(runtime.db, ["default"], name, 1):
        time.sleep(0.02)
        with runtime.db.write() as uow:
            queue.finish(uow, job, JobState.DONE)
    time.sleep(0.01)
"""


def enqueue(runtime: Runtime, count: int) -> float:
    """Jobs a second, each in a transaction of its own."""
    began = time.perf_counter()
    for number in range(count):
        with runtime.db.write() as uow:
            queue.enqueue(uow, KIND, {"number": number})
    return count / (time.perf_counter() - began)


def drain(runtime: Runtime, batch: int) -> float:
    """Claims a second, in batches, until the queue is empty; every claim is committed."""
    began, count = time.perf_counter(), 0
    while jobs := queue.claim(runtime.db, ["default"], "bench", batch):
        count += len(jobs)
    return count / (time.perf_counter() - began)


def reset(runtime: Runtime) -> None:
    """Let every job wait again."""
    with runtime.db.write() as uow:
        uow.session.execute(update(Job).values(state=JobState.WAITING, attempts=0))


def killed(runtime: Runtime, path: Path, workers: int) -> tuple[int, int, int]:
    """Kill workers at random until all is done: kills, jobs lost, and tries beyond the first."""
    running = [_worker(path, n) for n in range(workers)]
    chance, kills = random.Random(7), 0
    try:
        while _open(runtime):
            time.sleep(chance.uniform(0.1, 0.5))
            victim = chance.randrange(workers)
            os.kill(running[victim].pid, signal.SIGKILL)
            running[victim].wait()
            kills += 1
            running[victim] = _worker(path, 1000 + kills)
    finally:
        for process in running:
            process.kill()
            process.wait()
    with runtime.db.read() as uow:
        done = select(func.count()).where(Job.state == JobState.DONE)
        total = uow.session.scalar(select(func.count()).select_from(Job)) or 0
        again = uow.session.scalar(select(func.sum(Job.attempts) - func.count())) or 0
        return kills, total - (uow.session.scalar(done) or 0), int(again)


def _worker(path: Path, number: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(path), f"worker-{number}"])


def _open(runtime: Runtime) -> int:
    with runtime.db.read() as uow:
        return uow.session.scalar(select(func.count()).where(Job.state != JobState.DONE)) or 0


def measure(kind: str, count: int) -> list[Goal]:
    """All figures on one kind of database."""
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        path = write_config(Path(name), url)
        with deployed(path) as runtime:
            print(f"{kind}: {enqueue(runtime, count):,.0f} accepted a second, each committed")
            single = drain(runtime, 1)
            reset(runtime)
            batched = drain(runtime, 16)
            print(f"{kind}: {single:,.0f} claims a second one by one, {batched:,.0f} in batches")
            with runtime.db.write() as uow:
                uow.session.execute(Job.__table__.delete())
            enqueue(runtime, 300)
            kills, lost, again = killed(runtime, path, 2)
            print(f"{kind}: {kills} workers killed over 300 jobs, {again} found and run again")
    goal = GOALS[kind]
    return [
        Goal(f"claims on {kind} (batches of 16)", batched, goal, "/s", at_least=True),
        Goal(f"jobs lost on {kind}", lost, 0),
    ]


def main() -> int:
    """Run it all; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    arguments = parser.parse_args()
    goals = [goal for kind in GOALS for goal in measure(kind, arguments.jobs)]
    return judge(goals)


if __name__ == "__main__":
    sys.exit(main())
