"""Kinds of items: labels, names as links, and who may see them."""

from __future__ import annotations

from typing import Any

from tests.conftest import Api, People

SIM = {"item": "SIM Card", "wholesale_cost": 2.50, "retail_cost": "10.00"}


def put(api: Api, **changes: Any) -> Any:
    return api.put("/crm/inventory_template/", SIM | changes)


def path(made: Any) -> str:
    return f"/crm/inventory_template/inventory_template_id/{made['inventory_template_id']}"


def test_a_new_kind_is_read_back_with_the_usual_labels(people: People) -> None:
    admin = people.admin()
    made = put(admin).json
    assert made["itemtext1_label"] == "Model Number"
    assert made["itemtext2_label"] == "Serial Number"
    assert (made["wholesale_cost"], made["retail_cost"]) == (2.5, 10.0)
    assert admin.get(path(made)).json == made
    assert admin.get("/crm/inventory_template/").json == [made]


def test_there_are_twenty_labels_and_no_more(people: People) -> None:
    admin = people.admin()
    labels = {f"itemtext{number}_label": f"Label {number}" for number in range(1, 21)}
    assert put(admin, **labels).json["itemtext20_label"] == "Label 20"
    refused = put(admin, item="Other", itemtext21_label="one too many")
    assert [error["field"] for error in refused.json["errors"]] == ["itemtext21_label"]


def test_costs_are_required(people: People) -> None:
    refused = people.admin().put("/crm/inventory_template/", {"item": "SIM Card"})
    assert {error["field"] for error in refused.json["errors"]} == {
        "wholesale_cost",
        "retail_cost",
    }


def test_labels_that_read_the_same_are_refused(people: People) -> None:
    refused = put(people.admin(), itemtext3_label="MSISDN", itemtext4_label="Phone Number")
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json["errors"]] == ["itemtext4_label"]


def test_names_are_unique_with_regard_to_case(people: People) -> None:
    admin = people.admin()
    put(admin)
    assert put(admin).json["code"] == "inventory-template-taken"
    assert put(admin, item="SIM card").status_code == 200


def test_new_labels_show_on_old_items_whose_data_stay(people: People) -> None:
    admin = people.admin()
    made = put(admin, itemtext1_label="ICCID").json
    item = admin.put("/crm/inventory/", {"item": "SIM Card", "itemtext1": "8944"}).json
    assert item["iccid"] == "8944"
    admin.patch(path(made), {"itemtext1_label": "Card Number"})
    read = admin.get(f"/crm/inventory/inventory_id/{item['inventory_id']}").json
    assert (read["itemtext1"], read["card_number"]) == ("8944", "8944")
    assert "iccid" not in read


def test_a_new_name_warns_of_products_that_ask_for_the_old_one(people: People) -> None:
    admin = people.admin()
    made = put(admin).json
    item = admin.put("/crm/inventory/", {"item": "SIM Card", "itemtext1": "8944"}).json
    plan = {"product_name": "Plan", "product_slug": "p", "category": "standalone"}
    asks = admin.put("/crm/product/", plan | {"inventory_items_list": "['SIM Card']"})
    assert asks.json["warnings"] == []
    answer = admin.patch(path(made), {"item": "Chip"}).json
    assert len(answer["warnings"]) == 1
    assert "'SIM Card'" in answer["warnings"][0]
    renamed = admin.get(f"/crm/inventory/inventory_id/{item['inventory_id']}").json
    assert renamed["item"] == "Chip"
    assert admin.get("/crm/inventory/?item=SIM%20Card&available=true").json["data"] == []


def test_a_product_that_asks_for_an_unknown_kind_is_warned_of(people: People) -> None:
    admin = people.admin()
    put(admin)
    plan = {"product_name": "Plan", "product_slug": "p", "category": "standalone"}
    made = admin.put("/crm/product/", plan | {"inventory_items_list": ["SIM card"]}).json
    assert made["warnings"] == ["there is no inventory template 'SIM card'"]


def test_a_kind_with_items_stays(people: People) -> None:
    admin = people.admin()
    made = put(admin).json
    item = admin.put("/crm/inventory/", {"item": "SIM Card", "itemtext1": "8944"}).json
    assert admin.delete(path(made)).status_code == 409
    admin.delete(f"/crm/inventory/inventory_id/{item['inventory_id']}")
    assert admin.delete(path(made)).json == {"result": "success"}
    assert admin.get(path(made)).status_code == 404


def test_customers_see_the_kinds_that_are_open_to_them(people: People) -> None:
    admin = people.admin()
    closed = put(admin).json
    opened = put(admin, item="Mobile Number", allow_dropdown_customer=True).json
    anna, _ = people.customer("A", "view_own_inventory_template")
    rows = anna.get("/crm/inventory_template/").json
    assert [row["item"] for row in rows] == ["Mobile Number"]
    assert anna.get("/crm/inventory_template/paginated").json["data"] == rows
    assert "wholesale_cost" not in rows[0]
    assert "wholesale_cost" not in anna.get(path(opened)).json
    assert anna.get(path(closed)).status_code == 404


def test_every_write_of_a_kind_needs_its_permission(people: People) -> None:
    made = put(people.admin()).json
    reader = people.with_("view_inventory_template")
    assert put(reader, item="b").status_code == 403
    assert reader.patch(path(made), {}).status_code == 403
    assert reader.delete(path(made)).status_code == 403
    assert people.with_("view_inventory").get("/crm/inventory_template/").status_code == 403
