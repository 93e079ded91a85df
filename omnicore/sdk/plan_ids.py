"""Ids of renewal plans: they carry the service, product and customer (guide 16)."""

from __future__ import annotations

import re

_FIELD = re.compile(r"(ServiceID|ProductID|CustomerID)_")
_OLDER = re.compile(r"ActionPlan_(?P<Name>[^_]+)_(?P<ServiceID>.+)_(?P<ProductID>\d+)")
_NUMBER = re.compile(r"(\d+)(?:_+(.*))?")


def write_plan_id(service_uuid: str, product_id: int, customer_id: int, name: str) -> str:
    """``ServiceID_{uuid}__ProductID_{id}__CustomerID_{id}__{Name}``.

    Spaces in ``name`` become underscores, as ids are used in command lines and URLs.
    """
    word = "_".join(name.split())
    return f"ServiceID_{service_uuid}__ProductID_{product_id}__CustomerID_{customer_id}__{word}"


def parse_plan_id(plan_id: str) -> dict[str, str | int]:
    """What a plan id says; never fails, whoever wrote the id.

    :return: any of ``ServiceID`` (text), ``ProductID``, ``CustomerID`` (numbers) and ``Name``;
        empty for an id of another style.
    """
    older = _OLDER.fullmatch(plan_id)
    if older:
        return {key: _value(key, text) for key, text in older.groupdict().items()}
    parts = _FIELD.split(plan_id)
    found: dict[str, str | int] = {}
    for key, text in zip(parts[1::2], parts[2::2], strict=True):
        value, name = _split(key, text)
        if value:
            found[key] = _value(key, value)
        if name:
            found["Name"] = name
    return found


def _split(key: str, text: str) -> tuple[str, str]:
    """A field's value, and the name that follows the last field."""
    value, _, name = text.partition("__")
    number = _NUMBER.fullmatch(value) if key != "ServiceID" else None
    if number:
        return number[1], number[2] or name.strip("_")
    return value.rstrip("_"), name.strip("_")


def _value(key: str, text: str) -> str | int:
    return int(text) if key in ("ProductID", "CustomerID") and text.isdecimal() else text
