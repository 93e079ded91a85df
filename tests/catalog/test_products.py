"""The catalogue: what is stored, who sees what of it, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Api, People

PLAN = {
    "product_name": "Prepaid Mobile 20GB",
    "product_slug": "prepaid-mobile-20gb",
    "category": "standalone",
    "service_type": "mobile",
    "retail_cost": 15.00,
    "wholesale_cost": "5.00",
    "inventory_items_list": "['SIM Card', 'Mobile Number']",
    "provisioning_play": "play_local_mobile_sim",
    "provisioning_json_vars": '{"days": 30}',
    "comment": "our cash cow",
}


def put(api: Api, **changes: Any) -> Any:
    return api.put("/crm/product/", PLAN | changes)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [row["product_slug"] for row in answer.json]


def test_a_new_product_is_read_back_as_it_was_written(people: People) -> None:
    admin = people.admin()
    made = put(admin, tax_percentage=12.5, available_from="2026-01-01T00:00:00+0000").json
    made.pop("warnings")
    assert admin.get(f"/crm/product/product_id/{made['product_id']}").json == made
    assert {name: made[name] for name in ("retail_cost", "tax_percentage", "available_from")} == {
        "retail_cost": 15.0,
        "tax_percentage": 12.5,
        "available_from": "2026-01-01T00:00:00Z",
    }
    assert made["inventory_items_list"] == PLAN["inventory_items_list"]


def test_the_margin_is_shown_to_staff(people: People) -> None:
    made = put(people.admin()).json
    assert (made["margin"], made["margin_percent"]) == (10.0, 67)


def test_a_free_product_has_no_margin_in_per_cent(people: People) -> None:
    made = put(people.admin(), retail_cost=0, wholesale_cost=0).json
    assert (made["margin"], made["margin_percent"]) == (0.0, None)


def test_a_slug_is_unique_whatever_its_case(people: People) -> None:
    admin = people.admin()
    put(admin)
    answer = put(admin, product_slug="Prepaid-Mobile-20GB")
    assert (answer.status_code, answer.json["code"]) == (409, "product-slug-taken")
    other = put(admin, product_slug="other").json["product_id"]
    changed = admin.patch(
        f"/crm/product/product_id/{other}", {"product_slug": "PREPAID-mobile-20gb"}
    )
    assert changed.status_code == 409


def test_a_product_is_found_by_its_slug_in_any_case(people: People) -> None:
    admin = people.admin()
    made = put(admin).json
    found = admin.get("/crm/product/product_slug/Prepaid-Mobile-20GB").json
    assert found["product_id"] == made["product_id"]
    assert admin.get("/crm/product/product_slug/nothing").status_code == 404


WRONG = [
    ("service_type", "telegraph"),
    ("provisioning_play", "../../etc/x"),
    ("provisioning_play", "plays/other"),
    ("provisioning_play", "..hidden"),
    ("provisioning_json_vars", "[1, 2]"),
    ("provisioning_json_vars", "{broken"),
    ("inventory_items_list", "['SIM Card'"),
    ("inventory_items_list", "[__import__('os').getpid()]"),
    ("relies_on_list", "[[1]]"),
    ("product_slug", "with space"),
    ("product_slug", "line\n"),
    ("category", "gift"),
    ("retail_cost", "-1"),
    ("retail_cost", "NaN"),
    ("auto_renew", "maybe"),
    ("product_name", ""),
    ("enabled", "perhaps"),
    ("available_from", 12),
    ("colour", "red"),
]


def test_a_wrong_value_is_refused_by_name(people: People) -> None:
    admin = people.admin()
    for field, value in WRONG:
        answer = put(admin, **{field: value})
        assert answer.status_code == 422, (field, value)
        assert [error["field"] for error in answer.json["errors"]] == [field]
    assert admin.get("/crm/product/paginated").json["data"] == []


def test_the_window_may_not_end_before_it_begins(people: People) -> None:
    answer = put(people.admin(), available_from="2026-02-01", available_until="2026-01-01")
    assert answer.status_code == 422


def test_a_double_inventory_type_is_warned_of(people: People) -> None:
    answer = put(people.admin(), inventory_items_list=["SIM Card", "SIM Card"])
    assert answer.status_code == 200
    assert any("'SIM Card' twice" in warning for warning in answer.json["warnings"])
    assert answer.json["inventory_items_list"] == "['SIM Card', 'SIM Card']"


def test_a_play_is_named_without_its_suffix_and_a_chain_as_a_list(people: People) -> None:
    admin = people.admin()
    assert put(admin, provisioning_play="play_a.yaml").json["provisioning_play"] == "play_a"
    chain = put(admin, product_slug="chain", provisioning_play=["play_a", "play_b"]).json
    assert chain["provisioning_play"] == "['play_a', 'play_b']"


def test_json_booleans_are_good_for_auto_renew(people: People) -> None:
    assert put(people.admin(), auto_renew=True).json["auto_renew"] == "true"


def test_a_change_keeps_what_it_does_not_name(people: People) -> None:
    admin = people.admin()
    made = put(admin).json
    path = f"/crm/product/product_id/{made['product_id']}"
    changed = admin.patch(path, {"enabled": False, "product_id": 99, "margin": 1}).json
    assert changed["enabled"] is False
    assert changed["product_id"] == made["product_id"]
    assert changed["product_name"] == made["product_name"]
    assert admin.get(path).json["enabled"] is False


def test_a_clone_gets_a_name_and_a_slug_of_its_own(people: People) -> None:
    admin = people.admin()
    made = put(admin).json
    path = f"/crm/product/product_id/{made['product_id']}/clone"
    first, second = admin.post(path).json, admin.post(path).json
    assert first["product_name"] == "Prepaid Mobile 20GB_clone"
    assert first["product_slug"] == "prepaid-mobile-20gb-clone"
    assert second["product_slug"] == "prepaid-mobile-20gb-clone-2"
    assert first["comment"] == made["comment"]
    assert len({made["product_id"], first["product_id"], second["product_id"]}) == 3


def test_a_deleted_product_is_gone(people: People) -> None:
    admin = people.admin()
    path = f"/crm/product/product_id/{put(admin).json['product_id']}"
    assert admin.delete(path).json == {"result": "success"}
    assert admin.get(path).status_code == 404
    assert admin.delete(path).status_code == 404


def test_every_write_needs_its_permission(people: People) -> None:
    made = put(people.admin()).json
    path = f"/crm/product/product_id/{made['product_id']}"
    reader = people.with_("view_product")
    assert put(reader, product_slug="b").status_code == 403
    assert reader.patch(path, {}).status_code == 403
    assert reader.delete(path).status_code == 403
    assert reader.post(f"{path}/clone").status_code == 403
    assert people.with_("view_customer").get("/crm/product/").status_code == 403
    assert people.nobody().get("/crm/product/").status_code == 401


def test_the_pages_hold_all_products_and_the_list_what_is_for_sale(people: People) -> None:
    admin = people.admin()
    put(admin, product_slug="off", enabled=False)
    put(admin, product_slug="soon", available_from="2026-05-01T13:00:00Z")
    put(admin, product_slug="over", available_until="2026-05-01T11:00:00Z")
    put(admin, product_slug="now", available_from=None, available_until=None)
    assert names(admin.get("/crm/product/")) == ["now"]
    assert len(names(admin.get("/crm/product/?include_disabled=true"))) == 4
    pages = admin.get("/crm/product/paginated?page=1&per_page=50").json
    assert len(pages["data"]) == pages["pagination"]["total_items"] == 4
    assert pages["data"][0]["margin"] == 10.0


def test_the_list_is_narrowed_by_category_type_and_audience(people: People) -> None:
    admin = people.admin()
    put(admin, product_slug="res", business=False)
    put(admin, product_slug="bus", residential=False)
    put(admin, product_slug="data", category="addon")
    put(admin, product_slug="net", category="addon", service_type="internet")
    assert names(admin.get("/crm/product/?category=addon&service_type=mobile")) == ["data"]
    assert names(admin.get("/crm/product/?residential=true")) == ["res", "data", "net"]
    assert names(admin.get("/crm/product?business=true")) == ["bus", "data", "net"]
    assert names(admin.get("/crm/product/?search=bus")) == ["bus"]


@pytest.fixture
def shop(people: People) -> dict[str, int]:
    admin = people.admin()
    made = [
        put(admin, product_slug="res", business=False),
        put(admin, product_slug="bus", residential=False),
        put(admin, product_slug="both"),
        put(admin, product_slug="staff", customer_can_purchase=False),
        put(admin, product_slug="off", enabled=False),
    ]
    return {answer.json["product_slug"]: answer.json["product_id"] for answer in made}


@pytest.mark.usefixtures("shop")
def test_customers_see_what_they_may_buy(people: People) -> None:
    admin = people.admin()
    anna, _ = people.customer("A", "view_own_customer_service")
    bob, b = people.customer("B", "view_own_customer_service")
    admin.patch(f"/crm/customer/customer_id/{b}", {"customer_account_type": "Business"})
    assert names(anna.get("/crm/product/")) == ["res", "both"]
    assert names(bob.get("/crm/product/")) == ["bus", "both"]
    assert names(anna.get("/crm/product/?include_disabled=true")) == ["res", "both"]
    pages = anna.get("/crm/product/paginated").json
    assert [row["product_slug"] for row in pages["data"]] == ["res", "both"]


def test_customers_are_not_told_what_is_for_staff(people: People, shop: dict[str, int]) -> None:
    hidden = {"comment", "wholesale_cost", "wholesale_setup_cost", "margin", "margin_percent"}
    hidden |= {"provisioning_play", "provisioning_json_vars"}
    for rights in (("view_own_customer_service",), ("view_product",)):
        anna, _ = people.customer("A", *rights)
        rows = anna.get("/crm/product/").json
        rows += anna.get("/crm/product/paginated").json["data"]
        rows.append(anna.get(f"/crm/product/product_id/{shop['both']}").json)
        rows.append(anna.get("/crm/product/product_slug/both").json)
        assert all(hidden.isdisjoint(row) for row in rows)
        for slug in ("bus", "staff", "off"):
            assert anna.get(f"/crm/product/product_id/{shop[slug]}").status_code == 404
            assert anna.get(f"/crm/product/product_slug/{slug}").status_code == 404


def test_what_customers_may_not_see_they_cannot_sort_or_filter_by(people: People) -> None:
    anna, _ = people.customer("A", "view_own_customer_service")
    assert anna.get("/crm/product/?sort=wholesale_cost").status_code == 422
    assert anna.get('/crm/product/?filters={"comment":["x"]}').status_code == 422
