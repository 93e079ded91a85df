"""A worker process whose jobs write down when they began and ended.

``python -m support.job_worker CONFIG DIARY``: each run appends ``began|ended JOB PID SECONDS``.
"""

from __future__ import annotations

import os
import sys
import time

from omnicore import config, rooms
from omnicore.jobs.queue import Claimed
from omnicore.jobs.registry import JobKind, register
from omnicore.jobs.worker import Worker
from omnicore.runtime import Runtime, build

KIND = "bench"
LASTS_S = 0.02


def main() -> None:
    """Work until killed."""
    path, diary = sys.argv[1:]
    out = os.open(diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(word: str, job: Claimed) -> None:
        line = f"{word} {job.payload['number']} {os.getpid()} {time.monotonic()}\n"
        os.write(out, line.encode())

    def run(_: Runtime, job: Claimed) -> None:
        note("began", job)
        time.sleep(LASTS_S)
        note("ended", job)

    rooms.load_models()
    rooms.load_reactions()
    register(JobKind(name=KIND, run=run))
    Worker(build(config.load(path))).run()


if __name__ == "__main__":
    main()
