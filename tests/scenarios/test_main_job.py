"""The main job, for real: an order becomes a working, charged, recorded service, or nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import Databases
from tests.scenarios.deployment import Deployment, until

P1, FREE_TOPUP = 1, 6
A = 1
GIB = 1024**3
MARKER = "planted-s3cret-4711"


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def operator(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("operator")
    with databases.own(request.param, folder) as url:
        deployment = Deployment(folder, url)
        yield deployment
        deployment.close()


@pytest.fixture
def sue(operator: Deployment) -> Iterator[httpx.Client]:
    with operator.login("sue@example.com") as client:
        yield client


@pytest.fixture
def admin(operator: Deployment) -> Iterator[httpx.Client]:
    with operator.login("admin@example.com") as client:
        yield client
    operator.faults()


def stock(admin: httpx.Client) -> tuple[int, int]:
    """A free SIM card and a free number."""
    found = []
    for kind in ("SIM Card", "Mobile Number"):
        rows = admin.get("/inventory/", params={"item": kind, "available": "true"}).json()
        rows = rows["data"] if isinstance(rows, dict) else rows
        found.append(rows[0]["inventory_id"])
    return found[0], found[1]


def order_p1(sue: httpx.Client, admin: httpx.Client) -> tuple[int, int, int]:
    """Order P1 for customer A: the job and the two items."""
    sim, number = stock(admin)
    body = {"product_id": P1, "customer_id": A, "SIM Card": sim, "Mobile Number": number}
    answer = sue.put("/provision/", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["provision_id"], sim, number


def data_left(operator: Deployment, account: str) -> int:
    found = operator.call_ocs("ApierV2.GetAccount", Account=account)["result"]
    return sum(bucket["Value"] for bucket in found["BalanceMap"]["*data"])


def item(admin: httpx.Client, inventory_id: int) -> dict[str, Any]:
    row: dict[str, Any] = admin.get(f"/inventory/inventory_id/{inventory_id}").json()
    return row


def assert_nothing_left(
    operator: Deployment, admin: httpx.Client, before: set[str], items: tuple[int, int]
) -> None:
    until(lambda: operator.accounts() <= before, 60, "no account is left")
    for key in items:
        row = item(admin, key)
        assert (row.get("customer_id"), row["service_id"]) == (None, None)
        assert row["item_state"] in ("New", "In Stock")


def test_an_order_becomes_a_service_that_can_be_topped_up_and_taken_down(
    operator: Deployment, sue: httpx.Client, admin: httpx.Client
) -> None:
    number, sim, msisdn = order_p1(sue, admin)
    told = []
    with sue.stream("GET", f"/provision/provision_id/{number}/events", timeout=90) as lines:
        told = [line for line in lines.iter_lines() if line.startswith("event:")]
    assert told[0] == "event: task"
    assert told[-1] == "event: end"
    job = operator.ended(admin, number)
    assert job["provisioning_status"] == 0, job
    service = sue.get(f"/service/service_id/{job['service_id']}").json()
    account = service["service_uuid"]
    assert service["service_status"] == "Active"
    assert service["cgrates"]["BalanceMap"]["DATA"][0]["value"] == 20 * GIB
    assert data_left(operator, account) == 20 * GIB
    assert [item(admin, key)["item_state"] for key in (sim, msisdn)] == ["Assigned"] * 2
    rows = admin.get(f"/transaction/customer_id/{A}").json()
    rows = rows["data"] if isinstance(rows, dict) else rows
    assert any(row["service_id"] == service["service_id"] for row in rows)

    body = {"product_id": FREE_TOPUP, "service_id": service["service_id"]}
    with operator.login("anna@a.example") as anna:
        topup = operator.ended(anna, anna.put("/provision/", json=body).json()["provision_id"])
    assert topup["provisioning_status"] == 0, topup
    assert data_left(operator, account) == 21 * GIB

    down = {"service_id": service["service_id"], "action": "deprovision"}
    ended = operator.ended(admin, sue.put("/provision/", json=down).json()["provision_id"])
    assert ended["provisioning_status"] == 0, ended
    assert account not in operator.accounts()
    assert item(admin, sim)["service_id"] is None
    with operator.login("anna@a.example") as anna:
        assert anna.get(f"/service/service_id/{service['service_id']}").status_code == 404


def test_a_charging_error_in_the_middle_leaves_nothing(
    operator: Deployment, sue: httpx.Client, admin: httpx.Client
) -> None:
    before = operator.accounts()
    operator.faults({"kind": "error", "method": "APIerSv1.SetAttributeProfile", "error": "boom"})
    number, *items = order_p1(sue, admin)
    job = operator.ended(admin, number)
    assert job["provisioning_status"] == 2
    operator.faults()
    assert_nothing_left(operator, admin, before, (items[0], items[1]))
    assert all(e["provisioning_status"] != 1 for e in job["provisioning_result_json"])
    notices = until(
        lambda: [
            row
            for row in admin.get("/communication/paginated?per_page=50").json()["data"]
            if row["recipient"] == "noc@example.com"
        ],
        30,
        "the failure notice is stored",
    )
    assert "Prepaid Mobile 20GB" in notices[0]["body"] + notices[0]["subject"]


def test_a_charging_system_that_goes_away_is_cleaned_up_when_it_is_back(
    operator: Deployment, sue: httpx.Client, admin: httpx.Client
) -> None:
    before = operator.accounts()
    # The account is made; then every call is refused, those of the play's rescue too.
    operator.faults(
        {"kind": "refuse", "method": "ApierV1.AddBalance"}, {"kind": "refuse", "after": 3}
    )
    number, *items = order_p1(sue, admin)
    assert operator.ended(admin, number)["provisioning_status"] == 2
    operator.faults()
    assert_nothing_left(operator, admin, before, (items[0], items[1]))


def test_a_worker_killed_in_the_middle_leaves_nothing(
    operator: Deployment, sue: httpx.Client, admin: httpx.Client
) -> None:
    before = operator.accounts()
    operator.faults({"kind": "hang", "method": "ApierV1.AddBalance", "times": 1})
    number, *items = order_p1(sue, admin)
    operator.reached(admin, number, "Add balances")
    for pid in operator.worker_pids():
        os.kill(pid, signal.SIGKILL)
    operator.faults()
    job = operator.ended(admin, number, within_s=90)
    assert job["provisioning_status"] == 2
    assert "worker" in job["reason"]
    assert all(e["provisioning_status"] != 1 for e in job["provisioning_result_json"])
    assert_nothing_left(operator, admin, before, (items[0], items[1]))


PLAY = """\
- name: A play of somebody else
  hosts: localhost
  gather_facts: no
  become: False
  tasks:
    - name: Include vars of crm_config
      ansible.builtin.include_vars:
        file: "../../crm_config.yaml"
        name: crm_config
    - name: Get Product information from CRM API
      uri:
        url: "{{ crm_config.crm.base_url }}/crm/product/product_id/{{ product_id }}"
        method: GET
        headers:
          Authorization: "Bearer {{ access_token }}"
        return_content: yes
      register: api_response_product
    - name: Show everything there is
      debug:
        var: hostvars[inventory_hostname]
    - name: Fail, and go on
      command: "false"
      ignore_errors: yes
    - name: Say what was planted
      shell: "echo {{ router_password }}; echo {{ access_token }}"
"""


def test_a_strangers_play_runs_and_its_secrets_are_nowhere(
    operator: Deployment, sue: httpx.Client, admin: httpx.Client
) -> None:
    (operator.folder / "provisioners" / "plays" / "play_stranger.yaml").write_text(PLAY)
    body = {"product_id": 4, "customer_id": A, "provisioning_play": "play_stranger"}
    answer = sue.put("/provision/", json=body | {"router_password": MARKER})
    job = operator.ended(admin, answer.json()["provision_id"])
    assert (job["provisioning_status"], job["playbook_description"]) == (
        0,
        "A play of somebody else",
    )
    states = {e["event_name"]: e["provisioning_status"] for e in job["provisioning_result_json"]}
    assert states["Fail, and go on"] == 3
    assert MARKER not in str(job)
    assert _files_with(operator.folder, MARKER) == []


def _files_with(folder: Path, marker: str) -> list[str]:
    found = []
    for file in folder.rglob("*"):
        if file.is_file() and marker.encode() in file.read_bytes():
            found.append(str(file))
    return found


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("play_not_yaml", "- name: x\n  hosts: localhost\n   tasks: []\n", "YAML"),
        (
            "play_missing_task",
            "- hosts: localhost\n  tasks:\n    - include_tasks: no.yaml\n",
            "no.yaml",
        ),
    ],
)
def test_a_broken_play_says_what_is_wrong(
    operator: Deployment, sue: httpx.Client, admin: httpx.Client, name: str, text: str, cause: str
) -> None:
    (operator.folder / "provisioners" / "plays" / f"{name}.yaml").write_text(text)
    body = {"product_id": 4, "customer_id": A, "provisioning_play": name}
    job = operator.ended(admin, sue.put("/provision/", json=body).json()["provision_id"])
    assert job["provisioning_status"] == 2
    assert cause in str(job["provisioning_result_json"])
