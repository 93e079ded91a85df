"""JSON-RPC over HTTP/1.1 on loopback: 200 whatever happens, the ``error`` member decides."""

from __future__ import annotations

import logging
import select
import socket
import socketserver
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from omnicore_ocs_embedded.control import Control
from omnicore_ocs_embedded.defaults import HOST
from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.errors import RpcError, Unreadable
from omnicore_ocs_embedded.faults import Fault, Faults
from omnicore_ocs_embedded.rpc import Call, Table, answer, perform, read_call

log = logging.getLogger(__name__)

PATH = "/jsonrpc"
_LARGEST_BODY = 16 * 1024 * 1024
_IDLE_S = 300.0


class Server(ThreadingHTTPServer):
    """One thread a connection; connections stay open between calls.

    ``faults`` and ``control`` are None outside of tests.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        engine: Engine,
        table: Table,
        faults: Faults | None,
    ) -> None:
        self.engine = engine
        self.table = table
        self.faults = faults
        self.control = Control(engine.clock, faults) if faults else None
        self.stopping = threading.Event()
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.exception("a request failed")


class Handler(BaseHTTPRequestHandler):
    """Any HTTP method is a call; the body is what counts."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE_S

    def _handle(self) -> None:
        body = self._body()
        if body is None:
            return
        path = self.path.partition("?")[0]
        if path == PATH:
            self._rpc(body)
        elif self.server.control and path.startswith("/control/"):
            self._reply(*self.server.control.handle(self.command, path, body))
        else:
            self._reply(404, b"404 page not found\n", "text/plain")

    # The names are those that http.server looks for.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._reply(413, b"request body too large\n", "text/plain")
            return None
        return self.rfile.read(int(length))

    def _rpc(self, body: bytes) -> None:
        try:
            call = read_call(body)
        except Unreadable:
            if self.server.engine.master:
                self._reply(200, b"")
            else:
                self._hang()
            return
        faults = self.server.faults
        fault = faults.check(call.method, call.params) if faults else None
        if fault is None or fault.kind == "hang_after":
            result = self._perform(call)
            if fault is None:
                self._reply(200, result)
                return
        self._misbehave(fault, call)

    def _perform(self, call: Call) -> bytes:
        try:
            result = perform(self.server.engine, self.server.table, call)
        except RpcError as error:
            return answer(call.id, None, str(error))
        return answer(call.id, result, None)

    def _misbehave(self, fault: Fault, call: Call) -> None:
        if fault.kind in ("hang", "hang_after"):
            self._hang()
        elif fault.kind == "empty":
            self._reply(200, b"")
        elif fault.kind == "refuse":
            self._cut()
        elif fault.kind == "status":
            self._reply(fault.status, b"a fault on purpose\n", "text/plain")
        else:
            self._reply(200, answer(call.id, None, fault.error))

    def _reply(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _hang(self) -> None:
        """Say nothing until the client gives up or the server stops."""
        self.close_connection = True
        while not self.server.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.2)
            if readable:
                return

    def _cut(self) -> None:
        """Reset the connection."""
        self.close_connection = True
        linger_none = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are not logged: their bodies hold what belongs to customers."""
