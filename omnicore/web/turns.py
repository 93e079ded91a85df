"""Requests of one process take turns on SQLite, where they would only fight for the interpreter.

SQLite lets go of the interpreter a dozen times a request, for microseconds. With several threads
each of these is a change of thread, which costs more than the work. Whoever has waited for
``PATIENCE_S`` goes on beside the others, so that one slow request holds nobody up for longer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

PATIENCE_S = 0.01


class Turns:
    """WSGI middleware: one request at a time up to its answer, which may stream on after that."""

    def __init__(
        self, inner: Callable[..., Iterable[bytes]], patience_s: float = PATIENCE_S
    ) -> None:
        self._inner = inner
        self._patience_s = patience_s
        self._turn = threading.Lock()

    @property
    def taken(self) -> bool:
        """Whether a request has its turn just now."""
        return self._turn.locked()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        mine = self._turn.acquire(timeout=self._patience_s)
        try:
            return self._inner(environ, start_response)
        finally:
            if mine:
                self._turn.release()
