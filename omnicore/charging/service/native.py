"""Native calls to the charging system, for staff who know it (guide 21)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from omnicore.charging.errors import OtherTenant
from omnicore.db.audit import record
from omnicore.db.scope import Actor, Scope
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Invalid, PortRefused
from omnicore.services import service as services

MASK = "***"
_SECRET = re.compile(r"passw|secret|token|api_?key|authorization|credential|^ki$|^opc?$", re.I)


def call(runtime: Runtime, actor: Actor, scope: Scope, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Make one native call and answer ``{result, error, id}``.

    ``asked``: ``method``, ``params`` (a list of at most one object), ``customer_id``,
    ``service_id`` and perhaps ``tenant``. What may change something is recorded before it
    is done, with its parameters, so that no change is without an entry.

    :raises OtherTenant: when another tenant than the deployment's is named.
    :raises NotFound, Invalid: when the service is not there, or not that customer's.
    :raises NoPlugin, PortError: when the charging system cannot be asked.
    """
    port = runtime.plugins.charging()
    method, params = asked["method"], dict(next(iter(asked["params"]), {}))
    tenant = port.implementation.tenant
    _check_tenant([asked.get("tenant"), *_tenants(params)], tenant)
    with runtime.db.read(actor, scope) as uow:
        service = services.find(uow, asked["service_id"])
        if service.customer_id != asked["customer_id"]:
            raise Invalid.field("service_id", "it belongs to another customer")
    if port.implementation.changes_state(method):
        _record(runtime, actor, asked, tenant, params)
    try:
        result = port.call(lambda backend: backend.call(method, params))
    except PortRefused as error:
        return {"result": None, "error": str(error.facts.get("ocs_error", error)), "id": None}
    return {"result": result, "error": None, "id": None}


def _record(
    runtime: Runtime,
    actor: Actor,
    asked: Mapping[str, Any],
    tenant: str,
    params: Mapping[str, Any],
) -> None:
    with runtime.db.write(actor) as uow:
        record(
            uow,
            "ocs_call",
            "called",
            f"Called {asked['method']} for tenant {tenant}, service {asked['service_id']}",
            customer_id=asked["customer_id"],
            service_id=asked["service_id"],
            details={"method": asked["method"], "tenant": tenant, "params": [masked(params)]},
        )


def masked(value: Any) -> Any:
    """JSON values with those of secret names hidden, at any depth."""
    if isinstance(value, Mapping):
        return {
            key: MASK if _SECRET.search(str(key)) else masked(inner) for key, inner in value.items()
        }
    return [masked(inner) for inner in value] if isinstance(value, list) else value


def _tenants(value: Any) -> list[Any]:
    """All tenants that parameters name; the engine reads field names in any case."""
    if isinstance(value, Mapping):
        here = [inner for key, inner in value.items() if str(key).lower() == "tenant"]
        return here + [found for inner in value.values() for found in _tenants(inner)]
    return (
        [found for inner in value for found in _tenants(inner)] if isinstance(value, list) else []
    )


def _check_tenant(named: list[Any], tenant: str) -> None:
    for other in named:
        if other not in (None, "", tenant):
            raise OtherTenant(f"this deployment works for the tenant {tenant} only")
