"""How the core calls what a plugin offers: contained, counted, under a time limit."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from omnicore.sdk.errors import OmniCoreError, PortError, PortTimeout

log = logging.getLogger(__name__)

Implementation = TypeVar("Implementation")
Answer = TypeVar("Answer")

DEFAULT_LIMIT_S = 10.0
THREADS_PER_PLUGIN = 16


@dataclass
class CallCounts:
    """What calls to one plugin came to, for metrics and health."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    last_error: str = ""


class PortCaller:
    """Runs calls into plugins, each plugin in a pool of its own.

    A plugin that hangs fills its own pool and hurts no other. ``guard`` is asked before
    each call and raises when the caller holds an open write transaction.
    """

    def __init__(self, guard: Callable[[], None] = lambda: None) -> None:
        self._guard = guard
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()
        self.counts: dict[str, CallCounts] = {}
        self.observer: Callable[[str, str, float], None] | None = None
        """Told of each call: the plugin, its outcome and the seconds it took."""

    def call(self, owner: str, act: Callable[[], Answer], limit_s: float) -> Answer:
        """Run ``act`` for the plugin ``owner`` and wait at most ``limit_s`` seconds.

        :raises PortTimeout: when the limit passed; what the call did is unknown.
        :raises PortError: for whatever else went wrong, with ``plugin`` filled in.
        """
        self._guard()
        started = time.monotonic()
        outcome = "ok"
        try:
            return self._pool(owner).submit(copy_context().run, act).result(limit_s)
        except FutureTimeout as error:
            outcome = "timeout"
            raise PortTimeout(f"no answer within {limit_s:g} s", plugin=owner) from error
        except PortError as error:
            outcome = "failed"
            error.plugin = error.plugin or owner
            raise
        except OmniCoreError:
            outcome = "refused"
            raise
        except Exception as error:
            outcome = "bug"
            log.exception("plugin %s raised what its port does not allow", owner)
            raise PortError("the plugin failed; the log says how", plugin=owner) from error
        finally:
            self._count(owner, outcome, time.monotonic() - started)

    def _pool(self, owner: str) -> ThreadPoolExecutor:
        with self._lock:
            if owner not in self._pools:
                self._pools[owner] = ThreadPoolExecutor(THREADS_PER_PLUGIN, f"plugin-{owner}")
            return self._pools[owner]

    def _count(self, owner: str, outcome: str, seconds: float) -> None:
        with self._lock:
            counts = self.counts.setdefault(owner, CallCounts())
            counts.outcomes[outcome] += 1
            counts.seconds += seconds
        if self.observer is not None:
            self.observer(owner, outcome, seconds)

    def close(self) -> None:
        """Let go of the threads; calls under way are not waited for."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Port(Generic[Implementation]):
    """Something that a plugin offers, with its owner: the core's handle on it."""

    owner: str
    implementation: Implementation
    caller: PortCaller

    def call(
        self, act: Callable[[Implementation], Answer], limit_s: float = DEFAULT_LIMIT_S
    ) -> Answer:
        """``port.call(lambda backend: backend.account(uuid))``; errors as in ``PortCaller``."""
        return self.caller.call(self.owner, lambda: act(self.implementation), limit_s)
