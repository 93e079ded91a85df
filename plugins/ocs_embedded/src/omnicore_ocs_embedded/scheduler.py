"""Runs action plans in time. Its queue is a snapshot, taken at the start and at each reload."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omnicore_ocs_embedded.clock import Clock
from omnicore_ocs_embedded.errors import RpcError
from omnicore_ocs_embedded.store import Store
from omnicore_ocs_embedded.timings import ASAP, next_run

log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 60.0

RunActionSet = Callable[[str, Sequence[str]], None]


@dataclass(order=True)
class Entry:
    """One timing of one plan, as it was when the queue was made."""

    at: datetime
    rank: tuple[float, int]
    plan_id: str = field(compare=False)
    timing: Mapping[str, Any] = field(compare=False)
    accounts: tuple[str, ...] = field(compare=False)


class Scheduler:
    """Waits for the next entry; each one runs in a thread, as callbacks may take seconds."""

    def __init__(self, store: Store, clock: Clock, run: RunActionSet) -> None:
        self._store = store
        self._clock = clock
        self._run = run
        self._changed = clock.moved
        self._queue: list[Entry] = []
        self._count = itertools.count()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="scheduler", daemon=True)

    def start(self) -> None:
        """Take the first snapshot and begin to run it."""
        self.reload()
        self._thread.start()

    def stop(self) -> None:
        """End after what is being looked at; running callbacks are left behind."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def reload(self) -> None:
        """Run waiting ``*asap`` tasks and take a new snapshot of the plans."""
        now = self._clock.now()
        queue = [
            entry
            for plan_id, plan in self._store.items("plan")
            for timing in plan["ActionTimings"]
            if (entry := self._entry(plan_id, timing, tuple(plan["AccountIDs"] or ()), now))
        ]
        heapq.heapify(queue)
        with self._changed:
            self._queue = queue
            self._changed.notify_all()
        for key, task in self._store.items("task"):
            if self._store.delete("task", key):
                self._spawn(task["ActionsID"], (task["AccountID"],))

    def entries(self) -> list[Entry]:
        """What is queued, soonest first."""
        with self._changed:
            return sorted(self._queue)

    def _entry(
        self, plan_id: str, timing: Mapping[str, Any], accounts: tuple[str, ...], now: datetime
    ) -> Entry | None:
        inner = timing["Timing"]["Timing"]
        at = None if inner["StartTime"] == ASAP else next_run(inner, now)
        if at is None:
            return None
        rank = (-timing["Weight"], next(self._count))
        return Entry(at, rank, plan_id, timing, accounts)

    def _loop(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                due = self._take_due()
                if due is None:
                    self._changed.wait(self._until_next())
                    continue
            self._spawn(due.timing["ActionsID"], due.accounts)

    def _take_due(self) -> Entry | None:
        now = self._clock.now()
        if not self._queue or self._queue[0].at > now:
            return None
        due = heapq.heappop(self._queue)
        one_shot = due.timing["Timing"]["Timing"]["StartTime"].startswith("+")
        following = None if one_shot else self._entry(due.plan_id, due.timing, due.accounts, now)
        if following is not None:
            heapq.heappush(self._queue, following)
        return due

    def _until_next(self) -> float:
        if not self._queue:
            return _LONGEST_WAIT_S
        seconds = (self._queue[0].at - self._clock.now()).total_seconds()
        return min(max(seconds, 0.0), _LONGEST_WAIT_S)

    def _spawn(self, actions_id: str, accounts: Sequence[str]) -> None:
        threading.Thread(
            target=self._run_safely, args=(actions_id, accounts), name="action", daemon=True
        ).start()

    def _run_safely(self, actions_id: str, accounts: Sequence[str]) -> None:
        try:
            self._run(actions_id, accounts)
        except RpcError as error:
            log.warning("action set %s: %s", actions_id, error)
