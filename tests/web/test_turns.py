"""Requests on SQLite take turns, and one that is slow holds up none of the others."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from omnicore.app import create_app
from omnicore.runtime import Runtime
from omnicore.web.turns import Turns

WITHIN_S = 10


def start_response(*_: Any) -> None:
    """Nobody looks at it."""


def test_a_request_goes_on_beside_one_that_does_not_end() -> None:
    entered, answered = threading.Event(), threading.Event()

    def inner(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        if environ["slow"]:
            entered.set()
            assert answered.wait(WITHIN_S)
        return [b"done"]

    turns = Turns(inner)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(turns, {"slow": True}, start_response)
        assert entered.wait(WITHIN_S)
        assert turns({"slow": False}, start_response) == [b"done"]
        answered.set()
        assert slow.result(WITHIN_S) == [b"done"]


def test_quick_requests_come_one_after_the_other() -> None:
    running: list[int] = []
    most = 0
    together = threading.Barrier(4)

    def inner(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        running.pop()
        return [b""]

    turns = Turns(inner, patience_s=WITHIN_S)

    def visitor(_: int) -> None:
        together.wait(WITHIN_S)
        for _ in range(200):
            turns({}, start_response)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(visitor, range(4)))
    assert most == 1


def test_a_failure_ends_the_turn() -> None:
    def inner(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        raise LookupError

    turns = Turns(inner, patience_s=0)
    for _ in range(2):
        with pytest.raises(LookupError):
            turns({}, start_response)
        assert not turns.taken


def test_turns_are_taken_on_sqlite_only(runtime: Runtime) -> None:
    on_sqlite = runtime.db.engine.dialect.name == "sqlite"
    assert isinstance(create_app(runtime=runtime).wsgi_app, Turns) is on_sqlite
