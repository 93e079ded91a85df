"""The fork server tells what plain ansible-runner tells, event by event."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
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

PLAYS = (
    "everything",
    "facts",
    "undefined_hosts",
    "wrong_module",
    "wrong_keyword",
    "missing_include",
)

VOLATILE = frozenset(
    {"date", "elapsed", "start", "end", "delta", "duration", "pid", "cookies_string"}
    | {"atime", "ctime", "mtime", "inode", "dev", "version"}
    | {"ansible_job_id", "results_file", "_ansible_delegated_vars"}
)
TEXT = re.compile(
    r"job-\w+|ansible-tmp-[\d.\-]+|ansible_\w+_payload_\w+|j\d{9,}(?:\.\d+)?|tmp\w{8}|0x[0-9a-f]+"
    r"|ansible-local-\w+|fork_server_____|ansible_runner__|work\d/(?:fork_server|ansible_runner)"
)


class _Endpoint(BaseHTTPRequestHandler):
    asked: Counter[str] = Counter()

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        count = self.asked[self.path] if self.path.startswith("/count/") else 0
        body = json.dumps({"path": self.path, "count": count}).encode()
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


@pytest.fixture
def variables(tmp_path: Path, base: str) -> dict[str, str]:
    """Where the endpoint is, and this interpreter under another path: it counts as another."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    return {"base": base, "other_python": str(script)}


def run(name: str, provisioner: Provisioner, play: str, variables: Any) -> tuple[Ear, RunResult]:
    """One play by one engine."""
    ear = Ear()
    variables = {**variables, "run": f"{name:_<16}"}
    job = ProvisioningJob(job_id="1", play=play, variables=variables, config={"a": 1})
    return ear, provisioner.run(job, ear)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("play", PLAYS)
def test_both_engines_tell_the_same(
    play: str, fork_server: Provisioner, ansible_runner: Provisioner, variables: Any
) -> None:
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(run, "ansible_runner", ansible_runner, play, variables)
        ear, ours = run("fork_server", fork_server, play, variables)
        plain_ear, plain = other.result()
    for mine, theirs in zip(_by_number(ear), _by_number(plain_ear), strict=False):
        difference = list(unified_diff(_shape(mine), _shape(theirs), "fork", "plain", lineterm=""))
        assert not difference, "\n".join(difference)
    assert len(ear.events) == len(plain_ear.events)
    assert (ours.status, ours.exit_code) == (plain.status, plain.exit_code)
    assert ours.stats == plain.stats
    assert ours.causes == plain.causes


def test_the_play_does_what_it_is_there_for(fork_server: Provisioner, variables: Any) -> None:
    """Guards the comparison itself: two engines that fail at the first task are equal too."""
    ear, _ = run("guard", fork_server, "everything", variables)
    ends = [event for event in ear.ends() if event.kind == "task"]
    failed = [event.name for event in ends if event.status is TaskStatus.FAILED]
    assert failed == ["uri", "uri"]
    assert len([event for event in ends if event.status is TaskStatus.IGNORED]) == 6
    assert len(ends) > 50
    assert "undefined_thing" in str(ends[-1].result)
    assert "s3cr3t" not in str(ear.events)


def _by_number(ear: Ear) -> list[TaskEvent]:
    """Tasks of different hosts run at the same time; what is told of each is in order."""
    return sorted(ear.events, key=lambda event: event.number)


def _shape(event: TaskEvent) -> list[str]:
    """The lines of an event without what differs from run to run."""
    lines = [str(event.number), event.kind, event.name, event.action, event.status.name]
    result = dict(event.result)
    if event.kind == "fatal":
        return [*lines, str(result["exit_code"]), *result["causes"]]
    if event.action == "ansible.builtin.gather_facts":
        result["ansible_facts"] = sorted(result.get("ansible_facts", ()))
    return lines + json.dumps(_clean(result), sort_keys=True, indent=1).splitlines()


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _clean(one) for key, one in value.items() if key not in VOLATILE}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return TEXT.sub("~", value) if isinstance(value, str) else value
