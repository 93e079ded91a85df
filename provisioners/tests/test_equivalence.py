"""The fork server tells what plain ansible-runner tells, event by event."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from omnicore.sdk.ports.provisioning import (
    Provisioner,
    ProvisioningJob,
    RunResult,
    TaskEvent,
    TaskStatus,
)
from omnicore.sdk.testing.provisioning import Ear

PLAYS = ("everything", "facts", "undefined_hosts", "wrong_module", "wrong_keyword", "missing_include")

VOLATILE = frozenset(
    "date elapsed start end delta atime ctime mtime inode dev version ansible_job_id results_file"
    " _ansible_delegated_vars pid duration cookies_string".split()
)
TEXT = re.compile(
    r"job-\w+|ansible-tmp-[\d.\-]+|ansible_\w+_payload_\w+|j\d{9,}(?:\.\d+)?|tmp\w{8}|0x[0-9a-f]+"
    r"|ansible-local-\w+|fork_server_____|ansible_runner__|work\d/(?:fork_server|ansible_runner)"
)


class _Endpoint(BaseHTTPRequestHandler):
    asked: Counter[str] = Counter()

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        body = json.dumps({"path": self.path, "count": self.asked[self.path]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """An HTTP endpoint."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """This interpreter under another path, so that it counts as another."""
    import sys

    script = tmp_path_factory.mktemp("python") / "python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    return str(script)


Told = Mapping[str, tuple[Ear, RunResult]]


@pytest.fixture(scope="module")
def both(
    fork_server: Provisioner, ansible_runner: Provisioner, base: str, other_python: str
) -> Mapping[str, Told]:
    """Every play, run by both engines, the two side by side."""

    def run_all(name: str, provisioner: Provisioner) -> Told:
        told = {}
        for play in PLAYS:
            ear = Ear()
            variables = {"base": base, "run": f"{name:_<16}", "other_python": other_python}
            job = ProvisioningJob(job_id="1", play=play, variables=variables, config={"a": 1})
            told[play] = (ear, provisioner.run(job, ear))
        return told

    engines = {"fork_server": fork_server, "ansible_runner": ansible_runner}
    with ThreadPoolExecutor(2) as pool:
        runs = {name: pool.submit(run_all, name, engine) for name, engine in engines.items()}
        return {name: run.result() for name, run in runs.items()}


@pytest.mark.parametrize("play", PLAYS)
def test_both_engines_tell_the_same_events(both: Mapping[str, Told], play: str) -> None:
    ours, plain = (
        [_shape(event) for event in both[engine][play][0].events]
        for engine in ("fork_server", "ansible_runner")
    )
    for mine, theirs in zip(ours, plain, strict=False):
        assert mine == theirs
    assert len(ours) == len(plain)


@pytest.mark.parametrize("play", PLAYS)
def test_both_engines_end_the_same(both: Mapping[str, Told], play: str) -> None:
    (_, ours), (_, plain) = (both[engine][play] for engine in ("fork_server", "ansible_runner"))
    assert (ours.status, ours.exit_code) == (plain.status, plain.exit_code)
    assert ours.stats == plain.stats
    assert ours.causes == plain.causes


def test_the_play_did_what_it_is_there_for(both: Mapping[str, Told]) -> None:
    """Guards the comparison itself: two engines that fail at the first task are equal too."""
    ear, _ = both["fork_server"]["everything"]
    ends = ear.ends()
    failed = [event.name for event in ends if event.status is TaskStatus.FAILED]
    assert failed == ["ansible.builtin.uri", "fail", "ansible.builtin.uri"]
    assert len([event for event in ends if event.status is TaskStatus.IGNORED]) == 6
    assert len({event.number for event in ends}) == 59
    assert "undefined_thing" in str(ends[-1].result)
    assert "s3cr3t" not in str(ear.events)


def _shape(event: TaskEvent) -> tuple[Any, ...]:
    told = (event.number, event.kind, event.name, event.action, event.status.name)
    if event.kind == "fatal":
        return (*told, event.result["exit_code"], event.result["causes"])
    result = dict(event.result)
    if event.action == "ansible.builtin.gather_facts":
        result["ansible_facts"] = sorted(result["ansible_facts"])
    return (*told, json.dumps(_clean(result), sort_keys=True, indent=1))


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _clean(one) for key, one in value.items() if key not in VOLATILE}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return TEXT.sub("~", value) if isinstance(value, str) else value
