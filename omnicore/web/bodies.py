"""Bodies that cannot be read: too large, of the wrong type, or not JSON."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException

from omnicore.sdk.errors import Malformed, OmniCoreError
from omnicore.web.errors import TooLarge, WrongMediaType


def install(app: Flask) -> None:
    """Refuse a body that says it is something else, where a route reads JSON."""
    readers: dict[str, bool] = {}

    @app.before_request
    def check_type() -> None:
        if not request.content_length or request.is_json or request.endpoint is None:
            return
        endpoint = request.endpoint
        if endpoint not in readers:
            readers[endpoint] = _reads_json(app.view_functions[endpoint])
        if readers[endpoint]:
            found = request.mimetype or "no Content-Type"
            raise WrongMediaType(f"send application/json; this says {found}")


def _reads_json(view: Any) -> bool:
    """Whether flask-smorest parses a JSON body for this view."""
    documented = getattr(view, "_apidoc", {}).get("arguments", {})
    locations = {item.get("in") for item in documented.get("parameters", ())}
    return "json" in locations and not locations & {"form", "files"}


def unreadable(error: HTTPException) -> OmniCoreError | None:
    """Our own word for what the parser or the server said of a body, if it was that."""
    if error.code == 413:
        limit = (request.max_content_length or 0) / 1024 / 1024
        return TooLarge(f"at most {limit:g} MB are accepted (web.max_body_mb)")
    cause = getattr(error, "exc", None)
    if isinstance(cause, json.JSONDecodeError):
        return Malformed(f"line {cause.lineno}, column {cause.colno}: {cause.msg}")
    if isinstance(cause, UnicodeDecodeError):
        return Malformed(f"byte {cause.start + 1}: the body is not UTF-8")
    return None
