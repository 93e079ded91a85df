"""Items over HTTP: loaded, read by plays, given, taken back, lost, and seen by their own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from omnicore import subscribers
from omnicore.activity.models import Activity
from omnicore.db.outbox import OutboxRow
from omnicore.runtime import Runtime
from omnicore.sdk.events import InventoryLostOrStolen
from tests.conftest import Clock, People
from tests.inventory.conftest import Stock


def path(inventory_id: int) -> str:
    return f"/crm/inventory/inventory_id/{inventory_id}"


@pytest.fixture
def sim(stock: Stock) -> int:
    values = {"itemtext4": "ki-secret-465B5CE8", "itemtext5": "opc-secret-CD63CB71"}
    return stock.sims(**values)[0]


def test_plays_read_texts_by_number_and_by_label(people: People, sim: int, stock: Stock) -> None:
    row = people.admin().get(path(sim)).json
    assert row["itemtext1"] == row["iccid"] == "8944000000000000000"
    assert row["itemtext2"] == row["imsi"] == "310120123456780"
    assert row["ki"] == "ki-secret-465B5CE8"
    assert people.admin().get(path(stock.number())).json["msisdn"] == "447700900123"


@pytest.mark.usefixtures("stock")
def test_costs_come_from_the_kind_and_can_differ(people: People) -> None:
    admin = people.admin()
    plain = {"item": "SIM Card", "itemtext1": "1"}
    usual = admin.put("/crm/inventory/", plain).json
    assert (usual["wholesale_cost"], usual["retail_cost"]) == (2.5, 10.0)
    assert usual["item_state"] == "New"
    dear = admin.put("/crm/inventory/", plain | {"wholesale_cost": "3.75"}).json
    assert (dear["wholesale_cost"], dear["retail_cost"]) == (3.75, 10.0)


@pytest.mark.usefixtures("stock")
def test_texts_can_be_written_by_label(people: People) -> None:
    admin = people.admin()
    made = admin.put("/crm/inventory/", {"item": "SIM Card", "ICCID": "8944", "imsi": "31"}).json
    assert (made["itemtext1"], made["itemtext2"]) == ("8944", "31")
    changed = admin.patch(path(made["inventory_id"]), {"imsi": "32"}).json
    assert changed["itemtext2"] == "32"


def test_a_record_can_be_sent_back_as_it_was_read(people: People, sim: int) -> None:
    admin = people.admin()
    row = admin.get(path(sim)).json
    answer = admin.patch(path(sim), row | {"itemtext3": "eSIM"})
    assert answer.status_code == 200, answer.json
    changed = {name for name in row if answer.json[name] != row[name]}
    assert changed - {"last_modified"} == {"itemtext3", "sim_type"}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"itemtext1": None}, "itemtext1"),
    ({"item_state": "Vanished"}, "item_state"),
    ({"colour": "red"}, "colour"),
    ({"itemtext21": "x"}, "itemtext21"),
    ({"texts": {"imsi": "1"}}, "texts"),
    ({"latitude": "north"}, "latitude"),
    ({"latitude": 91}, "latitude"),
    ({"longitude": "nan"}, "longitude"),
    ({"customer_id": "abc"}, "customer_id"),
    ({"sold_date": 5}, "sold_date"),
    ({"wholesale_cost": -1}, "wholesale_cost"),
]


@pytest.mark.usefixtures("stock")
def test_a_wrong_value_is_refused_by_name(people: People) -> None:
    admin = people.admin()
    for values, field in WRONG:
        answer = admin.put("/crm/inventory/", {"item": "SIM Card", "itemtext1": "1"} | values)
        assert answer.status_code == 422, values
        assert [error["field"] for error in answer.json["errors"]] == [field]
    assert admin.get("/crm/inventory/").json["data"] == []


@pytest.mark.usefixtures("stock")
def test_an_item_needs_its_first_text_and_a_kind_that_exists(people: People) -> None:
    admin = people.admin()
    assert admin.put("/crm/inventory/", {"item": "SIM Card"}).status_code == 422
    assert admin.put("/crm/inventory/", {"itemtext1": "1"}).status_code == 422
    unknown = {"item": "SIM card", "itemtext1": "1"}
    assert admin.put("/crm/inventory/", unknown).status_code == 404


def test_all_states_of_the_guide_are_accepted(people: People, sim: int) -> None:
    admin = people.admin()
    states = (
        "New|Used|Internal Use|Assigned|Damaged|Out Of Service|Lost|Stolen|"
        "In Stock|Decommissioned|In Transit|Allocated|In Use"
    )
    for state in states.split("|"):
        admin.patch(path(sim), {"item_state": "In Stock"})
        answer = admin.patch(path(sim), {"item_state": state})
        assert answer.json["item_state"] == state


def test_what_is_gone_must_come_back_into_stock_before_it_is_given(
    people: People, sim: int
) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    for state in ("Lost", "Stolen", "Damaged", "Decommissioned", "In Transit"):
        admin.patch(path(sim), {"item_state": state})
        refused = admin.patch(path(sim), {"customer_id": a, "item_state": "Assigned"})
        assert (refused.status_code, refused.json["code"]) == (409, "inventory-not-pickable")
        refused = admin.patch(path(sim), {"item_state": "Assigned"})
        assert (refused.status_code, refused.json["code"]) == (409, "inventory-state")
        admin.patch(path(sim), {"item_state": "In Stock"})
    assert admin.patch(path(sim), {"customer_id": a}).json["item_state"] == "Assigned"


def test_giving_stamps_the_date_and_taking_back_clears_the_links(
    people: People, stock: Stock, sim: int, clock: Clock
) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    used_by = stock.service(a)
    given = admin.patch(
        path(sim), {"customer_id": str(a), "service_id": used_by, "item_state": "Assigned"}
    ).json
    assert (given["customer_id"], given["service_id"]) == (a, used_by)
    assert given["sold_date"] == "2026-05-01T12:00:00Z"
    clock.advance(days=1)
    back = (
        people.admin()
        .patch(path(sim), {"customer_id": None, "service_id": "", "item_state": "Used"})
        .json
    )
    assert (back["customer_id"], back["service_id"]) == (None, None)
    assert (back["item_state"], back["sold_date"]) == ("Used", None)


def test_what_comes_back_without_a_state_is_in_stock(people: People, sim: int) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    admin.patch(path(sim), {"customer_id": a})
    assert admin.patch(path(sim), {"customer_id": None}).json["item_state"] == "In Stock"


def test_a_service_brings_its_customer_and_no_other(people: People, stock: Stock, sim: int) -> None:
    admin = people.admin()
    (_, a), (_, b) = people.customer("A"), people.customer("B")
    used_by = stock.service(a)
    wrong = admin.patch(path(sim), {"customer_id": b, "service_id": used_by})
    assert wrong.status_code == 422
    assert admin.patch(path(sim), {"service_id": used_by}).json["customer_id"] == a
    assert admin.patch(path(sim), {"service_id": 10**9}).status_code == 404
    assert admin.patch(path(sim), {"customer_id": 10**9}).status_code == 404
    taken = admin.patch(path(sim), {"customer_id": b, "service_id": None})
    assert (taken.status_code, taken.json["code"]) == (409, "inventory-taken")


def test_the_history_names_all_holders(people: People, sim: int, clock: Clock) -> None:
    admin = people.admin()
    (anna, a), (bob, b) = (people.customer(name, "view_own_inventory") for name in "AB")
    for customer_id in (a, None, b):
        admin.patch(path(sim), {"customer_id": customer_id})
        clock.advance(minutes=1)
    rows = admin.get(f"{path(sim)}/history").json["data"]
    assert [(row["customer_id"], row["held_from"], row["held_until"]) for row in rows] == [
        (b, "2026-05-01T12:02:00Z", None),
        (a, "2026-05-01T12:00:00Z", "2026-05-01T12:01:00Z"),
    ]
    own = bob.get(f"{path(sim)}/history").json["data"]
    assert [row["customer_id"] for row in own] == [b]
    assert anna.get(f"{path(sim)}/history").status_code == 404


def test_lost_is_for_an_audit_and_stolen_for_security(
    people: People, runtime: Runtime, sim: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        subscribers, "_HANDLERS", {"watch": (InventoryLostOrStolen, lambda *_: None)}
    )
    admin = people.admin()
    for state in ("Lost", "Lost", "Stolen"):
        admin.patch(path(sim), {"item_state": state})
    with runtime.db.read() as uow:
        actions = list(
            uow.session.scalars(
                select(Activity.action).where(Activity.action.in_(["audit", "security_report"]))
            )
        )
        told = [row.payload["state"] for row in uow.session.scalars(select(OutboxRow))]
    assert actions == ["audit", "security_report"]
    assert told == ["Lost", "Stolen"]


def test_the_device_password_is_sealed_masked_and_read_on_record(
    people: People, runtime: Runtime, sim: int
) -> None:
    admin = people.admin()
    answer = admin.patch(path(sim), {"management_password": "hunter2-hunter2"})
    assert answer.json["management_password"] == "***"
    admin.patch(path(sim), answer.json)
    with runtime.db.read() as uow:
        stored = uow.session.execute(
            text("SELECT management_password FROM inventory WHERE inventory_id = :id"), {"id": sim}
        ).scalar_one()
    assert "hunter2" not in stored
    revealed = admin.get(f"{path(sim)}/management_password")
    assert revealed.json["management_password"] == "hunter2-hunter2"
    reader = people.with_("view_inventory")
    assert reader.get(f"{path(sim)}/management_password").status_code == 403
    assert reader.get(path(sim)).json["management_password"] == "***"
    assert "hunter2" not in admin.get("/crm/inventory/").get_data(as_text=True)
    with runtime.db.read() as uow:
        log = list(uow.session.scalars(select(Activity)))
    assert any(entry.action == "password_read" for entry in log)
    assert "hunter2" not in str([(entry.description, entry.details) for entry in log])


def test_keys_of_a_sim_are_for_staff_and_not_for_the_log(
    people: People, runtime: Runtime, sim: int
) -> None:
    admin = people.admin()
    anna, a = people.customer("A", "view_own_inventory")
    admin.patch(path(sim), {"customer_id": a, "itemtext4": "ki-secret-2"})
    own = [anna.get(path(sim)).json, *anna.get("/crm/inventory/").json["data"]]
    for row in own:
        assert row["iccid"] == "8944000000000000000"
        assert {"ki", "opc", "itemtext4", "wholesale_cost", "inventory_notes"}.isdisjoint(row)
        assert "secret" not in str(row)
    admin.patch(path(sim), {"customer_id": None})
    admin.delete(path(sim))
    with runtime.db.read() as uow:
        log = str([entry.details for entry in uow.session.scalars(select(Activity))])
    assert "itemtext4" in log
    assert "secret" not in log


def test_a_configuration_of_100_kb_comes_back_whole(people: People, sim: int) -> None:
    admin = people.admin()
    config = "set system host-name cpe-ü;\n" * 3800
    admin.patch(path(sim), {"config_content": config})
    assert len(config) > 100_000
    assert admin.get(path(sim)).json["config_content"] == config
    assert "config_content" not in admin.get("/crm/inventory/").json["data"][0]


def test_an_item_that_somebody_has_cannot_be_deleted(people: People, sim: int) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    admin.patch(path(sim), {"customer_id": a})
    assert admin.delete(path(sim)).json["code"] == "inventory-in-use"
    admin.patch(path(sim), {"customer_id": None})
    assert admin.delete(path(sim)).json == {"result": "success"}
    assert admin.get(path(sim)).status_code == 404


def test_customers_see_their_own_items_and_no_others(people: People, stock: Stock) -> None:
    admin = people.admin()
    (anna, a), (_, b) = (people.customer(name, "view_own_inventory") for name in "AB")
    mine, theirs, free = stock.sims(3)
    admin.patch(path(mine), {"customer_id": a, "service_id": stock.service(a)})
    admin.patch(path(theirs), {"customer_id": b, "service_id": stock.service(b)})
    used_by_them = admin.get(path(theirs)).json["service_id"]
    for foreign in (
        path(theirs),
        path(free),
        path(10**9),
        f"{path(theirs)}/history",
        f"/crm/inventory/customer_id/{b}",
        f"/crm/inventory/service_id/{used_by_them}",
        f"/crm/inventory/service_id/{10**9}",
    ):
        assert anna.get(foreign).status_code == 404, foreign
    for listed in (
        "/crm/inventory/",
        "/crm/inventory/paginated",
        f"/crm/inventory/?customer_id={b}",
        f"/crm/inventory/customer_id/{a}",
        '/crm/inventory/?filters={"item_state":["Assigned","In Stock"]}',
    ):
        ids = {row["inventory_id"] for row in anna.get(listed).json["data"]}
        assert ids <= {mine}, listed
    assert anna.get("/crm/inventory/?sort=wholesale_cost").status_code == 422
    for path_ in ("/crm/inventory/counts", "/crm/inventory/export", "/crm/inventory/low_stock"):
        assert anna.get(path_).status_code == 403


def test_customers_cannot_write(people: People, sim: int) -> None:
    anna, a = people.customer("A", "view_own_inventory")
    people.admin().patch(path(sim), {"customer_id": a})
    assert anna.patch(path(sim), {"customer_id": None}).status_code == 403
    assert anna.delete(path(sim)).status_code == 403
    assert anna.put("/crm/inventory/", {}).status_code == 403
    assert anna.post("/crm/inventory/import", {}).status_code == 403
    assert anna.get(f"{path(sim)}/management_password").status_code == 403
