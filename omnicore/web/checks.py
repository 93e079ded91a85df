"""The plugins' looks at outside systems: in parallel, under a time limit, kept for seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from omnicore.host.host import Owned, PluginHost
from omnicore.sdk.contributions import Health, HealthCheck
from omnicore.sdk.errors import OmniCoreError

KEPT_S = 5.0
LIMIT_S = 3.0
PARALLEL = 8


@dataclass(frozen=True)
class Looked:
    """What one check said, and for how long it took."""

    plugin: str
    name: str
    ok: bool
    detail: str
    ms: float


class HealthBoard:
    """The last results. Callers that look at the same time share one round of checks."""

    def __init__(self, plugins: PluginHost, clock: Callable[[], float] = time.monotonic) -> None:
        self._plugins = plugins
        self._clock = clock
        self._round = threading.Lock()
        self._results: tuple[Looked, ...] = ()
        self._looked_at = float("-inf")

    def fresh(self) -> tuple[Looked, ...]:
        """Results that are at most five seconds old; looks again when they are older."""
        with self._round:
            if self._clock() - self._looked_at > KEPT_S:
                self._results = self._look()
                self._looked_at = self._clock()
            return self._results

    def last(self) -> tuple[Looked, ...]:
        """What is known, without waiting; a round that is due is started beside the request."""
        if self._clock() - self._looked_at > KEPT_S and not self._round.locked():
            threading.Thread(target=self.fresh, name="health", daemon=True).start()
        return self._results

    def _look(self) -> tuple[Looked, ...]:
        checks = self._plugins.health_checks()
        if not checks:
            return ()
        with ThreadPoolExecutor(PARALLEL, "health") as pool:
            return tuple(pool.map(self._one, checks))

    def _one(self, owned: Owned[HealthCheck]) -> Looked:
        started = time.monotonic()
        try:
            said = self._plugins.caller.call(owned.owner, owned.offer.check, LIMIT_S)
        except OmniCoreError as error:
            said = Health(ok=False, detail=error.detail or error.title)
        ms = round((time.monotonic() - started) * 1000, 1)
        return Looked(owned.owner, owned.offer.name, said.ok, said.detail, ms)
