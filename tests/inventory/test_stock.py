"""Stock: the picker, counts, low stock, sheets in and out, and places that are covered."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from omnicore import subscribers
from omnicore.db.outbox import OutboxRow
from omnicore.inventory import service
from omnicore.inventory.places import distance
from omnicore.inventory.sheets import _plain, write_items
from omnicore.runtime import Runtime
from omnicore.sdk.events import InventoryStockLow
from tests.conftest import Api, People
from tests.inventory.conftest import Stock


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.json
    return [row["inventory_id"] for row in answer.json["data"]]


def test_the_picker_offers_free_items_of_the_kind(people: People, stock: Stock) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    free, new, damaged, given_, held = stock.sims(5)
    stock.number()
    stock.change(new, item_state="New", item_location="Store 1")
    stock.change(damaged, item_state="Damaged")
    stock.change(given_, customer_id=a)
    with stock.runtime.db.write() as uow:
        service.reserve(uow, 1, {"SIM Card": held}, a)
    for path in (
        "/crm/inventory/available?item=SIM%20Card",
        "/crm/inventory/?item=SIM%20Card&available=true",
    ):
        assert ids(admin.get(path)) == [free, new]
    by_place = "/crm/inventory/available?item=SIM%20Card&item_location=Store%201"
    assert ids(admin.get(by_place)) == [new]
    assert ids(admin.get("/crm/inventory/available?item=SIM%20card")) == []
    assert admin.get("/crm/inventory/available").status_code == 422


def test_customers_pick_from_kinds_that_are_open_to_them(people: People, stock: Stock) -> None:
    anna, _ = people.customer("A", "view_own_inventory")
    stock.template("Open SIM", "ICCID", "IMSI", allow_dropdown_customer=True)
    stock.sims()
    (free,) = stock.sims(1, item="Open SIM")
    assert ids(anna.get("/crm/inventory/available?item=SIM%20Card")) == []
    answer = anna.get("/crm/inventory/available?item=Open%20SIM")
    assert ids(answer) == [free]
    assert set(answer.json["data"][0]) == {
        "inventory_id",
        "item",
        "inventory_template_id",
        "itemtext1",
        "itemtext2",
        "item_location",
        "item_state",
    }


def test_items_are_counted_by_kind_place_and_state(people: People, stock: Stock) -> None:
    stock.sims(3, item_location="Store 1")
    stock.sims(2, item_state="In Transit")
    admin = people.admin()
    rows = admin.get("/crm/inventory/counts").json["data"]
    found = {(row["item_location"], row["item_state"]): row["count"] for row in rows}
    assert found == {("Store 1", "In Stock"): 3, (None, "In Transit"): 2}
    narrowed = admin.get("/crm/inventory/counts?item_state=In%20Transit").json["data"]
    assert [row["count"] for row in narrowed] == [2]


def test_kinds_that_run_low_are_listed(people: People, stock: Stock) -> None:
    stock.sims(5)
    admin = people.admin()
    assert [row["item"] for row in admin.get("/crm/inventory/low_stock").json["data"]] == [
        "Mobile Number"
    ]
    stock.change(ids(admin.get("/crm/inventory/"))[0], item_state="Damaged")
    rows = admin.get("/crm/inventory/low_stock").json["data"]
    assert [(row["item"], row["available"], row["level"]) for row in rows] == [
        ("Mobile Number", 0, 5),
        ("SIM Card", 4, 5),
    ]


def test_low_stock_is_told_once_when_an_order_takes_the_last_enough(
    runtime: Runtime, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "_HANDLERS", {"watch": (InventoryStockLow, lambda *_: None)})
    for number, sim in enumerate(stock.sims(7), 1):
        with runtime.db.write() as uow:
            service.reserve(uow, number, {"SIM Card": sim}, None)
    with runtime.db.read() as uow:
        told = [row.payload for row in uow.session.scalars(select(OutboxRow))]
    assert [(row["item"], row["available"]) for row in told] == [("SIM Card", 4)]


def load(api: Api, sheet: str, **kwargs: Any) -> Any:
    return api.client.post(
        "/crm/inventory/import", data=sheet, headers=api.headers, content_type="text/csv", **kwargs
    )


@pytest.mark.usefixtures("stock")
def test_a_thousand_items_go_in_and_come_out_the_same(people: People) -> None:
    admin = people.admin()
    lines = ["item,ICCID,IMSI,item_state,item_location,latitude"]
    lines += [
        f'SIM Card,8944{n:06},31012{n:06},In Transit,"Store, {n % 3}",-33.8{n}' for n in range(1000)
    ]
    answer = load(admin, "\n".join(lines))
    assert answer.json == {"imported": 1000, "errors": []}
    answer = admin.get("/crm/inventory/export")
    assert answer.content_type.startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert len(rows) == 1000
    assert rows[999]["itemtext1"] == "8944000999"
    assert rows[4]["item_location"] == "Store, 1"
    assert rows[4]["latitude"] == "-33.84"
    again = load(admin, "".join(answer.get_data(as_text=True).splitlines(keepends=True)[:11]))
    assert again.json["imported"] == 10
    copy = admin.get("/crm/inventory/?sort=inventory_id&order=desc&per_page=1").json["data"][0]
    assert (copy["iccid"], copy["item_location"]) == ("8944000009", "Store, 0")


def test_a_wrong_sheet_loads_nothing_and_names_line_and_column(
    people: People, stock: Stock
) -> None:
    admin = people.admin()
    sheet = (
        "item,itemtext1,item_state,wholesale_cost\n"
        "SIM Card,1,New,1\n"
        "SIM Card,2,Vanished,dear\n"
        '\nSIM Card,"3\n3",New,1\n'
        "SIM Card,,New,1\n"
    )
    answer = load(admin, sheet)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} == {
        "line 3, item_state",
        "line 3, wholesale_cost",
    }
    late = load(
        admin, "item,itemtext1,colour\nSIM Card,1,\nSim Card,1,\nSIM Card,2,red\nSIM Card,,"
    )
    assert {error["field"] for error in late.json["errors"]} == {
        "line 3",
        "line 4, colour",
        "line 5, itemtext1",
    }
    assert ids(admin.get("/crm/inventory/")) == []


@pytest.mark.usefixtures("stock")
def test_what_is_no_sheet_is_malformed(people: People) -> None:
    admin = people.admin()
    for sheet in ("", "item,item\nSIM Card,1", 'item,itemtext1\n"SIM', "item\nSIM Card,1,2"):
        assert load(admin, sheet).status_code == 400, sheet
    assert ids(admin.get("/crm/inventory/")) == []


@pytest.mark.usefixtures("stock")
def test_a_sheet_can_come_as_a_file_of_a_form(people: People) -> None:
    admin = people.admin()
    given_file = (io.BytesIO("\ufeffitem,itemtext1\nSIM Card,1\n".encode()), "sims.csv")
    answer = admin.client.post(
        "/crm/inventory/import", data={"file": given_file}, headers=admin.headers
    )
    assert answer.json["imported"] == 1


def test_a_cell_that_spreadsheets_would_run_leaves_as_text(people: People, stock: Stock) -> None:
    admin = people.admin()
    payloads = ['=HYPERLINK("http://x")', "+1+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1"]
    for payload in payloads:
        stock.sims(1, itemtext1=payload)
    sheet = admin.get("/crm/inventory/export").get_data(as_text=True)
    cells = [row["itemtext1"] for row in csv.DictReader(io.StringIO(sheet))]
    assert cells == [f"'{payload}" for payload in payloads]
    assert load(admin, sheet).json["imported"] == 5
    rows = admin.get("/crm/inventory/").json["data"]
    assert [row["itemtext1"] for row in rows] == payloads * 2


PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20)
FORMULAS = st.builds(str.__add__, st.sampled_from(["=", "+", "-", "@", "\t"]), PLAIN)


@given(PLAIN | FORMULAS)
@settings(max_examples=100, deadline=None)
def test_no_cell_starts_a_formula_and_each_comes_back(cell: str) -> None:
    sheet = write_items([{"a": cell}], ["a"])
    (written,) = next(iter(list(csv.reader(io.StringIO(sheet, newline="")))[1:]), [""]) or [""]
    assert not written.startswith(("=", "@", "\t"))
    if not (cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t") and len(cell) > 1):
        assert _plain(written) == cell


def test_a_passed_home_is_found_by_its_address_and_others_are_not(
    people: People, stock: Stock
) -> None:
    stock.template("Home Passed", "Code")
    place = {"address_line_1": "456 Fiber Lane", "city": "Melbourne", "zip_code": "3000"}
    (home,) = stock.sims(1, item="Home Passed", **place)
    stock.sims(1, item="Home Passed", **place, item_state="Decommissioned")
    admin = people.admin()
    base = "/crm/inventory/qualification?item=Home%20Passed&"
    yes = admin.get(f"{base}address_line_1=456%20fiber%20LANE,&city=melbourne").json
    assert yes["qualified"] is True
    assert [row["inventory_id"] for row in yes["data"]] == [home]
    for other in ("address_line_1=457%20Fiber%20Lane", "address_line_1=456 Fiber Lane&city=Sydney"):
        assert admin.get(base + other).json == {"qualified": False, "data": []}
    assert admin.get(base).status_code == 422


def test_a_point_is_covered_within_the_radius(people: People, stock: Stock) -> None:
    near = {"latitude": "-33.8688", "longitude": "151.2093"}
    (cpe,) = stock.sims(1, **near)
    stock.sims(1, latitude="-33.9", longitude="151.2093")
    admin = people.admin()
    base = "/crm/inventory/qualification?latitude=-33.8679&longitude=151.2093&radius="
    found = admin.get(f"{base}150").json
    assert [row["inventory_id"] for row in found["data"]] == [cpe]
    assert 95 < found["data"][0]["distance"] < 105
    assert admin.get(f"{base}50").json["qualified"] is False
    assert stock.row(cpe)["latitude"] == "-33.8688"


def test_distances_follow_the_sphere() -> None:
    london, paris = (51.5074, -0.1278), (48.8566, 2.3522)
    assert distance(london, paris) == pytest.approx(343_560, rel=0.001)
    assert distance(london, london) == 0
