"""Jobs: how many a second are written, claimed and ended, and what kill -9 does to them.

``python benchmarks/jobs.py`` uses the queue's own functions on SQLite and on MariaDB, then runs
worker processes that are killed at random while they work. A rate is the best of all rounds, for
what else the machine does can only lower it. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select
from support.deployment import database, deployed, write_config
from support.goals import Goal, judge
from support.job_worker import KIND

from omnicore.jobs import queue
from omnicore.jobs.models import Job, JobState
from omnicore.runtime import Runtime

GOALS = {"sqlite": 1000, "mariadb": 500}
BATCH = 16
HERE = Path(__file__).parent
SLACK_S = 5.0


def enqueue(runtime: Runtime, count: int) -> None:
    """Write jobs, each in a transaction of its own."""
    for number in range(count):
        with runtime.db.write() as uow:
            queue.enqueue(uow, KIND, {"number": number})


def enqueue_together(runtime: Runtime, count: int) -> None:
    """Write jobs in one transaction."""
    with runtime.db.write() as uow:
        for number in range(count):
            queue.enqueue(uow, KIND, {"number": number})


def claim(runtime: Runtime, limit: int) -> list[queue.Claimed]:
    """Claim until nothing is left."""
    held: list[queue.Claimed] = []
    while found := queue.claim(runtime.db, ("default",), "bench", limit):
        held += found
    return held


def finish(runtime: Runtime, held: list[queue.Claimed]) -> None:
    """End jobs, each in a transaction of its own, as a worker does."""
    for job in held:
        with runtime.db.write() as uow:
            queue.finish(uow, job, JobState.DONE)


def rate(act: Callable[[], object], count: int) -> float:
    """So many of ``count`` a second."""
    start = time.perf_counter()
    act()
    return count / (time.perf_counter() - start)


def rates(kind: str, runtime: Runtime, jobs: int, rounds: int) -> list[Goal]:
    """The figures of one database."""
    best: dict[str, float] = defaultdict(float)
    for _ in range(rounds):
        held: list[queue.Claimed] = []

        def take(limit: int, held: list[queue.Claimed] = held) -> None:
            held[:] = claim(runtime, limit)

        steps: dict[str, Callable[[], object]] = {
            "written one by one": lambda: enqueue(runtime, jobs),
            "claimed one by one": lambda: take(1),
            "ended one by one": lambda held=held: finish(runtime, held),
            "written together": lambda: enqueue_together(runtime, jobs),
            f"claimed by {BATCH}": lambda: take(BATCH),
            "ended": lambda held=held: finish(runtime, held),
        }
        for name, step in steps.items():
            best[name] = max(best[name], rate(step, jobs))
    best["ended one by one"] = max(best["ended one by one"], best.pop("ended"))
    for name, value in best.items():
        print(f"{kind:8} {name:20} {value:8,.0f} jobs/s")
    claimed = best[f"claimed by {BATCH}"]
    return [Goal(f"{kind}: claims a second", claimed, GOALS[kind], at_least=True)]


@dataclass
class Diary:
    """What the jobs wrote down, and when workers were killed."""

    path: Path
    killed: dict[int, float] = field(default_factory=dict)

    def runs(self) -> dict[int, list[tuple[float, float, bool]]]:
        """Job -> its runs in order: when it began, when it ended, whether by a kill."""
        began: dict[tuple[int, int], float] = {}
        found: dict[int, list[tuple[float, float, bool]]] = defaultdict(list)
        for line in self.path.read_text().splitlines():
            word, number, pid, moment = line.split()
            key = int(number), int(pid)
            if word == "began":
                began[key] = float(moment)
            else:
                found[key[0]].append((began.pop(key), float(moment), False))
        for (number, pid), moment in began.items():
            found[number].append((moment, self.killed[pid], True))
        return {number: sorted(runs) for number, runs in found.items()}


def kill_at_random(path: Path, runtime: Runtime, folder: Path, jobs: int, kills: int) -> list[Goal]:
    """Accept jobs, kill the workers that run them, and read the diary."""
    diary = Diary(folder / "diary")
    chance = random.Random(1)
    enqueue_together(runtime, jobs)
    workers = [_worker(path, diary) for _ in range(2)]
    try:
        for _ in range(kills):
            _work_on(runtime, chance.randint(5, 30))
            place = chance.randrange(len(workers))
            _kill(workers[place], diary)
            workers[place] = _worker(path, diary)
        deadline = time.monotonic() + queue.LEASE_S + 60
        while _left(runtime) and time.monotonic() < deadline:
            time.sleep(0.1)
        lost = _left(runtime)
    finally:
        for worker in workers:
            _kill(worker, diary)
    return _verdict(diary, jobs, lost)


def _verdict(diary: Diary, jobs: int, lost: int) -> list[Goal]:
    runs = diary.runs()
    twice = sum(
        later[0] < earlier[1]
        for of_job in runs.values()
        for earlier, later in itertools.pairwise(of_job)
    )
    waits = [
        later[0] - earlier[1]
        for of_job in runs.values()
        for earlier, later in itertools.pairwise(of_job)
        if earlier[2]
    ]
    print(f"{jobs} jobs, {len(diary.killed) - 2} workers killed, {len(waits)} jobs under way then")
    return [
        Goal("accepted jobs lost", lost + jobs - len(runs), 0),
        Goal("jobs run by two workers at a time", twice, 0),
        Goal("jobs interrupted and run again", len(waits), 1, at_least=True),
        Goal("a killed job runs again after", max(waits, default=0), queue.LEASE_S + SLACK_S, " s"),
    ]


def _worker(path: Path, diary: Diary) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "support.job_worker", str(path), str(diary.path)]
    with open(f"{diary.path}.log", "ab") as log:
        return subprocess.Popen(command, cwd=HERE, stdout=log, stderr=log)


def _kill(worker: subprocess.Popen[bytes], diary: Diary) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    diary.killed[worker.pid] = time.monotonic()


def _left(runtime: Runtime) -> int:
    with runtime.db.read() as uow:
        wanted = select(func.count()).where(Job.kind == KIND, Job.state != JobState.DONE)
        return int(uow.session.execute(wanted).scalar_one())


def _work_on(runtime: Runtime, count: int) -> None:
    """Wait until that many more jobs have ended, or none is left."""
    before = _left(runtime)
    deadline = time.monotonic() + 30
    while before - count < _left(runtime) and _left(runtime) and time.monotonic() < deadline:
        time.sleep(0.01)


def main() -> int:
    """Run it all; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=12)
    options = parser.parse_args()
    goals = []
    for kind in GOALS:
        with (
            tempfile.TemporaryDirectory() as folder,
            database(kind, Path(folder)) as url,
        ):
            path = write_config(Path(folder), url)
            with deployed(path) as runtime:
                goals += rates(kind, runtime, options.jobs, options.rounds)
                goals += kill_at_random(path, runtime, Path(folder), 400, options.kills)
    return judge(goals)


if __name__ == "__main__":
    sys.exit(main())
