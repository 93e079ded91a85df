"""The control endpoint of tests: the clock, the faults and the record of calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from omnicore_ocs_embedded.clock import Clock
from omnicore_ocs_embedded.faults import Faults
from omnicore_ocs_embedded.times import format_time


class Control:
    """``/control/clock``, ``/control/faults`` and ``/control/calls``.

    ``POST clock`` takes ``{"advance_s": 3600}`` or ``{"set": "2026-12-01T00:00:00Z"}``;
    ``POST faults`` a list of switches, which replaces those before; ``DELETE calls`` empties
    the record.
    """

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "/control/clock"): lambda _: self._time(),
            ("POST", "/control/clock"): self._move_clock,
            ("POST", "/control/faults"): self._set_faults,
            ("GET", "/control/calls"): lambda _: self._faults.calls(),
            ("DELETE", "/control/calls"): lambda _: self._faults.forget_calls(),
        }

    def handle(self, verb: str, path: str, body: bytes) -> tuple[int, bytes]:
        """HTTP status and JSON body."""
        route = self._routes.get((verb, path))
        if route is None:
            return 404, b'{"error": "no such control"}'
        try:
            result = route(json.loads(body) if body else None)
        except (ValueError, TypeError, KeyError) as error:
            return 400, json.dumps({"error": str(error)}).encode()
        return 200, json.dumps(result).encode()

    def _time(self) -> dict[str, str]:
        return {"now": format_time(self._clock.now())}

    def _move_clock(self, wish: Any) -> dict[str, str]:
        if "set" in wish:
            moment = datetime.fromisoformat(wish["set"])
            self._clock.set(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        else:
            self._clock.advance(timedelta(seconds=wish["advance_s"]))
        return self._time()

    def _set_faults(self, wish: Any) -> None:
        self._faults.set(wish)
