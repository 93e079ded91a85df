"""What was answered is on disk: after a stop, after a crash, and for one server at a time."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest

TENANT = "mnc380.mcc313.3gppnetwork.org"


def add(client, account, value=1):
    balance = {"BalanceType": "*data", "Balance": {"ID": "A", "Value": value}}
    client.ok("ApierV1.AddBalance", **account, **balance)


def test_everything_is_there_again_after_a_restart(start, account):
    first = start()
    plan_id = first.plan(first.actions({"Identifier": "*log"}), MonthDays="1", Time="00:00:00")
    first.ok("ApierV2.SetAccount", **account, ActionPlanIds=[plan_id])
    add(first, account)
    before = first.ok("ApierV2.GetAccount", **account)
    assert first.process.stop() == 0
    second = start()
    assert second.ok("ApierV2.GetAccount", **account) == before
    assert second.ok("ApierV1.GetScheduledActions")[0]["ActionPlanID"] == plan_id


def test_no_addition_that_was_answered_is_lost_by_kill_9(start, account):
    client = start()
    answered = []

    def add_until_the_end():
        try:
            while True:
                add(client, account)
                answered.append(1)
                if len(answered) == 50:
                    enough.set()
        except OSError:
            return

    enough = threading.Event()
    thread = threading.Thread(target=add_until_the_end)
    thread.start()
    assert enough.wait(10)
    client.process.kill()
    thread.join(10)
    left = start().balances(account["Account"])[0]["Value"]
    assert len(answered) <= left <= len(answered) + 1


def test_a_second_server_on_the_same_state_is_refused(start, tmp_path):
    start()
    command = ["-m", "omnicore_ocs_embedded", "--port", "0", "--state"]
    second = subprocess.run(
        [sys.executable, *command, str(tmp_path / "state.sqlite")],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert second.returncode == 1
    assert "state file is in use" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = ["-m", "omnicore_ocs_embedded", "--port", port, "--state"]
        result = subprocess.run(
            [sys.executable, *command, str(tmp_path / "state.sqlite")],
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert result.returncode == 1
    assert f"cannot serve on port {port}" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("busy", [False, True])
def test_sigterm_ends_it_cleanly_even_with_a_hanging_call(start, busy):
    client = start("--mode", "v0.10")
    if busy:
        hanging = socket.create_connection((client.process.host, client.process.port))
        hanging.sendall(b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{")
        client.ok("CoreSv1.Status")
    assert client.process.stop() == 0
    if busy:
        hanging.close()


def test_it_listens_on_loopback_only(start):
    client = start()
    with socket.socket() as peer:
        peer.settimeout(1)
        outside = ("127.0.0.2", client.process.port)
        assert peer.connect_ex(outside) != 0
