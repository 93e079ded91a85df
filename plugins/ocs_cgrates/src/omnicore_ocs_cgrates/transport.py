"""HTTP to the engine: connections that are kept open, and honest words for what went wrong."""

from __future__ import annotations

import http.client
import select
import threading
import weakref
from collections import deque

_PATH = "/jsonrpc"
_HEADERS = {"Content-Type": "application/json"}
_IDLE_KEPT = 8
_LARGEST_ANSWER = 64 * 1024 * 1024


class NotSent(Exception):
    """Nothing reached the engine; trying again is always safe."""


class NoAnswer(Exception):
    """The call was sent and no usable answer came: what the engine did is unknown."""

    def __init__(self, detail: str, *, timed_out: bool = False) -> None:
        super().__init__(detail)
        self.timed_out = timed_out


class HttpTransport:
    """POSTs to one engine. May be used by several threads at once."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._lock = threading.Lock()
        # A backend lives as long as its process and has no other moment to clean up.
        weakref.finalize(self, _close_all, self._idle)

    def post(self, body: bytes, *, fresh: bool = False) -> bytes:
        """Send ``body`` and give the answer's body.

        :param fresh: use a new connection. A kept one may have been closed by the engine at
            this very moment, which looks like a call without an answer.
        :raises NotSent, NoAnswer: as they say.
        """
        connection = None if fresh else self._kept()
        connection = connection or self._connect()
        try:
            answer = self._exchange(connection, body)
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return answer

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes) -> bytes:
        try:
            connection.request("POST", _PATH, body, _HEADERS)
            response = connection.getresponse()
            answer = response.read(_LARGEST_ANSWER)
        except TimeoutError as error:
            detail = f"no answer within {self._timeout_s:g} s"
            raise NoAnswer(detail, timed_out=True) from error
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"the connection broke ({type(error).__name__})") from error
        if response.status != 200:
            raise NoAnswer(f"HTTP status {response.status}")
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise NotSent(f"no connection ({error.strerror or type(error).__name__})") from error
        return connection

    def _kept(self) -> http.client.HTTPConnection | None:
        """The connection used last that the engine has not closed meanwhile."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.sock and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if connection.sock is not None and len(self._idle) < _IDLE_KEPT:
                self._idle.append(connection)
                return
        connection.close()


def _close_all(connections: deque[http.client.HTTPConnection]) -> None:
    while connections:
        connections.pop().close()
