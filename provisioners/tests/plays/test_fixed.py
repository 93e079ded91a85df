"""Plays for fixed lines: a plain service, a bundle, a rented modem, a router's configuration."""

from __future__ import annotations

import pytest
from doubles.crm import CrmDouble
from doubles.http import Answer, Call, Double, Fault
from doubles.ocs import Ocs
from doubles.stage import CUSTOMER, OTHER, P4, P5, P_CPE, P_SENIORS, Stage

SITE = {
    "site_id": 70,
    "address_line_1": 'High St 1"; /user add name=evil; "$x',
    "city": "London",
    "state": None,
    "latitude": 51.5074,
    "longitude": -0.1278,
}


def test_a_plain_service_lives_from_order_to_its_end(
    stage: Stage, crm: CrmDouble, ocs: Ocs
) -> None:
    """The price of the order counts where it names one, the product's otherwise."""
    run = stage.run("play_simple_service", product_id=P4, customer_id=CUSTOMER, monthly_cost=40)
    assert run.rc == 0, run.output
    service = dict(stage.service())
    assert service["service_uuid"].startswith("Service_")
    assert (service["retail_cost"], service["service_status"]) == (40.0, "Active")
    (charge,) = crm.transactions.values()
    assert charge["retail_cost"] == 50.0
    assert charge["service_id"] == service["service_id"]
    assert ocs.accounts() == [service["service_uuid"]]
    for _ in range(2):
        assert stage.deprovision("play_simple_service", service).rc == 0
    assert ocs.accounts() == []
    assert stage.service()["service_status"] == "Deactivated"


def test_a_plain_service_that_fails_leaves_nothing(stage: Stage, crm: CrmDouble) -> None:
    crm.faults.append(Fault("PUT", "/crm/transaction/"))
    run = stage.run("play_simple_service", product_id=P4, customer_id=CUSTOMER)
    assert run.rc == 2
    assert "rolled back" in run.output
    stage.nothing_left()


class Olt(Double):
    """Takes every call."""

    def answer(self, call: Call) -> Answer:
        return 200, {}


def test_a_fibre_line_is_switched_on_and_off_at_its_controller(
    stage: Stage, crm: CrmDouble
) -> None:
    olt = Olt()
    stage.config["olt"] = {"url": olt.url}
    order = {"product_id": P4, "customer_id": CUSTOMER, "ont_serial": "HWTC1"}
    assert stage.run("play_simple_service", **order).rc == 0
    service = dict(stage.service())
    assert stage.deprovision("play_simple_service", service).rc == 0
    olt.close()
    path = f"/services/{service['service_uuid']}"
    assert [(c.method, c.path) for c in olt.calls] == [("PUT", path), ("DELETE", path)]
    assert olt.calls[0].body == {"ont_serial": "HWTC1", "profile": "default"}


def test_a_bundle_is_three_services_at_one_price_that_end_together(
    stage: Stage, crm: CrmDouble, ocs: Ocs
) -> None:
    order = {"product_id": P_SENIORS, "customer_id": CUSTOMER, "items": {"Modem Router": 5004}}
    run = stage.run("play_seniors_package", IPTV_Service_ID="SeniorBundle", **order)
    assert run.rc == 0, run.output
    parent, *children = [dict(s) for s in crm.services.values()]
    assert parent["bundled_parent"] is None
    assert parent["retail_cost"] == 30
    assert {c["bundled_parent"] for c in children} == {parent["service_id"]}
    assert [(c["service_type"], c["retail_cost"], c["service_billed"]) for c in children] == [
        ("iptv", 0, False),
        ("voip", 0, False),
    ]
    assert "SeniorBundle" in children[0]["service_notes"]
    assert crm.items[5004]["service_id"] == parent["service_id"]
    assert len(ocs.accounts()) == 3
    assert len(crm.transactions) == 1
    profile = ocs.call("APIerSv1.GetAttributeProfile", ID=f"ATTR_ACCOUNT_{parent['service_uuid']}")
    assert "20000000" in str(profile["Attributes"])

    assert stage.deprovision("play_seniors_package", parent).rc == 0
    assert {s["service_status"] for s in crm.services.values()} == {"Deactivated"}
    assert ocs.accounts() == []
    assert crm.items[5004]["item_state"] == "Used"


def test_a_bundle_that_fails_at_its_last_service_leaves_nothing(
    stage: Stage, crm: CrmDouble, ocs: Ocs
) -> None:
    ocs.break_method("ApierV2.SetAccount", after=2)
    order = {"product_id": P_SENIORS, "customer_id": CUSTOMER, "items": {"Modem Router": 5004}}
    run = stage.run("play_seniors_package", **order)
    ocs.mend()
    assert run.rc == 2, run.output
    assert len(crm.seen("DELETE", "/crm/service/")) == 2
    stage.nothing_left()


def test_a_rented_modem_is_assigned_charged_renewed_and_due_back(
    stage: Stage, crm: CrmDouble, ocs: Ocs
) -> None:
    """The service that it was rented for stays as it was."""
    before = dict(stage.existing_service())
    order = {"product_id": P5, "customer_id": CUSTOMER, "service_id": 1000}
    modem = {"items": {"Rental Modem": 5003}, "requires_configuration": True}
    run = stage.run("play_addon_assign_modem", **order, **modem)
    assert run.rc == 0, run.output
    item = crm.items[5003]
    assert (item["service_id"], item["item_state"]) == (1000, "Assigned")
    assert "wpa2-psk" in item["config_content"]
    assert item["management_password"] not in run.output
    assert len(ocs.plans()) == 1

    assert stage.run("play_addon_assign_modem", **order).rc == 0
    assert [t["retail_cost"] for t in crm.transactions.values()] == [10.0, 10.0]

    removal = stage.deprovision("play_addon_assign_modem", before, product_id=P5)
    assert removal.rc == 0, removal.output
    assert (item["service_id"], item["customer_id"]) == (None, CUSTOMER)
    assert item["item_state"] == "In Transit"
    assert "Due back" in item["inventory_notes"]
    assert not item["config_content"]
    assert ocs.plans() == []
    assert crm.services[1000] == before


def test_a_modem_rental_that_fails_gives_the_modem_back_as_it_was(
    stage: Stage, crm: CrmDouble, ocs: Ocs
) -> None:
    crm.faults.append(Fault("PUT", "/crm/transaction/"))
    before = dict(crm.items[5003])
    stage.existing_service()
    run = stage.run(
        "play_addon_assign_modem",
        product_id=P5,
        customer_id=CUSTOMER,
        service_id=1000,
        requires_configuration=True,
        items={"Rental Modem": 5003},
    )
    assert run.rc == 2, run.output
    after = {key: value or None for key, value in crm.items[5003].items() if key in before}
    assert after == before
    assert ocs.plans() == []
    assert len(ocs.accounts()) == 1


def test_a_router_gets_its_configuration_into_its_record(stage: Stage, crm: CrmDouble) -> None:
    """An address cannot add a command, and the password is in the record alone."""
    crm.sites[CUSTOMER] = [SITE]
    order = {"product_id": P_CPE, "customer_id": CUSTOMER, "items": {"Modem Router": 5004}}
    run = stage.run("play_prov_cpe_mikrotik", **order)
    assert run.rc == 0, run.output
    item = crm.items[5004]
    assert (item["latitude"], item["city"], item["customer_id"]) == (51.5074, "London", CUSTOMER)
    assert item["management_url"] == "CPE-5004"
    assert item["management_username"] == "admin_5004"
    config = item["config_content"]
    assert f'ssid="{item["itemtext3"]}"' in config
    assert f'wpa2-pre-shared-key="{item["itemtext4"]}"' in config
    assert r"High St 1\"; /user add name=evil; \"\$x" in config
    assert [line for line in config.splitlines() if line.startswith("/user add")] == [
        f'/user add name="admin_5004" group=full password="{item["management_password"]}"'
    ]
    assert item["management_password"] not in run.output
    assert item["itemtext4"] not in run.output
    assert crm.services == {}

    more = {"product_id": P_CPE, "customer_id": CUSTOMER, "items": {"Modem Router": 5004}}
    assert stage.run("play_prov_cpe_mikrotik", action="deprovision", **more).rc == 0
    assert item["config_content"] == ""
    assert item["itemtext4"] is None
    assert (item["customer_id"], item["item_state"]) == (None, "Used")


@pytest.mark.parametrize("case", ["no site", "of another", "lost answer"])
def test_a_router_that_cannot_be_configured_keeps_its_record(
    stage: Stage, crm: CrmDouble, case: str
) -> None:
    if case != "no site":
        crm.sites[CUSTOMER] = [SITE]
    if case == "of another":
        crm.items[5004] |= {"customer_id": OTHER, "item_state": "Assigned"}
    if case == "lost answer":
        crm.faults.append(Fault("PATCH", "/5004", times=1, after_doing=True))
    before = dict(crm.items[5004])
    order = {"product_id": P_CPE, "customer_id": CUSTOMER, "items": {"Modem Router": 5004}}
    run = stage.run("play_prov_cpe_mikrotik", **order)
    assert run.rc == 2, run.output
    assert {k: v or None for k, v in crm.items[5004].items() if k in before} == before
