"""play_local_mobile_sim and play_psim_only: a SIM, a number and what they need everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from doubles.crm import CrmDouble
from doubles.hss import HssDouble
from doubles.http import Fault
from doubles.mail import MailDouble
from doubles.ocs import Ocs
from doubles.stage import CUSTOMER, KI, OPC, OTHER, P1, P_PSIM, Stage

GIB = 1 << 30
SIM = {"SIM Card": 5001, "Mobile Number": 5002}


def days_left(moment: str) -> float:
    """Days from now until a moment that an API wrote."""
    end = datetime.fromisoformat(moment[:19]).replace(tzinfo=UTC)
    return (end - datetime.now(UTC)) / timedelta(days=1)


def test_ansible_playbook_itself_makes_a_mobile_service(stage: Stage) -> None:
    """The command that everybody has runs the play as the shipped provisioner does."""
    order: dict[str, Any] = {"product_id": P1, "customer_id": CUSTOMER, "days": 30}
    run = stage.run_ansible_playbook("play_local_mobile_sim", **order, data_gb=20, items=SIM)
    assert run.rc == 0, run.output
    assert KI not in run.output
    assert OPC not in run.output
    assert stage.service()["service_status"] == "Active"


def test_a_mobile_plan_lives_from_order_to_its_end(stage: Stage, ocs: Ocs, crm: CrmDouble) -> None:
    """Order with renewal, renewal, deprovisioning, and a second one that finds nothing."""
    run = stage.order_sim(auto_renew="yes", callback_token="cb/1")
    assert run.rc == 0, run.output
    assert KI not in run.output
    assert OPC not in run.output
    service = dict(stage.service())
    uuid = service["service_uuid"]
    assert uuid.startswith("Local_Mobile_SIM_")
    assert len(uuid) == len("Local_Mobile_SIM_") + 8
    assert service["service_name"] == "Mobile - 447700900123"
    assert (service["retail_cost"], service["wholesale_cost"]) == (15.0, 5.0)
    assert service["deprovisioning_play"] == "play_local_mobile_sim"
    _allowances_of_p1(ocs, uuid)
    for key in (5001, 5002):
        item = crm.items[key]
        assert (item["customer_id"], item["service_id"]) == (CUSTOMER, service["service_id"])
        assert item["item_state"] == "Assigned"
        assert item["sold_date"]
    (charge,) = crm.transactions.values()
    assert (charge["retail_cost"], charge["wholesale_cost"]) == (0.0, 1.0)
    (plan,) = ocs.call("ApierV1.GetAccountActionPlan", Account=uuid)
    name = f"ServiceID_{uuid}__ProductID_{P1}__CustomerID_{CUSTOMER}__MonthlyRenewal"
    assert plan["ActionPlanId"] == name
    assert 26 < days_left(plan["NextExecTime"]) < 32
    (action,) = ocs.call_plain("ApierV1.GetActions", plan["ActionsId"])
    callback = f"/simple_provision_addon/service_id/{service['service_id']}/product_id/{P1}"
    assert action["ExtraParameters"].endswith(callback + "?token=cb/1")

    run = stage.order_sim(service_id=service["service_id"], items={})
    assert run.rc == 0, run.output
    assert len(crm.services) == 1, "a renewal makes no second service"
    assert sum(b["Value"] for b in ocs.balances(uuid)["*data"]) == 40 * GIB
    assert ocs.plans() == [name]
    assert len(crm.transactions) == 1, "the billing run charges a billed service"

    assert stage.deprovision("play_local_mobile_sim", service).rc == 0
    gone = stage.service()
    assert gone["service_status"] == "Deactivated"
    assert abs(days_left(gone["service_deactivate_date"])) < 0.01
    assert ocs.accounts() == []
    assert ocs.plans() == []
    assert {k: crm.items[k]["item_state"] for k in (5001, 5002)} == {
        5001: "Decommissioned",
        5002: "Used",
    }
    assert all(crm.items[k]["service_id"] is None for k in (5001, 5002))
    assert not any(row["void"] for row in crm.transactions.values())

    crm.calls.clear()
    assert stage.deprovision("play_local_mobile_sim", service).rc == 0
    assert not [c for c in crm.calls if c.method != "GET"]


def _allowances_of_p1(ocs: Ocs, uuid: str) -> None:
    balances = {kind: rows[0] for kind, rows in ocs.balances(uuid).items()}
    assert balances["*data"]["Value"] == 20 * GIB
    assert balances["*voice"]["Value"] >= 99999999 * 10**9, "nanoseconds"
    assert balances["*sms"]["Value"] == 99999999
    assert all(29.9 < days_left(b["ExpirationDate"]) <= 30 for b in balances.values())
    assert all(not b["Categories"] for b in balances.values()), "usable for every category"
    profile = ocs.call("APIerSv1.GetAttributeProfile", ID=f"ATTR_ACCOUNT_{uuid}")
    rules = {a["Path"]: a["Value"][0]["Rules"] for a in profile["Attributes"]}
    assert rules["*req.Account"] == uuid
    assert rules["*req.PhoneNumber"] == "447700900123"


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("ApierV2.SetAccount", "error"),
        ("ApierV1.AddBalance", "hang_after"),
        ("APIerSv1.SetAttributeProfile", "status"),
        ("ApierV1.SetActionPlan", "error"),
    ],
)
def test_a_charging_server_that_fails_leaves_nothing(
    stage: Stage, ocs: Ocs, method: str, kind: str
) -> None:
    """Also one that did the work and never said so."""
    stage.config["ocs"]["timeout_s"] = 2
    ocs.break_method(method, kind, times=1)
    run = stage.order_sim(auto_renew="yes")
    ocs.mend()
    assert run.rc == 2, run.output
    assert run.failed[0].endswith(f"({method})")
    stage.nothing_left()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("PUT", "/crm/service/", after_doing=True),
        Fault("PATCH", "/crm/inventory/inventory_id/5002", times=1, after_doing=True),
        Fault("PUT", "/crm/transaction/", status=422),
    ],
    ids=["service", "assignment", "transaction"],
)
def test_a_crm_that_fails_leaves_nothing(stage: Stage, crm: CrmDouble, fault: Fault) -> None:
    """Also when the record was made and the answer lost."""
    crm.faults.append(fault)
    run = stage.order_sim(auto_renew="yes")
    assert run.rc == 2, run.output
    stage.nothing_left()
    assert crm.items[5001]["item_state"] == "New"
    assert crm.items[5001]["sold_date"] is None


def test_a_deprovisioning_that_cannot_clear_the_network_keeps_the_rest_and_can_be_repeated(
    stage: Stage, ocs: Ocs, crm: CrmDouble
) -> None:
    """A SIM is not free while its account lives, and the job says what is still there."""
    assert stage.order_sim().rc == 0
    service = dict(stage.service())
    ocs.break_method("ApierV2.RemoveAccount", "error")
    run = stage.deprovision("play_local_mobile_sim", service)
    assert run.rc == 2
    assert f"Still there: OCS account {service['service_uuid']}" in run.output
    assert stage.service()["service_status"] == "Active"
    assert crm.items[5001]["item_state"] == "Assigned"
    ocs.mend()
    assert stage.deprovision("play_local_mobile_sim", service).rc == 0
    assert ocs.accounts() == []
    assert crm.items[5001]["service_id"] is None


def test_an_account_that_others_share_a_plan_with_leaves_that_plan(stage: Stage, ocs: Ocs) -> None:
    """Only plans that carry the account's name are its own."""
    assert stage.order_sim().rc == 0
    service = dict(stage.service())
    ocs.call("ApierV1.SetActions", ActionsId="A", Actions=[{"Identifier": "*log", "Weight": 1}])
    timing = {"ActionsId": "A", "MonthDays": "1", "Time": "00:00:00", "Weight": 10}
    ocs.call("ApierV1.SetActionPlan", Id="EVERYBODY", ActionPlan=[timing], ReloadScheduler=True)
    ocs.call("ApierV2.SetAccount", Account=service["service_uuid"], ActionPlanIDs=["EVERYBODY"])
    assert stage.deprovision("play_local_mobile_sim", service).rc == 0
    assert ocs.plans() == ["EVERYBODY"]


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"oc_crm": "http://127.0.0.1:9"}, "an order cannot carry them"),
        ({"crm_config": {"crm": {"base_url": "http://127.0.0.1:9"}}}, "an order cannot carry them"),
        ({"days": "30; reboot"}, "days must be 1 to 3650"),
        ({"data_gb": -1}, "days must be 1 to 3650"),
        ({"items": {"SIM Card": 5001}}, "The order names no item for Mobile Number"),
    ],
)
def test_a_bad_order_is_refused_before_anything_is_written(
    stage: Stage, crm: CrmDouble, ocs: Ocs, variables: dict[str, Any], reason: str
) -> None:
    run = stage.order_sim(**variables)
    assert run.rc == 2
    assert reason in run.output
    assert not [c for c in crm.calls if c.method != "GET"]
    assert ocs.accounts() == []


def test_a_sim_of_somebody_else_is_refused_without_showing_its_keys(
    stage: Stage, crm: CrmDouble
) -> None:
    crm.items[5001] |= {"customer_id": OTHER, "service_id": 99, "item_state": "Assigned"}
    run = stage.order_sim()
    assert run.rc == 2
    assert KI not in run.output
    assert OPC not in run.output
    assert crm.items[5001]["service_id"] == 99
    assert crm.services == {}


def test_a_deprovisioning_of_another_uuid_touches_nothing(stage: Stage, ocs: Ocs) -> None:
    service = stage.existing_service()
    run = stage.deprovision("play_psim_only", {**service, "service_uuid": "Mobile_SIM_ffffffff"})
    assert run.rc == 2
    assert ocs.accounts() == [service["service_uuid"]]
    assert service["service_status"] == "Active"


def test_a_plain_sim_is_known_to_the_hss_and_dormant_after_its_end(
    stage: Stage, hss: HssDouble, crm: CrmDouble, ocs: Ocs, mail: MailDouble
) -> None:
    """Ordered, ended, and ordered again: the dormant subscriber is woken."""
    stage.config["hss"] |= {"hss_peers": [hss.url], "provisioning_key": hss.key}
    stage.config["mailjet"] = {"api_url": mail.url}
    stage.env = {"MAILJET_API_KEY": "k", "MAILJET_SECRET": "s-3cret"}
    order: dict[str, Any] = {"product_id": P_PSIM, "customer_id": CUSTOMER, "items": SIM}
    run = stage.run("play_psim_only", **order)
    assert run.rc == 0, run.output
    assert KI not in run.output
    assert OPC not in run.output
    assert "s-3cret" not in run.output
    assert hss.key not in run.output
    (auc,) = hss.auc.values()
    assert (auc["ki"], auc["opc"], auc["amf"], auc["imsi"]) == (KI, OPC, "8000", "310120123456789")
    (subscriber,) = hss.subscriber.values()
    assert subscriber["enabled"]
    assert subscriber["msisdn"] == "447700900123"
    assert (subscriber["default_apn"], subscriber["apn_list"]) == (1, "1,2")
    (money,) = ocs.balances(stage.service()["service_uuid"])["*monetary"]
    assert money["Value"] == 0
    assert money["Blocker"]
    (letter,) = mail.sent
    assert letter["To"] == [{"Email": "anna@a.example", "Name": "Anna Smith"}]
    assert "Mobile SIM Only" in letter["HTMLPart"]

    assert stage.deprovision("play_psim_only", dict(stage.service())).rc == 0
    assert not subscriber["enabled"]
    assert subscriber["msisdn"] == "99990123456789"
    assert {crm.items[k]["item_state"] for k in (5001, 5002)} == {"Used"}

    assert stage.run("play_psim_only", **order).rc == 0
    assert len(hss.subscriber) == 1
    assert subscriber["enabled"]
    last = dict(list(crm.services.values())[-1])
    assert stage.deprovision("play_psim_only", last, deprovision_subscriber=True).rc == 0
    assert hss.subscriber == {}
    assert hss.auc == {}


def test_the_second_hss_failing_takes_the_sim_out_of_the_first(
    stage: Stage, hss: HssDouble
) -> None:
    second = HssDouble(faults=[Fault("PUT", "/subscriber/")])
    hss.key = ""
    stage.config["hss"]["hss_peers"] = [hss.url, second.url]
    run = stage.order_sim()
    second.close()
    assert run.rc == 2, run.output
    assert hss.subscriber == {}
    assert hss.auc == {}
    assert second.auc == {}
    assert KI not in run.output
    stage.nothing_left()
