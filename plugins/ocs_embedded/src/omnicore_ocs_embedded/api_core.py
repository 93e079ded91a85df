"""Methods about the server itself, and the table of all methods."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from omnicore_ocs_embedded import api_accounts, api_plans, api_profiles, api_sessions
from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.rpc import Table
from omnicore_ocs_embedded.structs import ANY
from omnicore_ocs_embedded.times import format_time

_PINGABLE = (
    "AttributeSv1",
    "CacheSv1",
    "CoreSv1",
    "ResourceSv1",
    "SchedulerSv1",
    "SessionSv1",
    "ThresholdSv1",
)


def status(engine: Engine, _argument: Any) -> dict[str, Any]:
    return {
        "node_id": "embedded",
        "version": f"OmniCore embedded charging {_version()} ({engine.mode})",
        "running_since": format_time(engine.started_at),
    }


def ping(_engine: Engine, _argument: Any) -> str:
    return "Pong"


def accept(_engine: Engine, _argument: Any) -> str:
    """Caches have nothing to do here: every read goes to the state."""
    return "OK"


def build_table(*, master: bool) -> Table:
    """Every method that a server of this mode answers."""
    table = Table(master=master)
    for module in (api_accounts, api_plans, api_profiles, api_sessions):
        module.register(table)
    table.service("CoreSv1.Status", ANY)(status)
    table.service("CacheSv1.ReloadCache", ANY)(accept)
    table.service("CacheSv1.Clear", ANY)(accept)
    table.apier("Ping", ANY)(ping)
    for service in _PINGABLE:
        table.service(f"{service}.Ping", ANY)(ping)
    return table


def _version() -> str:
    try:
        return version("omnicore-ocs-embedded")
    except PackageNotFoundError:
        return "unpackaged"
