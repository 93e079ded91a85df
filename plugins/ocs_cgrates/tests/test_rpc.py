"""What goes over the wire: tries, connections, and answers that are none."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from omnicore_ocs_cgrates.rpc import JsonRpc, engine_error
from omnicore_ocs_cgrates.transport import HttpTransport

from omnicore.sdk.errors import PortError, PortRefused, PortTimeout
from omnicore.sdk.testing.charging import a_grant


class Peer:
    """An HTTP server that answers with scripted bodies and counts connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.hang_up = False
        self.hung_up = threading.Event()
        self.calls: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any] | bytes] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                peer.connections += 1
                super().setup()

            def do_POST(self) -> None:
                call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                peer.calls.append(call)
                answer = peer.answers.pop(0) if peer.answers else {}
                if isinstance(answer, dict):
                    whole = {"id": call["id"], "result": "OK", "error": None, **answer}
                    answer = json.dumps(whole).encode()
                self.send_response_only(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                self.close_connection = peer.hang_up

            def log_message(self, *args: Any) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def shutdown_request(self, request: Any) -> None:
                super().shutdown_request(request)
                peer.hung_up.set()

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def rpc(peer: Peer) -> JsonRpc:
    return JsonRpc(HttpTransport("127.0.0.1", peer.port, 5.0), "peer", retries=2)


def test_reads_share_one_connection(peer, rpc):
    for _ in range(5):
        rpc.call("X.Get", {}, repeatable=True)
    assert (peer.connections, len(peer.calls)) == (1, 5)


def test_a_call_that_must_not_be_repeated_opens_its_own_connection(peer, rpc):
    for _ in range(2):
        rpc.call("X.Add", {}, repeatable=False)
    assert peer.connections == 2


def test_params_are_a_list_of_one(peer, rpc):
    rpc.call("X.Get", {"Tenant": "t"}, repeatable=True)
    assert peer.calls[0]["params"] == [{"Tenant": "t"}]


NO_ANSWERS = [b"", b"\n", b"<html>", b"[]", {"id": 4711}, b'{"id": 1, "result": "OK"}']


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_a_read_without_usable_answer_is_tried_again(peer, rpc, answer):
    peer.answers = [answer, answer]
    assert rpc.call("X.Get", {}, repeatable=True) == "OK"
    assert len(peer.calls) == 3


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_a_write_without_usable_answer_is_unknown_after_one_try(peer, rpc, answer):
    peer.answers = [answer]
    with pytest.raises(PortTimeout, match=r"X\.Add at peer"):
        rpc.call("X.Add", {}, repeatable=False)
    assert len(peer.calls) == 1


def test_tries_end(peer, rpc):
    peer.answers = [b""] * 9
    with pytest.raises(PortError, match="an empty answer"):
        rpc.call("X.Get", {}, repeatable=True)
    assert len(peer.calls) == 3


def test_a_refusal_is_not_asked_again_and_keeps_the_engines_word(peer, rpc):
    peer.answers = [{"result": None, "error": "NOT_FOUND"}]
    with pytest.raises(PortRefused, match=r"X\.Get: NOT_FOUND") as refused:
        rpc.call("X.Get", {}, repeatable=True)
    assert engine_error(refused.value) == "NOT_FOUND"
    assert refused.value.plugin == "ocs_cgrates"
    assert len(peer.calls) == 1


def test_a_busy_engine_did_nothing_so_even_a_write_is_tried_again(peer, rpc):
    peer.answers = [{"result": None, "error": "MAX_CONCURRENT_RPC_EXCEEDED"}]
    assert rpc.call("X.Add", {}, repeatable=False) == "OK"
    assert len(peer.calls) == 2


def test_an_error_status_is_no_answer(sandbox, make_backend):
    sandbox.faults({"kind": "status", "status": 502})
    with pytest.raises(PortError, match="HTTP status 502"):
        make_backend().account("a")


def test_an_engine_that_is_down_is_a_port_error_and_not_a_time_out(make_backend):
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    backend = make_backend(cgrates=address)
    for call in (backend.ping, lambda: backend.call("ApierV1.AddBalance", {})):
        with pytest.raises(PortError, match="no connection") as failed:
            call()
        assert not isinstance(failed.value, PortTimeout)


def test_a_connection_that_the_engine_closed_meanwhile_is_not_used(peer):
    rpc = JsonRpc(HttpTransport("127.0.0.1", peer.port, 5.0), "peer", retries=0)
    peer.hang_up = True
    rpc.call("X.Get", {}, repeatable=True)
    assert peer.hung_up.wait(5)
    rpc.call("X.Get", {}, repeatable=True)
    assert (peer.connections, len(peer.calls)) == (2, 2)


def test_one_time_out_of_a_read_is_bridged(sandbox, make_backend):
    sandbox.faults({"kind": "hang", "times": 1})
    make_backend().ping()
    assert [call["method"] for call in sandbox.calls()] == ["CoreSv1.Ping"] * 2


def test_a_grant_that_could_not_even_look_is_no_unknown(sandbox, make_backend):
    sandbox.faults({"kind": "hang"})
    with pytest.raises(PortError, match="nothing was granted") as failed:
        make_backend().grant("a", a_grant())
    assert not isinstance(failed.value, PortTimeout)
    assert sandbox.writes() == 0


def test_loading_the_plugin_imports_no_heavy_library():
    code = "import sys, omnicore_ocs_cgrates.hooks; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20
    )
    assert not {"requests", "urllib3", "httpx", "flask"} & set(result.stdout.split())
