"""Arguments as Go's ``encoding/json`` reads them into a struct.

Field names match without case, unknown fields are ignored, null leaves a field empty, and a
wrong JSON type is refused with Go's words. Keys of maps keep their case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from omnicore_ocs_embedded.errors import RpcError


@dataclass(frozen=True)
class Scalar:
    """A string, number or boolean."""

    go_type: str
    zero: Any


@dataclass(frozen=True)
class Anything:
    """Any JSON value, kept as it is."""

    go_type: str = "interface {}"
    zero: Any = None


@dataclass(frozen=True)
class ListOf:
    """A list; absent and null are None."""

    item: Kind
    zero: Any = None

    @property
    def go_type(self) -> str:
        """For example ``[]string``."""
        return f"[]{self.item.go_type}"


@dataclass(frozen=True)
class MapOf:
    """An object whose keys are data; absent and null are None."""

    item: Kind
    zero: Any = None

    @property
    def go_type(self) -> str:
        """For example ``map[string]bool``."""
        return f"map[string]{self.item.go_type}"


@dataclass(frozen=True)
class Struct:
    """An object with known fields."""

    name: str
    fields: Mapping[str, Kind]
    zero: Any = None

    @property
    def go_type(self) -> str:
        """The struct's own name."""
        return self.name

    @cached_property
    def by_folded_name(self) -> Mapping[str, str]:
        """Field names by their lower-case form."""
        return {name.lower(): name for name in self.fields}

    def empty(self) -> dict[str, Any]:
        """Every field with its zero value."""
        return {name: kind.zero for name, kind in self.fields.items()}


Kind = Scalar | Anything | ListOf | MapOf | Struct

STRING = Scalar("string", "")
FLOAT = Scalar("float64", 0.0)
INT = Scalar("int", 0)
BOOL = Scalar("bool", False)
ANY = Anything()
STRINGS = ListOf(STRING)


def decode(kind: Kind, value: Any, *, struct: str = "", path: str = "") -> Any:
    """``value`` as the engine would hold it.

    :raises RpcError: ``json: cannot unmarshal ...`` for a wrong JSON type.
    """
    if isinstance(kind, Anything):
        return value
    if value is None:
        return kind.empty() if isinstance(kind, Struct) else kind.zero
    if isinstance(kind, Struct) and isinstance(value, dict):
        return _decode_struct(kind, value, path)
    if isinstance(kind, ListOf) and isinstance(value, list):
        return [decode(kind.item, item, struct=struct, path=path) for item in value]
    if isinstance(kind, MapOf) and isinstance(value, dict):
        return {k: decode(kind.item, v, struct=struct, path=path) for k, v in value.items()}
    if isinstance(kind, Scalar) and _fits(kind, value):
        return value
    raise RpcError(_cannot(value, kind, struct, path))


def _decode_struct(kind: Struct, value: Mapping[str, Any], path: str) -> dict[str, Any]:
    result = kind.empty()
    for key, item in value.items():
        name = kind.by_folded_name.get(key.lower())
        if name is None:
            continue
        inner = f"{path}.{name}" if path else name
        result[name] = decode(kind.fields[name], item, struct=kind.name, path=inner)
    return result


def _fits(kind: Scalar, value: Any) -> bool:
    if kind is STRING:
        return isinstance(value, str)
    if kind is BOOL:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (kind is FLOAT and isinstance(value, float))


def _cannot(value: Any, kind: Kind, struct: str, path: str) -> str:
    target = f"Go struct field {struct}.{path}" if path else "Go value"
    return f"json: cannot unmarshal {_json_type(value)} into {target} of type {kind.go_type}"


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float):
        return f"number {value}"
    names: dict[type, str] = {str: "string", int: "number", list: "array", dict: "object"}
    return names[type(value)]
