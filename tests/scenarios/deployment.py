"""A whole deployment for a test: server, worker, charging, plays, and the demo's fixtures."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from omnicore import config, rooms
from omnicore.cli.database import upgrade_all
from omnicore.cli.demo import copy_starter_files
from omnicore.customers.models import Contact
from omnicore.demo import fixtures
from omnicore.runtime import build
from omnicore.sdk.testing.processes import CompanionProcess

PASSWORD = "Str0ng-enough!"
TENANT = "mnc380.mcc313.3gppnetwork.org"
CONFIG = """\
jwt_secret: {secret}
database: {{url: '{database}'}}
crm: {{base_url: 'http://127.0.0.1:{port}'}}
auth: {{bcrypt_rounds: 4}}
web: {{login_rate: '1000 per minute'}}
plugins: {{enabled: [ocs_cgrates, provisioner_ansible]}}
ocs: {{cgrates: '127.0.0.1:{ocs}', ocsTenant: {tenant}, timeout_s: 2}}
provisioning: {{failure_list: [noc@example.com], timeout_minutes: 2}}
"""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], within_s: float = 60.0, what: str = "") -> Any:
    """The first true answer of ``condition``; fails the test when there is none in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s:g} s: {what or condition}")


class Deployment:
    """One running deployment in a folder."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.ocs = CompanionProcess(
            [
                "-m",
                "omnicore_ocs_embedded",
                "--port",
                "0",
                "--state",
                str(folder / "ocs.sqlite"),
                "--tenant",
                TENANT,
                "--faults",
            ]
        )
        self.ocs.start()
        self.path = folder / "crm_config.yaml"
        self.path.write_text(
            CONFIG.format(
                secret="0123456789abcdef" * 4,
                database=database_url,
                port=self.port,
                ocs=self.ocs.port,
                tenant=TENANT,
            )
        )
        self._fill()
        command = [sys.executable, "-m", "omnicore.cli.main", "-c", str(self.path), "serve"]
        command += ["--port", str(self.port), "--processes", "1", "--log-format", "text"]
        with (folder / "server.log").open("w") as log:
            self._server = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        until(self._serves, 60, "the server answers")

    def _fill(self) -> None:
        rooms.load_models()
        rooms.load_reactions()
        runtime = build(config.load(self.path))
        try:
            copy_starter_files(runtime, self.folder)
            upgrade_all(runtime)
            with runtime.db.write() as uow:
                fixtures.fill(uow)
                rows = uow.session.execute(select(Contact.contact_email, Contact.contact_id))
                fixtures.people(uow, PASSWORD, {row[0]: row[1] for row in rows})
        finally:
            runtime.close()

    def _serves(self) -> bool:
        assert self._server.poll() is None, (self.folder / "server.log").read_text()
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/crm"

    def login(self, email: str) -> httpx.Client:
        body = {"email": email, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/auth/login", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        return httpx.Client(base_url=self.url, headers=bearer, timeout=30)

    def ended(self, api: httpx.Client, provision_id: int, within_s: float = 90) -> dict[str, Any]:
        """The job, once it has ended."""

        def look() -> dict[str, Any] | None:
            job: dict[str, Any] = api.get(f"/provision/provision_id/{provision_id}").json()
            return job if job["provisioning_status"] != 1 else None

        found: dict[str, Any] = until(look, within_s, f"job {provision_id} ends")
        return found

    def reached(self, api: httpx.Client, provision_id: int, task: str) -> None:
        """Return when the job works on a task whose name contains ``task``."""

        def look() -> bool:
            job = api.get(f"/provision/provision_id/{provision_id}").json()
            events = job["provisioning_result_json"]
            return any(task in e["event_name"] and e["provisioning_status"] == 1 for e in events)

        until(look, 60, f"job {provision_id} reaches {task}")

    def call_ocs(self, method: str, **params: Any) -> Any:
        """One call of the charging server: its whole answer."""
        body = {"method": method, "params": [{"Tenant": TENANT, **params}]}
        answer = httpx.post(f"{self.ocs.url}/jsonrpc", json=body, timeout=10)
        return answer.json()

    def accounts(self) -> set[str]:
        """Names of all accounts of the charging server."""
        found = self.call_ocs("ApierV2.GetAccounts")["result"] or []
        return {row["ID"].partition(":")[2] for row in found}

    def faults(self, *faults: dict[str, Any]) -> None:
        """What goes wrong in the charging server from now on; nothing when empty."""
        data = json.dumps(list(faults)).encode()
        url = f"{self.ocs.url}/control/faults"
        urllib.request.urlopen(urllib.request.Request(url, data, method="POST"), timeout=5).close()

    def worker_pids(self) -> list[int]:
        """Process ids of the workers of this deployment."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if str(self.path).encode() in words and b"worker" in words:
                    found.append(int(entry.name))
        return found

    def close(self) -> None:
        os.kill(self._server.pid, signal.SIGTERM)
        self._server.wait(60)
        self.ocs.stop()
