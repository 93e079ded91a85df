"""Methods for attribute, threshold and resource profiles and for filters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from omnicore_ocs_embedded.balances import Document
from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.errors import NOT_FOUND, RpcError, missing, server_error
from omnicore_ocs_embedded.rpc import V1_SERVICES, V2_SERVICES, Handler, Table
from omnicore_ocs_embedded.structs import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    STRING,
    STRINGS,
    Kind,
    ListOf,
    Struct,
)
from omnicore_ocs_embedded.times import ZERO_TIME

ID: Mapping[str, Kind] = {"Tenant": STRING, "ID": STRING}
_BOTH = ("Tenant", "ID")
_PROFILE: Mapping[str, Kind] = {**ID, "FilterIDs": STRINGS, "ActivationInterval": ANY}
_RULES = ListOf(Struct("RSRParser", {"Rules": STRING}))
_ATTRIBUTE: Mapping[str, Kind] = {"FilterIDs": STRINGS, "Path": STRING, "Type": STRING}
_ATTRIBUTES_V1 = ListOf(Struct("Attribute", {**_ATTRIBUTE, "Value": _RULES}))
_ATTRIBUTES_V2 = ListOf(Struct("ExternalAttribute", {**_ATTRIBUTE, "Value": STRING}))
_RANK: Mapping[str, Kind] = {"Blocker": BOOL, "Weight": FLOAT}
_FILTER = Struct(
    "Filter",
    {
        **ID,
        "Rules": ListOf(
            Struct("FilterRule", {"Type": STRING, "Element": STRING, "Values": STRINGS})
        ),
        "ActivationInterval": ANY,
    },
)
_THRESHOLD = Struct(
    "ThresholdProfile",
    {
        **_PROFILE,
        "MaxHits": INT,
        "MinHits": INT,
        "MinSleep": ANY,
        "Blocker": BOOL,
        "Weight": FLOAT,
        "ActionIDs": STRINGS,
        "Async": BOOL,
    },
)
_RESOURCE = Struct(
    "ResourceProfile",
    {
        **_PROFILE,
        "UsageTTL": ANY,
        "Limit": FLOAT,
        "AllocationMessage": STRING,
        "Blocker": BOOL,
        "Stored": BOOL,
        "Weight": FLOAT,
        "ThresholdIDs": STRINGS,
    },
)
_INDEXES = {
    "attribute": "*attribute_filter_indexes",
    "threshold": "*threshold_filter_indexes",
    "resource": "*resource_filter_indexes",
}


def _attributes(items: Any) -> Kind:
    return Struct(
        "AttributeProfile", {**_PROFILE, "Contexts": STRINGS, "Attributes": items, **_RANK}
    )


def key_of(argument: Document) -> str:
    """``tenant:id`` of a profile or filter."""
    return f"{argument['Tenant']}:{argument['ID']}"


def _put_profile(engine: Engine, kind: str, argument: Document) -> str:
    for name in argument["FilterIDs"] or []:
        inline = name.startswith("*")
        if not inline and engine.store.get("filter", f"{argument['Tenant']}:{name}") is None:
            raise server_error(
                f"broken reference to filter: <{name}> for item with ID: {key_of(argument)}"
            )
    engine.store.put(kind, key_of(argument), argument)
    return "OK"


def set_attribute_profile(engine: Engine, argument: Document) -> str:
    for item in argument["Attributes"]:
        if not item["Path"]:
            raise missing(["Path"])
        if not item["Value"] or any(not value["Rules"] for value in item["Value"]):
            raise missing(["Value"])
        if not engine.master:
            item["Value"] = [{**value, "AllFiltersMatch": True} for value in item["Value"]]
    return _put_profile(engine, "attribute", argument)


def set_attribute_profile_v2(engine: Engine, argument: Document) -> str:
    for item in argument["Attributes"]:
        item["Value"] = [{"Rules": item["Value"]}] if item["Value"] else None
    return set_attribute_profile(engine, argument)


def set_threshold_profile(engine: Engine, argument: Document) -> str:
    with engine.store.transaction():
        _put_profile(engine, "threshold", argument)
        if engine.store.get("hits", key_of(argument)) is None:
            engine.store.put("hits", key_of(argument), _no_hits(argument))
    return "OK"


def reset_threshold(engine: Engine, argument: Document) -> str:
    if engine.store.get("hits", key_of(argument)) is None:
        raise RpcError(NOT_FOUND)
    engine.store.put("hits", key_of(argument), _no_hits(argument))
    return "OK"


def _no_hits(argument: Document) -> Document:
    return {"Tenant": argument["Tenant"], "ID": argument["ID"], "Hits": 0, "Snooze": ZERO_TIME}


def remove_threshold_profile(engine: Engine, argument: Document) -> str:
    with engine.store.transaction():
        engine.store.delete("hits", key_of(argument))
        return _remove(engine, "threshold", argument)


def set_filter(engine: Engine, argument: Document) -> str:
    engine.store.put("filter", key_of(argument), argument)
    return "OK"


def remove_filter(engine: Engine, argument: Document) -> str:
    key, tenant = key_of(argument), argument["Tenant"]
    users: dict[str, dict[str, Any]] = {}
    for kind, index in _INDEXES.items():
        for _, profile in engine.store.items(kind, f"{tenant}:"):
            if argument["ID"] in (profile["FilterIDs"] or []):
                users.setdefault(index, {})[profile["ID"]] = {}
    if users:
        listed = json.dumps(users, separators=(",", ":"))
        raise server_error(
            f"cannot remove filter <{key}> because will broken the reference to following "
            f"items: {listed}"
        )
    return _remove(engine, "filter", argument)


def _getting(kind: str) -> Handler:
    def get(engine: Engine, argument: Document) -> Any:
        document = engine.store.get(kind, key_of(argument))
        if document is None:
            raise RpcError(NOT_FOUND)
        return document

    return get


def _removing(kind: str) -> Handler:
    return lambda engine, argument: _remove(engine, kind, argument)


def _remove(engine: Engine, kind: str, argument: Document) -> str:
    if not engine.store.delete(kind, key_of(argument)):
        raise RpcError(NOT_FOUND)
    return "OK"


def _listing(kind: str) -> Handler:
    def list_ids(engine: Engine, argument: Document) -> list[str]:
        found = [
            profile["ID"]
            for _, profile in engine.store.items(kind, f"{argument['Tenant']}:")
            if argument["Search"] in profile["ID"]
        ]
        if not found:
            raise RpcError(NOT_FOUND)
        last = argument["Offset"] + argument["Limit"] if argument["Limit"] else None
        return found[argument["Offset"] : last]

    return list_ids


def _putting(kind: str) -> Handler:
    def put(engine: Engine, argument: Document) -> str:
        return _put_profile(engine, kind, argument)

    return put


def register(table: Table) -> None:
    """Put the methods of this module into ``table``."""
    by_id = Struct("TenantID", ID)
    paging = Struct(
        "PaginatorWithTenant", {"Tenant": STRING, "Limit": INT, "Offset": INT, "Search": STRING}
    )
    required = (*_BOTH, "Attributes")
    v1, v2 = _attributes(_ATTRIBUTES_V1), _attributes(_ATTRIBUTES_V2)
    table.apier("SetAttributeProfile", v1, required, V1_SERVICES)(set_attribute_profile)
    table.apier("SetAttributeProfile", v2, required, V2_SERVICES)(set_attribute_profile_v2)
    table.apier("SetThresholdProfile", _THRESHOLD, _BOTH)(set_threshold_profile)
    table.apier("SetResourceProfile", _RESOURCE, _BOTH)(_putting("resource"))
    table.apier("SetFilter", _FILTER, (*_BOTH, "Rules"))(set_filter)
    names = {
        "attribute": "AttributeProfile",
        "threshold": "ThresholdProfile",
        "resource": "ResourceProfile",
        "filter": "Filter",
    }
    for kind, name in names.items():
        table.apier(f"Get{name}", by_id, _BOTH)(_getting(kind))
        table.apier(f"Remove{name}", by_id, _BOTH)(_removing(kind))
        table.apier(f"Get{name}IDs", paging, ("Tenant",))(_listing(kind))
    table.apier("RemoveThresholdProfile", by_id, _BOTH)(remove_threshold_profile)
    table.apier("RemoveFilter", by_id, _BOTH)(remove_filter)
    table.service("ThresholdSv1.GetThreshold", by_id, _BOTH)(_getting("hits"))
    table.service("ThresholdSv1.ResetThreshold", by_id, _BOTH)(reset_threshold)
