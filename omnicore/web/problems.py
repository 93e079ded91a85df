"""Errors as problem documents (RFC 9457), in the one place that formats them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from flask import Flask, Response, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from omnicore.sdk.errors import FieldError, Invalid, OmniCoreError, PortError
from omnicore.web.bodies import unreadable
from omnicore.web.json import dumps
from omnicore.web.openapi import LazyDocumentApi

PROBLEM_JSON = "application/problem+json"


class FieldErrorSchema(ma.Schema):
    """One wrong field."""

    field = ma.fields.String()
    detail = ma.fields.String()


class ProblemSchema(ma.Schema):
    """A problem document; further members depend on the type."""

    type = ma.fields.String(metadata={"description": "Page of this kind of problem"})
    title = ma.fields.String()
    status = ma.fields.Integer()
    detail = ma.fields.String()
    message = ma.fields.String(metadata={"description": "What to show to a person"})
    code = ma.fields.String()
    request_id = ma.fields.String()
    errors = ma.fields.List(ma.fields.Nested(FieldErrorSchema))


class SchemaNames:
    """What the OpenAPI document calls a schema.

    The one for changes is another than for creation; of two rooms' schemas with the same name
    the second one gets its room before it. Cut-down ones stay without a name, in their place.
    """

    def __init__(self) -> None:
        self._taken: dict[str, type[ma.Schema]] = {}

    def __call__(self, schema: Any) -> str:
        found = resolve_schema_instance(schema)
        if found.only is not None or found.exclude:
            return ""
        kind = type(found)
        name = kind.__name__
        if self._taken.setdefault(name, kind) is not kind:
            name = f"{kind.__module__.split('.')[1].capitalize()}{name}"
        return f"{name}Change" if found.partial else name


class ProblemApi(LazyDocumentApi):
    """flask-smorest with problem documents instead of its own error shape."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        super().__init__(app, MarshmallowPlugin(schema_name_resolver=SchemaNames()))

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_JSON  # for the error responses only
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def handle_http_exception(self, error: HTTPException) -> Response:
        if (known := unreadable(error)) is not None:
            return of_error(known)
        messages = (getattr(error, "data", None) or {}).get("messages")
        if messages:
            errors = [FieldError(field, said) for field, said in _flatten(messages)]
            return of_error(Invalid(errors=errors))
        response = problem("about:blank", error.name, error.code or 500, error.description or "")
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                response.headers.setdefault(name, value)  # keeps Allow, Retry-After, ...
        return response


def problem(type_: str, title: str, status: int, detail: str = "", **members: Any) -> Response:
    """A problem document as a response."""
    body = {
        "type": type_,
        "title": title,
        "status": status,
        "detail": detail,
        "message": detail or title,
        "request_id": g.get("request_id", ""),
        **members,
    }
    return Response(dumps(body), status, content_type=PROBLEM_JSON)


def of_error(error: OmniCoreError) -> Response:
    """The problem document of one of our own refusals."""
    members: dict[str, Any] = {"code": error.code, **error.facts}
    if isinstance(error, Invalid):
        members["errors"] = [{"field": item.field, "detail": item.detail} for item in error.errors]
    if isinstance(error, PortError):
        members["plugin"] = error.plugin
    type_ = f"/crm/docs/problems/{error.code}"
    return problem(type_, error.title, error.status, error.detail, **members)


def register(app: Flask) -> None:
    """Turn whatever escapes a view into a problem document."""

    @app.errorhandler(OmniCoreError)
    def known(error: OmniCoreError) -> Response:
        if error.status >= 500:
            app.logger.error("%s: %s", error.code, error, exc_info=error)
        return of_error(error)

    @app.errorhandler(OperationalError)
    def database(error: OperationalError) -> Response:
        app.logger.error("database: %s", error.orig, exc_info=error)
        return problem(
            "about:blank", "The database cannot be reached", 503, "Try again in a moment."
        )

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> Response:
        app.logger.exception("%s %s failed", request.method, request.path, exc_info=error)
        return problem("about:blank", "Internal Server Error", 500)


def _flatten(messages: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """webargs nests by location (json, query) and then by field."""
    if isinstance(messages, dict):
        for key, value in messages.items():
            part = "" if key in ("json", "query", "_schema", "form", "files") else str(key)
            yield from _flatten(value, ".".join(filter(None, (where, part))))
    elif isinstance(messages, list):
        for item in messages:
            yield from [(where, item)] if isinstance(item, str) else _flatten(item, where)
    else:
        yield where, str(messages)
