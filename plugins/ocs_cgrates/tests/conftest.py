"""The embedded charging server as the sandbox of the client's tests."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from omnicore_ocs_cgrates.backend import CgratesBackend
from omnicore_ocs_cgrates.settings import CgratesSettings, CgratesSettingsSchema

from omnicore.sdk.ports.charging import BalanceKind
from omnicore.sdk.testing.charging import Behaviour
from omnicore.sdk.testing.processes import CompanionProcess

TENANT = "mnc380.mcc313.3gppnetwork.org"
OTHER_TENANT = "somebody.else"
FAULTS = {
    Behaviour.HANG: "hang",
    Behaviour.WORK_AND_HANG: "hang_after",
    Behaviour.SAY_NOTHING: "empty",
    Behaviour.MUMBLE: "status",
    Behaviour.CUT: "refuse",
    Behaviour.REFUSE: "error",
}
# The engine's own units: bytes, nanoseconds, messages, currency units.
NATIVE = {
    BalanceKind.DATA: ("*data", 1),
    BalanceKind.VOICE: ("*voice", 10**9),
    BalanceKind.SMS: ("*sms", 1),
    BalanceKind.MONETARY: ("*monetary", 1),
}
WRITES = ("ApierV1.AddBalance", "ApierV2.SetAccount", "ApierV2.RemoveAccount")


def is_write(method: str) -> bool:
    return not method.partition(".")[2].startswith(("Get", "Ping", "Status"))


class Sandbox:
    """A running server, its control endpoint and a plain client of its own."""

    other_tenant = OTHER_TENANT

    def __init__(self, process: CompanionProcess) -> None:
        self.process = process
        self.will(Behaviour.WORK)
        self.request("DELETE", "/control/calls")

    def request(self, verb: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self.process.host, self.process.port, timeout=10)
        try:
            connection.request(verb, path, None if body is None else json.dumps(body))
            answer = connection.getresponse().read()
        finally:
            connection.close()
        return json.loads(answer)

    def rpc(self, method: str, **params: Any) -> Any:
        """A call past the client and past its record."""
        answer = self.request("POST", "/jsonrpc", {"method": method, "params": [params]})
        assert answer["error"] is None, answer
        return answer["result"]

    def faults(self, *several: dict[str, Any]) -> None:
        self.request("POST", "/control/faults", list(several))

    def calls(self) -> list[dict[str, Any]]:
        return self.request("GET", "/control/calls")

    def will(self, behaviour: Behaviour, *, writes_only: bool = False) -> None:
        if behaviour is Behaviour.WORK:
            self.faults()
            return
        methods = WRITES if writes_only else ("*",)
        fault = {"kind": FAULTS[behaviour], "status": 200, "error": "SERVER_ERROR: not today"}
        self.faults(*({**fault, "method": method} for method in methods))

    def writes(self) -> int:
        return sum(is_write(call["method"]) for call in self.calls())

    def foreign_account(self, account_id: str) -> None:
        self.rpc("ApierV2.SetAccount", Tenant=OTHER_TENANT, Account=account_id)

    def bucket(self, account_id: str, kind: BalanceKind, value: Decimal) -> None:
        native_kind, factor = NATIVE[kind]
        balance = {"ID": f"NATIVE_{kind}", "Value": float(value * factor)}
        add = {"Tenant": TENANT, "Account": account_id, "BalanceType": native_kind}
        self.rpc("ApierV1.AddBalance", **add, Balance=balance)

    def plan(self, plan_id: str, account_id: str, next_run: datetime) -> None:
        moment = next_run.astimezone(UTC)
        actions_id = f"Action_{plan_id}"
        self.rpc(
            "ApierV1.SetActions",
            ActionsId=actions_id,
            Overwrite=True,
            Actions=[{"Identifier": "*log", "Weight": 10}],
        )
        item = {
            "ActionsId": actions_id,
            "Months": str(moment.month),
            "MonthDays": str(moment.day),
            "Time": moment.strftime("%H:%M:%S"),
        }
        self.rpc("ApierV1.SetActionPlan", Id=plan_id, ActionPlan=[item], Overwrite=True)
        self.rpc(
            "ApierV2.SetAccount",
            Tenant=TENANT,
            Account=account_id,
            ActionPlanIDs=[plan_id],
            ReloadScheduler=True,
        )

    def native_read(self, account_id: str, tenant: str | None = None) -> tuple[str, Any]:
        params = {"Account": account_id, **({"Tenant": tenant} if tenant else {})}
        return "ApierV2.GetAccount", params

    def native_write(self, account_id: str) -> tuple[str, Any]:
        return "ApierV2.SetAccount", {"Account": account_id}


@pytest.fixture(scope="session", params=["master", "v0.10"])
def ocs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CompanionProcess]:
    state = tmp_path_factory.mktemp("ocs") / "state.sqlite"
    arguments = ["-m", "omnicore_ocs_embedded", "--port", "0", "--state", str(state)]
    with CompanionProcess([*arguments, "--mode", request.param, "--faults"]) as process:
        yield process


@pytest.fixture
def sandbox(ocs: CompanionProcess) -> Iterator[Sandbox]:
    sandbox = Sandbox(ocs)
    yield sandbox
    sandbox.will(Behaviour.WORK)


@pytest.fixture
def load_settings(ocs: CompanionProcess) -> Callable[..., CgratesSettings]:
    """Settings for the running server, as the file would give them."""

    def load(**settings: Any) -> CgratesSettings:
        section = {"ocsTenant": TENANT, "cgrates": ocs.address, "timeout_s": 1.0, "retries": 1}
        loaded: CgratesSettings = CgratesSettingsSchema().load({**section, **settings})
        return loaded

    return load


@pytest.fixture
def make_backend(
    load_settings: Callable[..., CgratesSettings],
) -> Callable[..., CgratesBackend]:
    """A backend for the running server; settings may be overridden."""

    def make(**settings: Any) -> CgratesBackend:
        return CgratesBackend(load_settings(**settings), lambda: datetime.now(UTC))

    return make


@pytest.fixture
def backend(make_backend: Callable[..., CgratesBackend]) -> CgratesBackend:
    return make_backend()
