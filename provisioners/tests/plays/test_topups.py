"""play_topup_no_charge and play_topup_hotspot: what they add, and that only that goes again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from doubles.crm import CrmDouble
from doubles.http import Fault
from doubles.ocs import Ocs
from doubles.stage import CUSTOMER, OTHER, P2, P_DAYS, Stage

GIB = 1 << 30
BOOST: dict[str, Any] = {"product_id": P2, "customer_id": CUSTOMER, "data_gb": 5, "days": 7}


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_top_up_adds_to_the_service_and_can_be_taken_off_again(
    stage: Stage, crm: CrmDouble, ocs: Ocs
) -> None:
    """Two boosts are two balances, used before the plan; the service keeps its later end."""
    crm.products[P2] |= {"auto_renew": "true", "retail_cost": 3.0, "wholesale_cost": 1.5}
    service = stage.existing_service(service_deactivate_date=in_days(25))
    before = dict(service)
    account = service["service_uuid"]
    for expected in (2, 3):
        run = stage.run("play_topup_no_charge", service_id=1000, **BOOST)
        assert run.rc == 0, run.output
        assert len(ocs.balances(account)["*data"]) == expected
    boosts = [b for b in ocs.balances(account)["*data"] if b["ID"] != "DATA_OLD"]
    assert {(b["Value"], b["Weight"]) for b in boosts} == {(5 * GIB, 20)}
    assert len(ocs.plans()) == 1, "the second one finds the renewal planned"
    next_run = ocs.call("ApierV1.GetAccountActionPlan", Account=account)
    crm.faults.append(Fault("PUT", "/crm/transaction/", times=1))
    assert stage.run("play_topup_no_charge", service_id=1000, **BOOST).rc == 2
    assert len(ocs.balances(account)["*data"]) == 3
    assert ocs.call("ApierV1.GetAccountActionPlan", Account=account) == next_run
    charges = [(t["retail_cost"], t["service_id"]) for t in crm.transactions.values()]
    assert charges == [(3.0, 1000), (3.0, 1000)]
    assert crm.services[1000] == before

    assert stage.deprovision("play_topup_no_charge", service, product_id=P2).rc == 0
    assert [b["ID"] for b in ocs.balances(account)["*data"]] == ["DATA_OLD"]
    assert ocs.plans() == []
    assert crm.services[1000] == before
    assert stage.deprovision("play_topup_no_charge", service, product_id=P2).rc == 0


def test_a_top_up_moves_the_end_of_a_service_that_would_end_before_it(
    stage: Stage, crm: CrmDouble
) -> None:
    stage.existing_service(service_deactivate_date=in_days(1), service_status="Expired")
    assert stage.run("play_topup_no_charge", service_id=1000, **BOOST).rc == 0
    assert crm.services[1000]["service_deactivate_date"][:16] == in_days(7)[:16]
    assert crm.services[1000]["service_status"] == "Active"


@pytest.mark.parametrize("broken", ["balance", "renewal", "transaction", "end"])
def test_a_top_up_that_fails_leaves_the_service_as_it_was(
    stage: Stage, crm: CrmDouble, ocs: Ocs, broken: str
) -> None:
    """Whichever step fails, balance, renewal and charge are gone and the old balance is there."""
    crm.products[P2]["auto_renew"] = "true"
    stage.config["ocs"]["timeout_s"] = 2
    service = dict(stage.existing_service(service_deactivate_date=in_days(1)))
    if broken == "balance":
        ocs.break_method("ApierV1.AddBalance", "hang_after", times=1)
    elif broken == "renewal":
        ocs.break_method("ApierV2.SetAccount", times=1)
    else:
        method, path = {"transaction": ("PUT", "/crm/transaction/"), "end": ("PATCH", "")}[broken]
        crm.faults.append(Fault(method, path))
    run = stage.run("play_topup_no_charge", service_id=1000, **BOOST)
    assert run.rc == 2, run.output
    assert [b["ID"] for b in ocs.balances(service["service_uuid"])["*data"]] == ["DATA_OLD"]
    assert ocs.plans() == []
    assert all(t["void"] for t in crm.transactions.values())
    assert crm.services[1000] == service


@pytest.mark.parametrize("more", [{"customer_id": OTHER}, {"service_status": "Suspended"}])
def test_a_service_of_another_or_not_in_use_gets_nothing(
    stage: Stage, ocs: Ocs, more: dict[str, Any]
) -> None:
    service = stage.existing_service(**more)
    assert stage.run("play_topup_no_charge", service_id=1000, **BOOST).rc == 2
    assert len(ocs.balances(service["service_uuid"])["*data"]) == 1


def test_paid_hotspot_days_start_when_the_present_ones_end(
    stage: Stage, crm: CrmDouble, ocs: Ocs
) -> None:
    """No charge is recorded: whoever took the money did that."""
    stage.existing_service(service_deactivate_date=in_days(2))
    order = {"product_id": P_DAYS, "customer_id": CUSTOMER, "days": 7}
    run = stage.run("play_topup_hotspot", service_uuid="Mobile_SIM_0badcafe", **order)
    assert run.rc == 0, run.output
    end = crm.services[1000]["service_deactivate_date"]
    assert end[:16] in (in_days(9)[:16], in_days(9 - 1 / 1440)[:16])
    (bought,) = [b for b in ocs.balances("Mobile_SIM_0badcafe")["*data"] if b["ID"] != "DATA_OLD"]
    assert bought["ExpirationDate"][:19] == end[:19]
    assert bought["Value"] == 99999999 * GIB
    assert crm.transactions == {}

    crm.faults.append(Fault("PATCH", "/crm/service/"))
    assert stage.run("play_topup_hotspot", service_id=1000, **order).rc == 2
    assert len(ocs.balances("Mobile_SIM_0badcafe")["*data"]) == 2
