"""The charging server: the real embedded one, as a process of its own, with its test controls."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

TENANT = "mnc380.mcc313.3gppnetwork.org"


class Ocs:
    """``python -m omnicore_ocs_embedded`` on a free port. Close it when done."""

    def __init__(self, state: Path) -> None:
        command = [sys.executable, "-m", "omnicore_ocs_embedded", "--port", "0", "--faults"]
        command += ["--state", str(state), "--tenant", TENANT, "--mode", "v0.10"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.address = line.split()[-1]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()

    def call(self, method: str, **params: Any) -> Any:
        """The result; raises AssertionError with the error string."""
        body = {"method": method, "params": [{"Tenant": TENANT, **params}], "id": 1}
        answer = self._post("/jsonrpc", body)
        assert answer["error"] is None, answer["error"]
        return answer["result"]

    def call_plain(self, method: str, argument: Any) -> Any:
        """The result of a method whose parameter is no object."""
        answer = self._post("/jsonrpc", {"method": method, "params": [argument], "id": 1})
        assert answer["error"] is None, answer["error"]
        return answer["result"]

    def error(self, method: str, **params: Any) -> str | None:
        """The error string, or None."""
        body = {"method": method, "params": [{"Tenant": TENANT, **params}], "id": 1}
        error: str | None = self._post("/jsonrpc", body)["error"]
        return error

    def balances(self, account: str) -> dict[str, list[dict[str, Any]]]:
        """The account's balances by type."""
        found = self.call("ApierV2.GetAccount", Account=account)["BalanceMap"]
        return dict(found or {})

    def accounts(self) -> list[str]:
        """The names of all accounts."""
        found = self.call("ApierV2.GetAccounts", AccountIDs=[])
        return [row["ID"].partition(":")[2] for row in found]

    def plans(self) -> list[str]:
        """The ids of all action plans, attached or not."""
        body = {"method": "ApierV1.GetActionPlan", "params": [{"ID": ""}], "id": 1}
        return [row["Id"] for row in self._post("/jsonrpc", body)["result"] or []]

    def break_method(self, method: str, kind: str = "error", **more: Any) -> None:
        """Make calls of one method go wrong from now on."""
        self._post("/control/faults", [{"kind": kind, "method": method, **more}])

    def mend(self) -> None:
        """End all faults."""
        self._post("/control/faults", [])

    def _post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            f"http://{self.address}{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")
