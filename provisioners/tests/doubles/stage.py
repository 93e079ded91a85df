"""A stage for the shipped plays: what the core gives a play, and the rows of the fixtures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner

from doubles.crm import TOKEN, CrmDouble
from doubles.ocs import Ocs
from omnicore.sdk.ports.provisioning import ProvisioningJob, TaskEvent, TaskStatus

PLAYS = Path(__file__).parents[2] / "plays"
CUSTOMER, OTHER = 7, 8
_UTF8 = {"LANG": "C.UTF-8"}
P1, P2, P4, P5, P_PSIM, P_SENIORS, P_CPE, P_DAYS = 1, 2, 4, 5, 11, 12, 13, 14
KI, OPC = "465B5CE8B199B49FAA5F0A2EE238A6BC", "E8ED289DEBA952E4283B54E88E6183CA"


@dataclass
class Run:
    """How a play ended: exit code, what its tasks answered, the names of those that failed."""

    rc: int
    output: str
    failed: list[str] = field(default_factory=list)


class Ear:
    """Keeps what the provisioner tells."""

    def __init__(self) -> None:
        self.events: list[TaskEvent] = []

    def on_event(self, event: TaskEvent) -> None:
        self.events.append(event)

    def cancelled(self) -> bool:
        return False

    def renewed_token(self) -> str | None:
        return None


@dataclass
class Stage:
    """Runs plays with what the core gives them: extra variables, configuration, environment."""

    folder: Path
    provisioner: AnsibleProvisioner
    crm: CrmDouble
    ocs: Ocs
    config: dict[str, Any]
    env: dict[str, str] = field(default_factory=dict)
    jobs: int = 76

    def run(self, play: str, **variables: Any) -> Run:
        """Run a play in the shipped provisioner. ``items`` become variables with spaces."""
        job = ProvisioningJob(
            job_id=str(self.jobs + 1),
            play=play,
            variables=self._variables(variables),
            config=self.config,
            environment=self.env,
            time_limit_s=60,
        )
        ear = Ear()
        result = self.provisioner.run(job, ear)
        told = json.dumps([[e.name, e.result] for e in ear.events], default=str)
        failed = [e.name for e in ear.events if e.status is TaskStatus.FAILED and e.kind == "task"]
        return Run(result.exit_code, told + result.stdout + result.stderr, failed)

    def run_ansible_playbook(self, play: str, **variables: Any) -> Run:
        """Run a play with the ``ansible-playbook`` command in a deployment of its own."""
        deployment = self.folder / "deployment"
        plays = deployment / "Provisioners" / "plays"
        if not plays.exists():
            shutil.copytree(PLAYS, plays)
        (deployment / "crm_config.yaml").write_text(yaml.safe_dump(self.config))
        file = deployment / "vars.json"
        file.write_text(json.dumps(self._variables(variables)))
        program = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            [str(program), "-v", "-i", "localhost,", "-e", f"@{file}", f"{play}.yaml"],
            cwd=plays,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.env, **_UTF8},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def _variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        self.jobs += 1
        return {
            "access_token": TOKEN,
            "provision_id": self.jobs,
            "initiating_user": 3,
            "service_id": None,
            "ansible_python_interpreter": sys.executable,
            **variables.pop("items", {}),
            **variables,
        }

    def order_sim(self, **more: Any) -> Run:
        """P1 with the SIM and the number of the fixtures."""
        order = {"product_id": P1, "customer_id": CUSTOMER, "days": 30, "data_gb": 20}
        items = {"SIM Card": 5001, "Mobile Number": 5002}
        return self.run("play_local_mobile_sim", **{**order, "items": items, **more})

    def deprovision(self, play: str, service: dict[str, Any], **more: Any) -> Run:
        """What the core passes on for a request of service_id, service_uuid, action and play."""
        return self.run(
            play,
            action="deprovision",
            **{
                "service_id": service["service_id"],
                "service_uuid": service["service_uuid"],
                "customer_id": service["customer_id"],
                "product_id": service["product_id"],
                **more,
            },
        )

    def service(self) -> dict[str, Any]:
        """The only service there is."""
        (only,) = self.crm.services.values()
        return only

    def existing_service(self, **more: Any) -> dict[str, Any]:
        """A mobile service with an account of 2 GB, as if made long ago."""
        account = "Mobile_SIM_0badcafe"
        self.ocs.call("ApierV2.SetAccount", Account=account)
        self.ocs.call(
            "ApierV1.AddBalance",
            Account=account,
            BalanceType="*data",
            Balance={"ID": "DATA_OLD", "Value": 2 << 30, "ExpiryTime": "+600h", "Weight": 10},
        )
        row = {"service_id": 1000, "service_uuid": account, "customer_id": CUSTOMER}
        row |= {"product_id": P_PSIM, "service_status": "Active", "bundled_parent": None}
        row |= {"service_deactivate_date": None, "service_billed": True, **more}
        self.crm.services[1000] = row
        return row

    def nothing_left(self) -> None:
        """No account, plan, profile, record, charge or assignment remains."""
        assert self.ocs.accounts() == []
        assert self.ocs.plans() == []
        for kind in ("AttributeProfile", "Filter"):
            error = self.ocs.error(f"APIerSv1.Get{kind}IDs")
            assert error == "NOT_FOUND" or not self.ocs.call(f"APIerSv1.Get{kind}IDs")
        assert self.crm.services == {}
        assert all(row["void"] for row in self.crm.transactions.values())
        for row in self.crm.items.values():
            assert (row["customer_id"], row["service_id"]) == (None, None)
            assert row["item_state"] in ("New", "In Stock")


def _product(key: int, name: str, play: str, **more: Any) -> dict[str, Any]:
    row = {"product_id": key, "product_name": name, "provisioning_play": play}
    row |= {"category": "standalone", "service_type": "mobile", "auto_renew": "false"}
    row |= {"inventory_items_list": "[]", "allow_auto_renew": True, "icon": "fa-solid fa-sim-card"}
    row |= {"retail_cost": 0, "wholesale_cost": 0}
    row |= {"retail_setup_cost": 0, "wholesale_setup_cost": 0, "comment": name}
    return row | more


def fill(crm: CrmDouble) -> None:
    sim = "['SIM Card', 'Mobile Number']"
    prices = {"retail_cost": 15.0, "wholesale_cost": 5.0, "wholesale_setup_cost": 1.0}
    renewed = {"auto_renew": "prompt", "inventory_items_list": sim}
    rental = {"category": "addon", "service_type": "internet", "auto_renew": "true"}
    rental |= {"inventory_items_list": "['Rental Modem']", "retail_cost": 10.0}
    bundle = {"category": "bundle", "inventory_items_list": "['Modem Router']"}
    bundle |= {"retail_cost": 30, "wholesale_cost": 10, "wholesale_setup_cost": 11}
    for row in (
        _product(P1, "Prepaid Mobile 20GB", "play_local_mobile_sim", **prices, **renewed),
        _product(P2, "5GB Data Boost", "play_topup_no_charge", category="addon"),
        _product(P4, "Fiber 100", "play_simple_service", retail_cost=45.0, retail_setup_cost=50.0),
        _product(P5, "WiFi 6 Modem Rental", "play_addon_assign_modem", **rental),
        _product(P_PSIM, "Mobile SIM Only", "play_psim_only", inventory_items_list=sim),
        _product(P_SENIORS, "Seniors Bundle", "play_seniors_package", **bundle),
        _product(P_CPE, "CPE", "play_prov_cpe_mikrotik", category="addon"),
        _product(P_DAYS, "Hotspot Day", "play_topup_hotspot", category="addon"),
    ):
        crm.products[row["product_id"]] = row
    anna = {"contact_firstname": "Anna", "contact_lastname": "Smith"}
    anna |= {"contact_email": "anna@a.example"}
    for key, name in ((CUSTOMER, "John Smith"), (OTHER, "Acme Corp")):
        crm.customers[key] = {"customer_id": key, "customer_name": name, "contacts": [anna]}
    crm.add_item(5001, "SIM Card", "8944000000000000001", "310120123456789", "Physical", KI, OPC)
    crm.add_item(5002, "Mobile Number", "447700900123", "London", state="In Stock")
    crm.add_item(5003, "Rental Modem", "SN-1", "00:11:22:33:44:55", "from the label")
    crm.add_item(5004, "Modem Router", "SN-2", "66:77:88:99:aa:bb")
