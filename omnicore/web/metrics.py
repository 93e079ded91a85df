"""Prometheus metrics: what this server does, and what the database says of the deployment.

The library is imported with the first request. When ``PROMETHEUS_MULTIPROC_DIR`` names a
folder before that, several server processes count into it and each of them answers for all
(:func:`share_between_processes`). What jobs, provisioning and events came to is read from
the database at the scrape, so that it holds for every machine.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnicore.runtime import Runtime

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def share_between_processes(folder: Path) -> None:
    """Let the processes that are started after this count into ``folder``; it is emptied."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    os.environ[FOLDER_VARIABLE] = str(folder)


class _Instruments:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        self.latency: Histogram = Histogram(
            "omnicore_http_request_seconds",
            "Time to answer a request",
            ("route", "method", "status"),
            buckets=LATENCY_S,
            registry=self.registry,
        )
        self.in_progress: Gauge = Gauge(
            "omnicore_http_requests_in_progress",
            "Requests that are being answered",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self.streams: Gauge = Gauge(
            "omnicore_http_streams",
            "Clients that progress is pushed to",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self.calls: Counter = Counter(
            "omnicore_plugin_calls",
            "Calls into plugins",
            ("plugin", "outcome"),
            registry=self.registry,
        )
        self.call_seconds: Counter = Counter(
            "omnicore_plugin_call_seconds",
            "Time spent in calls into plugins",
            ("plugin",),
            registry=self.registry,
        )


class Metrics:
    """The metrics of one application."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._kept: _Instruments | None = None
        self._observers: dict[tuple[str, str, int], Callable[[float], None]] = {}
        runtime.plugins.caller.observer = self._port_call

    @property
    def _instruments(self) -> _Instruments:
        if self._kept is None:
            with self._lock:
                self._kept = self._kept or _Instruments()
        return self._kept

    def begin(self) -> None:
        """A request came in."""
        self._instruments.in_progress.inc()

    def end(self, route: str, method: str, status: int, seconds: float) -> None:
        """It was answered; ``route`` is a template, so that series stay few."""
        self._instruments.in_progress.dec()
        key = (route, method, status // 100)
        observe = self._observers.get(key)
        if observe is None:
            named = method if method in METHODS else "other"
            series = self._instruments.latency.labels(route, named, f"{status // 100}xx")
            observe = self._observers[key] = series.observe
        observe(seconds)

    def stream(self, change: int) -> None:
        """A stream was opened (1) or closed (-1)."""
        self._instruments.streams.inc(change)

    def _port_call(self, plugin: str, outcome: str, seconds: float) -> None:
        self._instruments.calls.labels(plugin, outcome).inc()
        self._instruments.call_seconds.labels(plugin).inc(seconds)

    def expose(self) -> tuple[bytes, str]:
        """Everything in Prometheus's text format, and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

        from omnicore.web.metrics_collector import DeploymentCollector

        body = generate_latest(self._own_registry())
        registry = CollectorRegistry()
        registry.register(DeploymentCollector(self._runtime))
        return body + generate_latest(registry), CONTENT_TYPE_LATEST

    def _own_registry(self) -> Any:
        folder = os.environ.get(FOLDER_VARIABLE)
        if folder is None:
            return self._instruments.registry
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        _forget_dead(Path(folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        return registry


def _forget_dead(folder: Path) -> None:
    """Drop the live gauges of processes that ended without saying so."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            file.unlink(missing_ok=True)
