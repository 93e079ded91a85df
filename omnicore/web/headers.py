"""Headers that keep browsers from doing more with an answer than was meant."""

from __future__ import annotations

from flask import Flask, Response, request

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", API_POLICY),
    ("Cache-Control", "no-store"),
)


def install(app: Flask) -> None:
    """Add security headers; a view that sets one of them itself wins."""

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        present = {name.lower() for name in headers.keys()}  # noqa: SIM118 - it is no dict
        for name, value in (*ALWAYS, HSTS) if request.is_secure else ALWAYS:
            if name.lower() not in present:
                headers.add(name, value)
        return response
