"""TLS contexts, made once for all requests with the same demands."""

from __future__ import annotations

import os
import ssl
from typing import Any

from ansible.module_utils import urls


def install() -> None:
    """Put the cache in front of what makes contexts."""
    urls.make_context = _Contexts(urls.make_context)


class _Contexts:
    """TLS contexts by their arguments; loading the certificates takes 24 ms each time.

    A context with a client certificate or data of its own is made anew. New certificates on
    the machine count from the next context on, as the files' times are part of the key.
    """

    def __init__(self, make: Any) -> None:
        self._make = make
        self._made: dict[Any, ssl.SSLContext] = {}

    def __call__(
        self,
        cafile: str | None = None,
        cadata: Any = None,
        capath: str | None = None,
        ciphers: Any = None,
        validate_certs: bool = True,
        client_cert: Any = None,
        client_key: Any = None,
    ) -> ssl.SSLContext:
        arguments = (cafile, cadata, capath, ciphers, validate_certs, client_cert, client_key)
        if cadata or client_cert:
            return self._make(*arguments)  # type: ignore[no-any-return]
        key = (cafile, capath, tuple(ciphers or ()), validate_certs, *_stores(cafile))
        if key not in self._made:
            self._made[key] = self._make(*arguments)
        return self._made[key]


def _stores(cafile: str | None) -> tuple[Any, ...]:
    """The certificate stores and when they changed."""
    paths = ssl.get_default_verify_paths()
    stores = (cafile, paths.cafile, paths.capath, "/etc/ssl/certs")
    return tuple((path, _changed(path)) for path in stores if path)


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
