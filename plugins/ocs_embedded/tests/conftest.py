"""Real servers on free ports, a plain client for them, and a receiver of callbacks."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from omnicore.sdk.testing.processes import CompanionProcess

TENANT = "mnc380.mcc313.3gppnetwork.org"


class Client:
    """Calls one server, as a CRM or a play would."""

    def __init__(self, process: CompanionProcess) -> None:
        self.process = process
        self._connection = http.client.HTTPConnection(process.host, process.port, timeout=20)

    def raw(
        self, body: bytes, verb: str = "POST", path: str = "/jsonrpc"
    ) -> tuple[int, str, bytes]:
        """Status, content type and body of one HTTP exchange on the kept connection."""
        self._connection.request(verb, path, body)
        response = self._connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), response.read()

    def ask(self, method: str, *params: Any) -> dict[str, Any]:
        """The whole answer."""
        status, _, body = self.raw(json.dumps({"method": method, "params": params}).encode())
        assert status == 200
        answer: dict[str, Any] = json.loads(body)
        return answer

    def ok(self, method: str, **params: Any) -> Any:
        """The result of a call that must succeed."""
        answer = self.ask(method, params)
        assert answer["error"] is None, answer
        return answer["result"]

    def error(self, method: str, **params: Any) -> str:
        """The error string of a call that must fail."""
        answer = self.ask(method, params)
        assert answer["result"] is None, answer
        assert isinstance(answer["error"], str)
        return answer["error"]

    def control(self, verb: str, what: str, body: Any = None) -> Any:
        """A call of the control endpoint."""
        data = b"" if body is None else json.dumps(body).encode()
        status, _, answer = self.raw(data, verb, f"/control/{what}")
        assert status == 200, answer
        return json.loads(answer)

    def balances(self, account: str, kind: str = "*data") -> list[dict[str, Any]]:
        """The buckets of one kind of an account of ``TENANT``."""
        result = self.ok("ApierV2.GetAccount", Tenant=TENANT, Account=account)
        several: list[dict[str, Any]] = (result["BalanceMap"] or {}).get(kind, [])
        return several

    def actions(self, *actions: dict[str, Any]) -> str:
        """Store an action set and give its id."""
        actions_id = f"Action_{uuid.uuid4().hex}"
        self.ok("ApierV1.SetActions", ActionsId=actions_id, Actions=list(actions))
        return actions_id

    def plan(self, actions_id: str, **item: Any) -> str:
        """Store a plan of one item, without reload, and give its id."""
        plan_id = f"Plan_{uuid.uuid4().hex}"
        items = [{"ActionsId": actions_id, **item}]
        self.ok("ApierV1.SetActionPlan", Id=plan_id, ActionPlan=items)
        return plan_id

    def close(self) -> None:
        self._connection.close()


class Receiver:
    """A CRM that is called back: it records bodies and answers as it is told."""

    def __init__(self) -> None:
        self.bodies: queue.Queue[bytes] = queue.Queue()
        self.statuses: list[int] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.bodies.put(body)
                receiver.may_answer.wait(10)
                self.send_response_only(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A caller that gave up is part of the tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook?token=t"

    def next_body(self, timeout: float = 10) -> Any:
        """The next callback's JSON; None for an empty body."""
        body = self.bodies.get(timeout=timeout)
        return json.loads(body) if body else None

    def close(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


StartServer = Callable[..., Client]


@pytest.fixture
def connect() -> Iterator[Callable[[CompanionProcess], Client]]:
    """A client for a running server."""
    with ExitStack() as stack:

        def connect(process: CompanionProcess) -> Client:
            client = Client(process)
            stack.callback(client.close)
            return client

        yield connect


@pytest.fixture
def start(tmp_path: Path, connect: Callable[[CompanionProcess], Client]) -> Iterator[StartServer]:
    """Start a server of one's own: ``start("--mode", "v0.10")``."""
    with ExitStack() as stack:

        def start(*options: str) -> Client:
            state = str(tmp_path / "state.sqlite")
            module = ["-m", "omnicore_ocs_embedded", "--port", "0", "--state", state]
            return connect(stack.enter_context(CompanionProcess([*module, *options])))

        yield start


def _shared(mode: str, factory: pytest.TempPathFactory) -> Iterator[CompanionProcess]:
    state = factory.mktemp("ocs") / "state.sqlite"
    module = ["-m", "omnicore_ocs_embedded", "--port", "0", "--state", str(state)]
    with CompanionProcess([*module, "--mode", mode]) as process:
        yield process


@pytest.fixture(scope="session")
def master_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompanionProcess]:
    yield from _shared("master", tmp_path_factory)


@pytest.fixture(scope="session")
def v010_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompanionProcess]:
    yield from _shared("v0.10", tmp_path_factory)


@pytest.fixture
def master(master_process: CompanionProcess) -> Iterator[Client]:
    """A shared server in mode ``master``: use accounts and ids of your own."""
    client = Client(master_process)
    yield client
    client.close()


@pytest.fixture
def v010(v010_process: CompanionProcess) -> Iterator[Client]:
    """The same in mode ``v0.10``."""
    client = Client(v010_process)
    yield client
    client.close()


@pytest.fixture(params=["master", "v010"])
def ocs(request: pytest.FixtureRequest) -> Client:
    """A shared server, the test running once in each mode."""
    client: Client = request.getfixturevalue(request.param)
    return client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def account() -> dict[str, str]:
    """Tenant and name of an account that nobody else uses; it does not exist yet."""
    return {"Tenant": TENANT, "Account": uuid.uuid4().hex}
