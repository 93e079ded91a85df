"""A request's id, its line in the access log, and its place in the metrics."""

from __future__ import annotations

import logging
import os
import re
import time

from flask import Flask, Response, g, request

from omnicore.logs import ACCESS, AUDIT, request_id
from omnicore.web.auth import client_address
from omnicore.web.metrics import Metrics

HEADER = "X-Request-ID"
REFUSED = frozenset({401, 403, 423, 429})
UNMATCHED = "(none)"

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def install(app: Flask, metrics: Metrics) -> None:
    """Trace every request of ``app``; register this before all other request functions."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _SANE.fullmatch(given) else os.urandom(16).hex()
        g.started = time.perf_counter()
        request_id.set(g.request_id)
        metrics.begin()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        seconds = time.perf_counter() - g.started
        rule = request.url_rule
        template = UNMATCHED if rule is None else rule.rule
        metrics.end(template, request.method, response.status_code, seconds)
        _write(template, response.status_code, seconds)
        return response


def _write(template: str, status: int, seconds: float) -> None:
    """The line names the route, never the query string: tokens travel there."""
    if not ACCESS.isEnabledFor(logging.INFO):
        return
    who = g.get("actor")
    facts = {
        "method": request.method,
        "route": template,
        "path": request.path,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "actor": "" if who is None else who.label,
        "kind": "" if who is None else who.kind.value,
        "ip": client_address(),
    }
    if who is not None and who.impersonator_id is not None:
        facts["impersonator"] = who.impersonator_id
    ACCESS.info("request", extra={"facts": facts})
    if status in REFUSED:
        AUDIT.warning("refused", extra={"facts": facts})
