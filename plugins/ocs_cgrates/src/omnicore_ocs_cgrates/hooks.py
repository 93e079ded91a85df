"""What this plugin offers to the core: the charging backend and a look at the engine."""

from __future__ import annotations

from collections.abc import Iterable

from omnicore.sdk import hookimpl
from omnicore.sdk.context import PluginContext
from omnicore.sdk.contributions import Health, HealthCheck
from omnicore.sdk.errors import PortError
from omnicore.sdk.ports.charging import ChargingBackend
from omnicore_ocs_cgrates.backend import CgratesBackend


@hookimpl
def omnicore_charging_backends(context: PluginContext) -> Iterable[ChargingBackend]:
    return [CgratesBackend(context.settings, context.now)]


@hookimpl
def omnicore_health_checks(context: PluginContext) -> Iterable[HealthCheck]:
    backend = CgratesBackend(context.settings, context.now)
    address = context.settings.address

    def look() -> Health:
        try:
            backend.ping()
        except PortError as error:
            return Health(ok=False, detail=f"{error}; is ocs.cgrates right and the engine up?")
        return Health(ok=True, detail=f"answers at {address}")

    return [HealthCheck("ocs_cgrates", look)]
