"""How the plugin half and the program half talk: JSON frames over a Unix socket.

A frame is four bytes of length (big endian) and a JSON object in UTF-8.

Plugin half to a job: ``{"job": {...}}`` once, then ``{"token": str}`` and ``{"cancel": true}``.
A job to the plugin half: ``{"event": {...}}`` many times, then ``{"result": {...}}`` once.
"""

from __future__ import annotations

import json
import select
import socket
import struct
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 18


def plain(value: Any) -> Any:
    """A JSON value for what the json module does not know."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if hasattr(value, "_ciphertext"):
        return {"__ansible_vault": str(value._ciphertext)}
    return str(value)


def encode(frame: Mapping[str, Any]) -> bytes:
    """The bytes of one frame. Lone surrogates become ``?``, so that any reader can store it."""
    body = json.dumps(frame, default=plain, ensure_ascii=False).encode("utf-8", "replace")
    return _LENGTH.pack(len(body)) + body


class Channel:
    """One end of a socket that carries frames."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()

    def fileno(self) -> int:
        """For ``select`` and ``poll``."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def send(self, frame: Mapping[str, Any]) -> None:
        """Send one frame; waits while the other end is slow.

        :raises OSError: when the other end is gone.
        """
        self._socket.sendall(encode(frame))

    def receive(self, timeout_s: float | None) -> list[dict[str, Any]]:
        """The frames that are here within ``timeout_s`` (None waits without limit).

        :raises EOFError: when the other end is gone and no whole frame is left.
        """
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return []
        try:
            data = self._socket.recv(_CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            raise EOFError("the other end is gone")
        self._buffer += data
        return list(self._frames())

    def _frames(self) -> Any:
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield json.loads(body)
