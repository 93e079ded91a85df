"""Paths that the guide prints without their ``/crm`` prefix answer the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

PREFIXES = ("/auth/", "/2fa/", "/oam/", "/utilities/", "/invoice/pdf/")


class Aliases:
    """WSGI middleware: ``/auth/users`` is ``/crm/auth/users``; nothing is redirected."""

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(PREFIXES):
            environ["PATH_INFO"] = f"/crm{path}"
        return self._inner(environ, start_response)
