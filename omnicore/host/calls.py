"""How the core calls what a plugin offers: contained, counted, under a time limit."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
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


class _Busy(Exception):
    """All threads of the plugin are taken; it was not asked."""


class _Late(Exception):
    """The limit passed while the plugin worked."""


class _Threads:
    """The calls into one plugin, each on a thread of its own, so many at a time.

    The threads are daemons: a call that hangs for ever does not keep the process from ending.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._free = threading.BoundedSemaphore(THREADS_PER_PLUGIN)

    def run(self, act: Callable[[], Answer], limit_s: float) -> Answer:
        """The answer of ``act``; what it does after the limit is nobody's any more."""
        end = time.monotonic() + limit_s
        if not self._free.acquire(timeout=limit_s):
            raise _Busy
        future: Future[Answer] = Future()
        work = partial(self._work, future, partial(copy_context().run, act))
        threading.Thread(target=work, name=f"plugin-{self._owner}", daemon=True).start()
        try:
            return future.result(max(0.0, end - time.monotonic()))
        except TimeoutError as error:
            if future.done():  # the plugin's own time-out, or an answer at the last moment
                return future.result()
            raise _Late from error

    def _work(self, future: Future[Answer], act: Callable[[], Answer]) -> None:
        try:
            future.set_result(act())
        except BaseException as error:  # it belongs to the caller, who waits on another thread
            future.set_exception(error)
        finally:
            self._free.release()


class PortCaller:
    """Runs calls into plugins, each plugin on threads of its own.

    A plugin that hangs fills its own threads and hurts no other. ``guard`` is asked before
    each call and raises when the caller holds an open write transaction.
    """

    def __init__(self, guard: Callable[[], None] = lambda: None) -> None:
        self._guard = guard
        self._threads: dict[str, _Threads] = {}
        self._lock = threading.Lock()
        self.counts: dict[str, CallCounts] = {}
        self.observer: Callable[[str, str, float], None] | None = None
        """Told of each call: the plugin, its outcome and the seconds it took."""

    def call(self, owner: str, act: Callable[[], Answer], limit_s: float) -> Answer:
        """Run ``act`` for the plugin ``owner`` and wait at most ``limit_s`` seconds.

        :raises PortTimeout: when the limit passed; what the call did is unknown.
        :raises PortError: for whatever else went wrong, with ``plugin`` filled in; also when
            the plugin has hanging calls enough and was not asked at all.
        """
        self._guard()
        started = time.monotonic()
        outcome = "ok"
        try:
            return self._of(owner).run(act, limit_s)
        except _Busy as error:
            outcome = "busy"
            said = f"{THREADS_PER_PLUGIN} calls are under way and none ended within {limit_s:g} s"
            raise PortError(f"{said}; it was not asked", plugin=owner) from error
        except _Late as error:
            outcome = "timeout"
            raise PortTimeout(f"no answer within {limit_s:g} s", plugin=owner) from error
        except PortError as error:
            outcome = "failed"
            error.plugin = error.plugin or owner
            raise
        except OmniCoreError:
            outcome = "refused"
            raise
        except (Exception, SystemExit) as error:
            outcome = "bug"
            log.exception("plugin %s raised what its port does not allow", owner)
            raise PortError("the plugin failed; the log says how", plugin=owner) from error
        finally:
            self._count(owner, outcome, time.monotonic() - started)

    def _of(self, owner: str) -> _Threads:
        with self._lock:
            return self._threads.setdefault(owner, _Threads(owner))

    def _count(self, owner: str, outcome: str, seconds: float) -> None:
        with self._lock:
            counts = self.counts.setdefault(owner, CallCounts())
            counts.outcomes[outcome] += 1
            counts.seconds += seconds
        if self.observer is not None:
            self.observer(owner, outcome, seconds)


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
