"""Faults on purpose, and a record of calls: only for tests, only with ``--faults``."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("hang", "hang_after", "empty", "refuse", "error", "status")
_CALLS_KEPT = 5_000


@dataclass
class Fault:
    """Misbehave for ``method`` (``*`` for all) after ``after`` calls, ``times`` times.

    ``hang`` never answers, ``hang_after`` does the work and never answers, ``empty`` answers
    200 with no body, ``refuse`` cuts the connection, ``error`` answers with the string
    ``error``, ``status`` with that HTTP status. ``times`` None is for ever.
    """

    kind: str
    method: str = "*"
    after: int = 0
    times: int | None = None
    error: str = "SERVER_ERROR: a fault on purpose"
    status: int = 500

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")

    def strikes(self, method: str) -> bool:
        """Whether this call is one that goes wrong; counts it."""
        if self.method not in ("*", method) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The switches and what was called so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._calls: deque[dict[str, Any]] = deque(maxlen=_CALLS_KEPT)

    def set(self, several: Iterable[Mapping[str, Any]]) -> None:
        """Replace all switches.

        :raises ValueError, TypeError: for a switch that is not understood.
        """
        faults = [Fault(**item) for item in several]
        with self._lock:
            self._faults = faults

    def check(self, method: str, params: Any) -> Fault | None:
        """Record the call and say what goes wrong with it, if anything."""
        with self._lock:
            self._calls.append({"method": method, "params": params})
            return next((fault for fault in self._faults if fault.strikes(method)), None)

    def calls(self) -> list[dict[str, Any]]:
        """The calls so far, oldest first."""
        with self._lock:
            return list(self._calls)

    def forget_calls(self) -> None:
        """Begin a new record."""
        with self._lock:
            self._calls.clear()
