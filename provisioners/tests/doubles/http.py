"""The server under each double: records calls, misbehaves on request, answers JSON."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Fault:
    """Answer ``status`` to ``method`` on a path that matches, ``times`` times (None: always).

    ``after_doing`` does the work first: the caller cannot know what happened.
    """

    method: str
    path: str
    status: int = 500
    times: int | None = None
    after_doing: bool = False

    def strikes(self, call: Call) -> bool:
        """Whether this call goes wrong; counts it."""
        if self.times == 0 or self.method != call.method or not re.search(self.path, call.path):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Double:
    """Base of the doubles: a subclass answers in :meth:`answer`."""

    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                status, body = double.serve(self.command, self.path, dict(self.headers), raw)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def serve(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Answer:
        """Record the call, then the fault that strikes or the answer."""
        with self.lock:
            call = Call(method, unquote(path), headers, json.loads(raw) if raw else None)
            self.calls.append(call)
            fault = next((f for f in self.faults if f.strikes(call)), None)
            if fault is None:
                return self.answer(call)
            if fault.after_doing:
                self.answer(call)
            return fault.status, {"message": "a fault on purpose"}

    def answer(self, call: Call) -> Answer:
        """Status and JSON body."""
        raise NotImplementedError

    def seen(self, method: str, path: str) -> list[Call]:
        """The calls of a method on paths that match."""
        return [c for c in self.calls if c.method == method and re.search(path, c.path)]
