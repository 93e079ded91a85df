"""Calls into plugins: contained, counted, under a time limit."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import pytest

from omnicore.db.uow import refuse_open_write
from omnicore.host.calls import THREADS_PER_PLUGIN, Port, PortCaller
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Conflict, PortError, PortRefused, PortTimeout

LANGUAGE: ContextVar[str] = ContextVar("language", default="none")


@pytest.fixture
def caller() -> PortCaller:
    return PortCaller()


@pytest.fixture
def hang() -> Iterator[Callable[[], str]]:
    """A call that does not end before the test does."""
    released = threading.Event()

    def wait() -> str:
        released.wait(60)
        return "late"

    yield wait
    released.set()


def fail(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_an_answer_comes_back_through_a_port(caller: PortCaller) -> None:
    port = Port("demo", {"a": 1}, caller)
    assert port.call(lambda it: it["a"]) == 1
    assert caller.counts["demo"].outcomes == {"ok": 1}


def test_a_plugin_that_takes_too_long_is_a_time_out_with_its_name(
    caller: PortCaller, hang: Callable[[], str]
) -> None:
    with pytest.raises(PortTimeout, match=r"no answer within 0.05 s") as caught:
        caller.call("slow", hang, 0.05)
    assert caught.value.plugin == "slow"
    assert caller.counts["slow"].outcomes == {"timeout": 1}


def test_a_bug_is_a_port_error_with_the_plugins_name_and_a_stack_trace_in_the_log(
    caller: PortCaller, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(PortError) as caught:
        caller.call("demo", fail(ZeroDivisionError("secret detail")), 1)
    assert caught.value.plugin == "demo"
    assert "secret detail" not in str(caught.value)
    assert "ZeroDivisionError" in caplog.text
    assert caller.counts["demo"].outcomes == {"bug": 1}


@pytest.mark.parametrize("error", [TimeoutError("of a socket"), SystemExit(3)])
def test_what_a_plugin_lets_slip_is_its_bug_and_nobody_elses(
    caller: PortCaller, error: BaseException
) -> None:
    with pytest.raises(PortError, match="the plugin failed") as caught:
        caller.call("demo", fail(error), 1)
    assert not isinstance(caught.value, PortTimeout)
    assert caller.counts["demo"].outcomes == {"bug": 1}


def test_the_plugins_own_words_reach_the_caller(caller: PortCaller) -> None:
    with pytest.raises(PortRefused, match="no such account") as caught:
        caller.call("demo", fail(PortRefused("no such account")), 1)
    assert caught.value.plugin == "demo"
    with pytest.raises(PortError) as named:
        caller.call("demo", fail(PortError("down", plugin="engine")), 1)
    assert named.value.plugin == "engine"
    with pytest.raises(Conflict, match="taken"):
        caller.call("demo", fail(Conflict("taken")), 1)
    assert caller.counts["demo"].outcomes == {"failed": 2, "refused": 1}


def test_a_hanging_plugin_blocks_no_other_and_is_asked_no_more(
    caller: PortCaller, hang: Callable[[], str]
) -> None:

    def late() -> None:
        with pytest.raises(PortTimeout):
            caller.call("bad", hang, 0.2)

    waiting = [threading.Thread(target=late) for _ in range(THREADS_PER_PLUGIN)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    asked: list[str] = []
    with pytest.raises(PortError, match="it was not asked"):
        caller.call("bad", lambda: asked.append("asked"), 0.05)
    started = time.monotonic()
    assert caller.call("good", lambda: "well", 5) == "well"
    assert time.monotonic() - started < 2
    assert asked == []
    assert caller.counts["bad"].outcomes == {"timeout": THREADS_PER_PLUGIN, "busy": 1}


def test_a_plugin_that_woke_up_is_asked_again(caller: PortCaller) -> None:
    released = threading.Event()
    for _ in range(THREADS_PER_PLUGIN):
        with pytest.raises(PortTimeout):
            caller.call("demo", lambda: released.wait(60), 0.001)
    released.set()
    assert caller.call("demo", lambda: "awake", 10) == "awake"


def test_a_hanging_plugin_does_not_keep_the_process_alive() -> None:
    script = (
        "import threading\n"
        "from omnicore.host.calls import PortCaller\n"
        "try:\n"
        "    PortCaller().call('bad', threading.Event().wait, 0.05)\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "PortTimeout"


def test_a_call_sees_the_context_of_its_caller_and_changes_it_not(caller: PortCaller) -> None:
    token = LANGUAGE.set("en")

    def act() -> str:
        seen = LANGUAGE.get()
        LANGUAGE.set("de")
        return seen

    assert caller.call("demo", act, 5) == "en"
    assert LANGUAGE.get() == "en"
    LANGUAGE.reset(token)


def test_every_call_is_told_to_the_observer(caller: PortCaller) -> None:
    told: list[tuple[str, str]] = []
    caller.observer = lambda plugin, outcome, seconds: told.append((plugin, outcome))
    caller.call("demo", lambda: None, 1)
    with pytest.raises(PortError):
        caller.call("demo", fail(PortError("down")), 1)
    assert told == [("demo", "ok"), ("demo", "failed")]


def test_no_plugin_is_called_while_a_write_is_open(runtime: Runtime) -> None:
    caller = PortCaller(refuse_open_write)
    asked: list[str] = []
    with (
        runtime.db.write(),
        pytest.raises(RuntimeError, match="open write transaction"),
    ):
        caller.call("demo", lambda: asked.append("asked"), 1)
    assert asked == []
    with runtime.db.read():
        assert caller.call("demo", lambda: "read", 5) == "read"
    assert caller.call("demo", lambda: "free", 5) == "free"


def test_the_runtimes_own_host_refuses_a_call_while_a_write_is_open(runtime: Runtime) -> None:
    with runtime.db.write(), pytest.raises(RuntimeError, match="open write transaction"):
        runtime.plugins.caller.call("demo", lambda: None, 1)


def test_a_write_of_another_thread_forbids_nothing_here(runtime: Runtime) -> None:
    opened, done = threading.Event(), threading.Event()

    def hold() -> None:
        with runtime.db.write():
            opened.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    opened.wait(30)
    try:
        assert runtime.plugins.caller.call("demo", lambda: "free", 5) == "free"
    finally:
        done.set()
        thread.join()
