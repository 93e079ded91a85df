"""The helper that runs companion servers in tests."""

from __future__ import annotations

import signal
import socket

import pytest

from omnicore.sdk.testing.processes import CompanionProcess

LISTEN = """
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
print("a word before", flush=True)
print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
threading.Event().wait()
"""


def test_it_gives_the_port_that_the_program_listens_on():
    with CompanionProcess(["-c", LISTEN]) as process:
        assert process.url == f"http://{process.address}"
        socket.create_connection((process.host, process.port), 5).close()
    assert process.process.poll() == -signal.SIGTERM


def test_a_killed_program_can_be_started_again():
    with CompanionProcess(["-c", LISTEN]) as process:
        assert process.kill() == -signal.SIGKILL
        process.start()
        socket.create_connection((process.host, process.port), 5).close()


def test_a_program_that_ends_early_is_an_error_with_its_words():
    with pytest.raises(RuntimeError, match="out of order"):
        CompanionProcess(["-c", "raise SystemExit('out of order')"]).start()


def test_a_program_that_never_listens_is_ended():
    process = CompanionProcess(
        ["-c", "input_never_comes = __import__('time').sleep(60)"], timeout_s=0.5
    )
    with pytest.raises(RuntimeError, match="does not listen"):
        process.start()
    assert process.process.poll() == -signal.SIGKILL
