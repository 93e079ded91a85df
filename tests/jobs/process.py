"""A worker of its own, for tests: ``python process.py FOLDER [DRAIN_S]``.

It knows one kind of job, ``long``, which says in FOLDER/began that it runs, waits for
FOLDER/release, and says in FOLDER/ended that it came to its end.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from omnicore import config
from omnicore.jobs import queue, worker
from omnicore.jobs.registry import JobKind, register
from omnicore.runtime import Runtime, build

LEASE_S = 2.0


def long(runtime: Runtime, job: queue.Claimed) -> None:
    folder = runtime.settings.path.parent
    (folder / "began").write_text(f"{os.getpid()} {job.job_id}")
    while not (folder / "release").exists():
        time.sleep(0.02)
    (folder / "ended").write_text(str(job.job_id))


def main(folder: Path, drain_s: float) -> None:
    queue.LEASE_S = LEASE_S
    worker.HEARTBEAT_S = LEASE_S / 4
    register(JobKind(name="long", run=long))
    runtime = build(config.load(folder / "crm_config.yaml"))
    working = worker.Worker(runtime)
    signal.signal(signal.SIGTERM, lambda *_: working.stop())
    (folder / "started").touch()
    working.run(drain_s)
    runtime.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 30.0)
