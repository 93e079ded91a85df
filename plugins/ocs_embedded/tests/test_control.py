"""Faults and the clock are switches of tests, and shut everywhere else."""

from __future__ import annotations

import http.client
import json

import pytest

PING = "CoreSv1.Ping"


@pytest.fixture
def faulty(start):
    return start("--faults")


@pytest.mark.parametrize("what", ["clock", "faults", "calls"])
def test_without_the_flag_there_is_no_control(master, what):
    assert master.raw(b"[]", "POST", f"/control/{what}")[0] == 404


def test_the_clock_moves_and_goes_on(faulty):
    faulty.control("POST", "clock", {"set": "2030-01-01T00:00:00Z"})
    faulty.control("POST", "clock", {"advance_s": 86400})
    assert faulty.control("GET", "clock")["now"].startswith("2030-01-02T00:00:0")


def test_an_error_can_begin_after_some_calls_and_end_after_others(faulty):
    fault = {"kind": "error", "method": PING, "after": 1, "times": 2, "error": "SERVER_ERROR: x"}
    faulty.control("POST", "faults", [fault])
    answers = [faulty.ask(PING, {})["error"] for _ in range(4)]
    assert answers == [None, "SERVER_ERROR: x", "SERVER_ERROR: x", None]
    assert faulty.ask("CoreSv1.Status", {})["error"] is None


def test_an_empty_body_and_a_status_can_be_answered(faulty):
    call = json.dumps({"method": PING, "params": [{}]}).encode()
    faulty.control("POST", "faults", [{"kind": "empty"}])
    assert faulty.raw(call)[::2] == (200, b"")
    faulty.control("POST", "faults", [{"kind": "status", "status": 503}])
    assert faulty.raw(call)[0] == 503
    faulty.control("POST", "faults", [])
    assert faulty.ask(PING, {})["result"] == "Pong"


def other(client, timeout):
    return http.client.HTTPConnection(client.process.host, client.process.port, timeout=timeout)


def test_a_connection_can_be_cut(faulty):
    faulty.control("POST", "faults", [{"kind": "refuse"}])
    peer = other(faulty, 5)
    peer.request("POST", "/jsonrpc", json.dumps({"method": PING, "params": [{}]}))
    with pytest.raises(ConnectionError):
        peer.getresponse()
    peer.close()


@pytest.mark.parametrize(("kind", "done"), [("hang", False), ("hang_after", True)])
def test_a_call_can_hang_before_or_after_its_work(faulty, account, kind, done):
    faulty.control("POST", "faults", [{"kind": kind}])
    peer = other(faulty, 0.3)
    call = {"method": "ApierV2.SetAccount", "params": [account]}
    peer.request("POST", "/jsonrpc", json.dumps(call))
    with pytest.raises(TimeoutError):
        peer.getresponse()
    peer.close()
    faulty.control("POST", "faults", [])
    assert (faulty.ask("ApierV2.GetAccount", account)["error"] is None) is done


def test_calls_are_recorded_until_they_are_forgotten(faulty, account):
    faulty.ok("ApierV2.SetAccount", **account)
    recorded = {"method": "ApierV2.SetAccount", "params": [account]}
    assert faulty.control("GET", "calls") == [recorded]
    faulty.control("DELETE", "calls")
    assert faulty.control("GET", "calls") == []


@pytest.mark.parametrize(
    ("what", "wish"),
    [("faults", [{"kind": "explode"}]), ("faults", [{}]), ("clock", {"set": "soon"})],
)
def test_a_wish_that_is_not_understood_is_refused(faulty, what, wish):
    status, _, answer = faulty.raw(json.dumps(wish).encode(), "POST", f"/control/{what}")
    assert status == 400
    assert "error" in json.loads(answer)
