"""What is the same for every task and is made once: TLS contexts and compiled templates.

Both hold nothing of a job when the server forks: a job's own entries live in its process.
"""

from __future__ import annotations

import os
import ssl
from typing import Any

from ansible._internal._templating import _jinja_bits
from ansible.module_utils import urls


def install() -> None:
    """Put the caches in front of what they save."""
    urls.make_context = _Contexts(urls.make_context)
    _cache_templates()


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


def _cache_templates() -> None:
    """Compile a template that was compiled before with the same settings from memory."""
    environment = _jinja_bits.AnsibleEnvironment
    native = environment.compile
    compiled: dict[Any, Any] = {}

    def compile_once(
        self: Any,
        source: Any,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> Any:
        if not isinstance(source, str) or raw or self._debuggable_template_source:
            return native(self, source, name, filename, raw, defer_init)
        context = _jinja_bits._TemplateCompileContext.current(optional=True)
        key = (
            str(source),
            name,
            filename,
            defer_init,
            context and context.escape_backslashes,
            *(getattr(self, setting) for setting in _SETTINGS),
        )
        if key not in compiled:
            compiled[key] = native(self, source, name, filename, raw, defer_init)
        return compiled[key]

    environment.compile = compile_once


_SETTINGS = (
    "variable_start_string",
    "variable_end_string",
    "block_start_string",
    "block_end_string",
    "comment_start_string",
    "comment_end_string",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
    "undefined",
)
