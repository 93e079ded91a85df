"""Progress is pushed by a real server, resumed, ended, and limited in number."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.conftest import SECRET

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A granian process whose streams may be two at a time."""

    folder: Path
    url: str

    def append(self, *numbers: int) -> None:
        with (self.folder / "numbers").open("a") as file:
            file.write("".join(f"{number}\n" for number in numbers))

    def end(self) -> None:
        (self.folder / "over").touch()

    def open_streams(self) -> float:
        shown = httpx.get(f"{self.url}/metrics").text
        (line,) = [it for it in shown.splitlines() if it.startswith("omnicore_http_streams ")]
        return float(line.rpartition(" ")[2])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "crm_config.yaml").write_text(
        f"jwt_secret: {SECRET}\n"
        f"database: {{url: 'sqlite:///{tmp_path}/push.db'}}\n"
        "web: {max_streams: 2}\n"
    )
    (tmp_path / "numbers").touch()
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)),
        *("--blocking-threads", "4", "--no-ws", "tests.web.push_application:app"),
    ]
    environment = os.environ | {"PUSH_FOLDER": str(tmp_path), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    made = Server(tmp_path, f"http://127.0.0.1:{port}")
    try:
        _wait_until_it_serves(process, port)
        yield made
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_serves(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server does not listen (exit code {process.poll()})")


def ids(lines: Iterator[str], count: int) -> list[str]:
    """The next ``count`` event ids of a stream."""
    found = []
    for line in lines:
        if line.startswith("id: "):
            found.append(line.removeprefix("id: "))
            if len(found) == count:
                break
    return found


def test_events_arrive_as_they_happen_and_the_stream_ends(server: Server) -> None:
    with httpx.stream("GET", f"{server.url}/numbers", timeout=30) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        lines = answer.iter_lines()
        server.append(1, 2)
        assert ids(lines, 2) == ["1", "2"]
        server.append(3)
        assert ids(lines, 1) == ["3"]
        server.append(4)
        server.end()
        rest = list(lines)
    assert "id: 4" in rest
    assert "event: end" in rest


def test_a_client_that_comes_back_misses_nothing_and_sees_nothing_twice(server: Server) -> None:
    server.append(1, 2, 3)
    server.end()
    headers = {"Last-Event-ID": "2"}
    answer = httpx.get(f"{server.url}/numbers", headers=headers, timeout=30)
    assert ids(iter(answer.text.splitlines()), 9) == ["3"]


def test_streams_are_limited_and_the_server_goes_on_answering(server: Server) -> None:
    url = f"{server.url}/numbers?heartbeat=0.1"
    with httpx.stream("GET", url, timeout=30) as first, httpx.stream("GET", url, timeout=30):
        third = httpx.get(url, timeout=30)
        assert (third.status_code, third.json()["code"]) == (503, "too-many-streams")
        assert httpx.get(f"{server.url}/crm/docs/", timeout=30).status_code == 200
        assert server.open_streams() == 2
        heard = first.iter_lines()
        assert next(line for line in heard if line.startswith(":")) == ": still here"
    deadline = time.monotonic() + 30
    while server.open_streams() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.open_streams() == 0
