"""JSON of this API: orjson, moments as ISO 8601 with Z, amounts as numbers."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value() and abs(value) < 10**15
        return int(value) if whole and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def dumps(value: Any) -> bytes:
    """``value`` as JSON; microseconds stay, zones become ``Z``."""
    return orjson.dumps(value, _other, OPTIONS)


class OrjsonProvider(JSONProvider):
    """Flask's and flask-smorest's JSON, by orjson."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        return Response(dumps(self._prepare_response_obj(args, kwargs)), mimetype=JSON)


JSON = "application/json"


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer that skips the schema: for lists that were read as plain rows."""
    return Response(dumps(value), status, mimetype=JSON)
