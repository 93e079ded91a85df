"""What a schema refused, as operators read it: the key, what is wrong, what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from omnicore.sdk.settings import Secret

_SHOWN = (str, int, float, bool)


def complaints(
    error: ValidationError, schema: Schema, given: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Each complaint as its dotted key and its words.

    What was found is named only where the schema knows the key and it is no secret: a value
    under a misspelt key may be one.
    """
    messages = error.normalized_messages()  # type: ignore[no-untyped-call]
    for path, said in _flatten(messages, ()):
        found = _found(path, schema, given)
        yield ".".join(path), f"{said.rstrip('.')} (found {found})" if found else said


def _flatten(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _flatten(value, path if key == "_schema" else (*path, str(key)))
    elif isinstance(messages, list):
        for item in messages:
            yield from _flatten(item, path)
    else:
        yield path, str(messages)


def _found(path: tuple[str, ...], schema: Schema, given: Mapping[str, Any]) -> str:
    field: Any = schema
    value: Any = given
    for part in path:
        field = _inner(field, part)
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return ""
    if not isinstance(field, fields.Field) or isinstance(field, (Secret, fields.Raw)):
        return ""
    return f"{value!r:.80}" if isinstance(value, _SHOWN) else _kind(value)


def _inner(field: Any, part: str) -> Any:
    if isinstance(field, fields.Nested):
        field = field.schema
    if isinstance(field, Schema):
        return field.fields.get(part)
    return field.inner if isinstance(field, fields.List) else None


def _kind(value: Any) -> str:
    named = {dict: "a map", list: "a list", type(None): "nothing"}
    return named.get(type(value), f"a {type(value).__name__}")
