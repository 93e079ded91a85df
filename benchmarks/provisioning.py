"""Provisioning: what a job costs, against ``ansible_runner.run`` of the same play.

``python benchmarks/provisioning.py`` runs an unmodified play of 12 uri/set_fact/assert tasks
against an endpoint on this machine, every event recorded, both ways in turns within one run.
CPU time is that of all processes of a way: this one, the server, and every child they waited
for. The endpoint runs in a process of its own and is not counted. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner

from omnicore.sdk.ports.provisioning import ProvisioningJob, RunStatus, TaskEvent

GROUP = """\
    - name: Ask for {n}
      uri:
        url: "{{{{ base }}}}/product/{{{{ product_id }}}}"
        method: POST
        body_format: json
        body: {{"name": "SVC-{{{{ customer_id }}}}-{n}", "nested": {{"a": 1, "b": [1, 2]}}}}
        headers:
          Authorization: "Bearer {{{{ access_token }}}}"
        return_content: yes
        status_code: 200
      register: answer_{n}
    - name: Take facts of {n}
      set_fact:
        id_{n}: "{{{{ answer_{n}.json.id }}}}"
        sum_{n}: "{{{{ (answer_{n}.json.path ~ '{n}') | hash('sha1') }}}}"
    - name: Check {n}
      assert:
        that:
          - answer_{n}.status == 200
          - id_{n} | int == 42
          - answer_{n}.json.body.nested.b | length == 2
"""
HEAD = "- name: Benchmark\n  hosts: localhost\n  gather_facts: no\n  become: False\n  tasks:\n"


class Endpoint(BaseHTTPRequestHandler):
    """Answers every POST with what it got."""

    def do_POST(self) -> None:
        """Echo as JSON."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps({"id": 42, "path": self.path, "body": body}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def serve(pipe: Connection) -> None:
    """The endpoint's process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    pipe.send(server.server_port)
    server.serve_forever()


@contextmanager
def endpoint() -> Iterator[str]:
    """A running endpoint's address."""
    context = get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}"
    finally:
        process.terminate()
        process.join()


class Recorder:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[TaskEvent] = []

    def on_event(self, event: TaskEvent) -> None:
        """Keep it."""
        self.events.append(event)

    def cancelled(self) -> bool:
        """Never."""
        return False

    def renewed_token(self) -> str | None:
        """None needed."""
        return None


class Bench:
    """Both ways to run a play, and their CPU time so far."""

    def __init__(self, base: str, folder: Path) -> None:
        self.plays = folder / "plays"
        self.plays.mkdir()
        for groups in (4, 8):
            text = HEAD + "".join(GROUP.format(n=n) for n in range(groups))
            (self.plays / f"play_{groups * 3}.yaml").write_text(text)
        self.variables = {
            "base": base,
            "product_id": 7,
            "customer_id": 5,
            "access_token": "t" * 200,
            "ansible_python_interpreter": sys.executable,
        }
        self.folder = folder
        self.fork_server = self.provisioner("fork_server")

    def provisioner(self, engine: str) -> AnsibleProvisioner:
        """A provisioner with this engine."""
        return AnsibleProvisioner(
            plays_dir=self.plays, work_dir=self.folder / engine, engine=engine
        )

    def ours(self, play: str, by: AnsibleProvisioner | None = None) -> list[TaskEvent]:
        """Run one job our way."""
        recorder = Recorder()
        job = ProvisioningJob(job_id="1", play=play, variables=self.variables, config={})
        result = (by or self.fork_server).run(job, recorder)
        if result.status is not RunStatus.SUCCESSFUL:
            raise SystemExit(f"the play failed: {recorder.events[-1]}")
        return recorder.events

    def theirs(self, play: str) -> list[dict[str, Any]]:
        """Run one job by ansible_runner.run, in a fresh folder as it needs."""
        import ansible_runner

        events: list[dict[str, Any]] = []
        with tempfile.TemporaryDirectory(dir=self.folder) as private:
            done = ansible_runner.run(
                private_data_dir=private,
                playbook=str(self.plays / f"{play}.yaml"),
                inventory="localhost ansible_connection=local",
                extravars=dict(self.variables),
                event_handler=lambda event: bool(events.append(event)),
                quiet=True,
            )
        if done.rc:
            raise SystemExit(f"ansible_runner failed with {done.rc}")
        return events

    def cpu(self) -> float:
        """Seconds of CPU of this process, of children waited for, and of the server's tree."""
        total = time.process_time()
        waited = resource.getrusage(resource.RUSAGE_CHILDREN)
        total += waited.ru_utime + waited.ru_stime
        if pid := self.fork_server.program.pid:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        return total

    def measure(self, run: Callable[[], object], times: int) -> tuple[float, float]:
        """CPU and wall seconds of one run, as a mean of ``times``."""
        cpu, wall = self.cpu(), time.perf_counter()
        for _ in range(times):
            run()
        wall = (time.perf_counter() - wall) / times
        time.sleep(0.1)  # the server has collected its last child by then
        return (self.cpu() - cpu) / times, wall


def per_minute(run: Callable[[], object], jobs: int) -> float:
    """Jobs a minute, two at a time."""
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(run) for _ in range(jobs)]:
            future.result()
    return jobs / (time.perf_counter() - start) * 60


def shape(events: list[TaskEvent]) -> list[Any]:
    """Events without what differs from run to run."""
    volatile = {"elapsed", "date", "cookies_string"}
    return [
        (
            *(e.number, e.name, e.kind, e.action, e.status),
            json.dumps({k: v for k, v in e.result.items() if k not in volatile}, sort_keys=True),
        )
        for e in events
    ]


def first_event(bench: Bench) -> float:
    """Seconds from the start of a job to its first event."""
    seen = threading.Event()

    class Watcher(Recorder):
        def on_event(self, event: TaskEvent) -> None:
            seen.set()

    job = ProvisioningJob(job_id="1", play="play_12", variables=bench.variables, config={})
    start = time.perf_counter()
    thread = threading.Thread(target=bench.fork_server.run, args=(job, Watcher()))
    thread.start()
    seen.wait()
    took = time.perf_counter() - start
    thread.join()
    return took


def main() -> int:
    """Run it all; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=20, help="of ours in a round")
    options = parser.parse_args()
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder, endpoint() as base:
        bench = Bench(base, Path(folder))
        try:
            return report(bench, options.rounds, options.jobs)
        finally:
            bench.fork_server.close()


def report(bench: Bench, rounds: int, jobs: int) -> int:
    """Measure, print, judge."""
    start = time.perf_counter()
    bench.ours("play_12")
    ready = time.perf_counter() - start
    theirs, ours, longer = [], [], []
    for _ in range(rounds):
        theirs.append(bench.measure(lambda: bench.theirs("play_12"), 1))
        ours.append(bench.measure(lambda: bench.ours("play_12"), jobs))
        longer.append(bench.measure(lambda: bench.ours("play_24"), jobs))
    runner = bench.provisioner("ansible_runner")
    plain = bench.ours("play_12", by=runner)
    runner.close()
    fast = bench.ours("play_12")
    rate_theirs = per_minute(lambda: bench.theirs("play_12"), 4)
    rate_ours = per_minute(lambda: bench.ours("play_12"), 4 * jobs)
    first = statistics.median(first_event(bench) for _ in range(10))

    cpu_theirs, cpu_ours, cpu_longer = (
        statistics.median(cpu for cpu, _ in series) for series in (theirs, ours, longer)
    )
    wall_theirs, wall_ours = (statistics.median(w for _, w in s) for s in (theirs, ours))
    ratio, rate = cpu_theirs / cpu_ours, rate_ours / rate_theirs
    marginal = (cpu_longer - cpu_ours) / 12 * 1000
    equal = shape(plain) == shape(fast)
    print(f"{'':34}{'ansible_runner.run':>20}{'fork server':>14}")
    print(f"{'CPU a job, ms':34}{cpu_theirs * 1000:20.0f}{cpu_ours * 1000:14.0f}")
    print(f"{'wall time a job, ms':34}{wall_theirs * 1000:20.0f}{wall_ours * 1000:14.0f}")
    print(f"{'jobs a minute, two at a time':34}{rate_theirs:20.0f}{rate_ours:14.0f}")
    print(f"first job with start of the server: {ready:.1f} s")
    goals = [
        (f"CPU a job: {ratio:.1f} times less", ratio >= 15, "15 times"),
        (f"jobs a minute: {rate:.1f} times as many", rate >= 10, "10 times"),
        (f"one more task: {marginal:.1f} ms CPU", marginal <= 12, "12 ms"),
        (f"first event after {first * 1000:.0f} ms", first < 0.5, "500 ms"),
        (f"the {len(fast)} events of both engines are equal", equal, "equal"),
    ]
    for text, reached, goal in goals:
        print(f"{'reached' if reached else 'MISSED '}  {text} (goal {goal})")
    return 0 if all(reached for _, reached, _ in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
