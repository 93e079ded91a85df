"""What a native call may say: our tenant and no other, and an id where the engine needs one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from omnicore.sdk.errors import PortRefused

_PROFILE_CALL = re.compile(r"\.(Set|Get|Remove)\w*(Profile|Filter)$")
_READS = re.compile(r"Get|Ping$|Status$")


def changes_state(method: str) -> bool:
    """False for ``X.Get...``, ``X.Ping`` and ``X.Status``; true for everything else."""
    service, dot, name = method.partition(".")
    return not (service and dot and _READS.match(name))


def with_tenant(params: Mapping[str, Any], tenant: str, plugin: str) -> dict[str, Any]:
    """``params`` with our tenant.

    :raises PortRefused: when another one is named, at any depth; the engine matches field
        names without case, and so does this.
    """
    _refuse_others(params, tenant, plugin)
    kept = {key: value for key, value in params.items() if key.lower() != "tenant"}
    return {"Tenant": tenant, **kept}


def require_id(method: str, params: Mapping[str, Any], plugin: str) -> None:
    """Refuse a profile or filter call without an id.

    :raises PortRefused: such a call may end the engine's process.
    """
    if _PROFILE_CALL.search(method):
        ids = [value for key, value in params.items() if key.lower() == "id"]
        if not any(isinstance(value, str) and value for value in ids):
            raise PortRefused(f"{method}: name an ID", plugin=plugin)


def _refuse_others(value: Any, tenant: str, plugin: str) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if str(key).lower() == "tenant" and inner not in (None, "", tenant):
                raise PortRefused("the call names another tenant", plugin=plugin)
            _refuse_others(inner, tenant, plugin)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _refuse_others(inner, tenant, plugin)
