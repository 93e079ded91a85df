"""A deployment with the CGRateS plugin in front of the embedded charging server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from omnicore.db.outbox import OutboxRow
from omnicore.jobs.delivery import deliver_one
from omnicore.runtime import Runtime
from omnicore.sdk.testing.processes import CompanionProcess
from tests.conftest import NOON

TENANT = "mnc380.mcc313.3gppnetwork.org"


class ChargingServer:
    """The running server, its control endpoint, and calls past the application."""

    def __init__(self, process: CompanionProcess) -> None:
        self.process = process

    def request(self, verb: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self.process.host, self.process.port, timeout=10)
        try:
            connection.request(verb, path, None if body is None else json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def ask(self, method: str, **params: Any) -> Any:
        return self.request("POST", "/jsonrpc", {"method": method, "params": [params]})

    def rpc(self, method: str, **params: Any) -> Any:
        answer = self.ask(method, **params)
        assert answer["error"] is None, answer
        return answer["result"]

    def fail(self, kind: str, method: str = "*") -> None:
        self.request("POST", "/control/faults", [{"kind": kind, "method": method}])

    def work(self) -> None:
        self.request("POST", "/control/faults", [])

    def calls(self, method: str) -> list[dict[str, Any]]:
        calls = self.request("GET", "/control/calls")
        return [call for call in calls if call["method"] == method]

    def account(self, name: str) -> Any:
        return self.ask("ApierV2.GetAccount", Tenant=TENANT, Account=name)["result"]

    def make_account(self, name: str) -> None:
        self.rpc("ApierV2.SetAccount", Tenant=TENANT, Account=name)

    def balance(self, name: str, kind: str, **bucket: Any) -> None:
        self.rpc(
            "ApierV1.AddBalance",
            Tenant=TENANT,
            Account=name,
            BalanceType=kind,
            Value=bucket.pop("Value"),
            Balance=bucket,
        )

    def plan(self, plan_id: str, name: str, when: datetime) -> None:
        self.rpc(
            "ApierV1.SetActions",
            ActionsId=f"Action_{plan_id}",
            Overwrite=True,
            Actions=[{"Identifier": "*log", "Weight": 10}],
        )
        timing = {
            "ActionsId": f"Action_{plan_id}",
            "Months": str(when.month),
            "MonthDays": str(when.day),
            "Time": when.strftime("%H:%M:%S"),
        }
        self.rpc("ApierV1.SetActionPlan", Id=plan_id, ActionPlan=[timing], Overwrite=True)
        self.rpc(
            "ApierV2.SetAccount",
            Tenant=TENANT,
            Account=name,
            ActionPlanIDs=[plan_id],
            ReloadScheduler=True,
        )


@pytest.fixture(scope="session")
def ocs_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompanionProcess]:
    state = tmp_path_factory.mktemp("ocs") / "state.sqlite"
    arguments = ["-m", "omnicore_ocs_embedded", "--port", "0", "--state", str(state), "--faults"]
    with CompanionProcess(arguments) as process:
        yield process


@pytest.fixture
def ocs(ocs_process: CompanionProcess) -> Iterator[ChargingServer]:
    server = ChargingServer(ocs_process)
    server.request("POST", "/control/clock", {"set": NOON.isoformat()})
    server.request("DELETE", "/control/calls")
    yield server
    server.work()


@pytest.fixture
def extra_settings(ocs: ChargingServer, tmp_path: Path) -> str:
    return (
        "plugins: {enabled: [ocs_cgrates]}\n"
        f"ocs: {{ocsTenant: {TENANT}, cgrates: '{ocs.process.address}', "
        "timeout_s: 0.5, retries: 0}\n"
    )


@pytest.fixture
def uuid() -> str:
    """An account of this test alone: the server is shared."""
    return f"acc-{uuid4().hex[:12]}"


def deliver(runtime: Runtime) -> list[str]:
    """Hand over all events that are due, and name the subscribers of this room that wait."""
    while deliver_one(runtime):
        pass
    with runtime.db.read() as uow:
        waiting = select(OutboxRow.subscriber).where(
            OutboxRow.delivered_at.is_(None), OutboxRow.subscriber.startswith("core:charging.")
        )
        return list(uow.session.scalars(waiting))
