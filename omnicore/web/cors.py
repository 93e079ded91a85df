"""Pages of other origins: none may call the API, but those in ``web.cors_origins``."""

from __future__ import annotations

from flask import Flask, Response, request

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
HEADERS = "Authorization, X-API-KEY, Content-Type, Idempotency-Key, X-Request-ID, Last-Event-ID"
EXPOSED = "Link, Retry-After, X-Request-ID, Idempotency-Replayed, Content-Disposition"
PREFLIGHT_AGE_S = "600"


def install(app: Flask, origins: tuple[str, ...]) -> None:
    """Grant ``origins`` (scheme, host and port, no path); with none, nothing is installed."""
    allowed = frozenset(origin.rstrip("/") for origin in origins)
    if not allowed:
        return

    @app.before_request
    def preflight() -> Response | None:
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not asks:
            return None
        answer = Response(status=204)
        if request.headers.get("Origin") in allowed:
            answer.headers["Access-Control-Allow-Methods"] = METHODS
            answer.headers["Access-Control-Allow-Headers"] = HEADERS
            answer.headers["Access-Control-Max-Age"] = PREFLIGHT_AGE_S
        return answer

    @app.after_request
    def grant(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
        return response
