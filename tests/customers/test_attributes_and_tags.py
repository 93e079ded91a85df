"""Attributes and tags: one value a name, and labels between two dates."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from omnicore.customers.models import CustomerAttribute
from omnicore.customers.service import attributes
from omnicore.runtime import Runtime
from tests.conftest import Api, Clock, People

TAG = {
    "tag_text": "VIP Customer",
    "tag_hex_color": "FFD700",
    "tag_link": "https://example.com/vip",
    "tag_active_date": "2025-01-01 00:00:00",
}


@pytest.fixture
def admin(people: People) -> Api:
    return people.admin()


@pytest.fixture
def customer_id(admin: Api) -> int:
    made = admin.put("/crm/customer/", {"customer_name": "A"}).json["customer_id"]
    assert isinstance(made, int)
    return made


def put(admin: Api, customer_id: int, name: str, value: object) -> Any:
    body = {"customer_id": customer_id, "attribute_name": name, "attribute_value": value}
    return admin.put("/crm/attribute/", body)


def test_putting_a_name_twice_changes_its_value(admin: Api, customer_id: int, clock: Clock) -> None:
    first = put(admin, customer_id, "external_crm_id", "SF-12345").json
    clock.advance(minutes=10)
    second = put(admin, customer_id, "external_crm_id", "SF-54321").json
    assert first["created"] == "2026-05-01 12:00:00"
    assert second == first | {
        "attribute_value": "SF-54321",
        "last_modified": "2026-05-01 12:10:00",
    }
    assert admin.get(f"/crm/attribute/customer_id/{customer_id}").json == [second]


def test_names_differ_by_case_on_every_database(admin: Api, customer_id: int) -> None:
    for name in ("vlan", "VLAN", "vlän"):
        put(admin, customer_id, name, name)
    rows = admin.get(f"/crm/attribute/customer_id/{customer_id}").json
    assert [row["attribute_value"] for row in rows] == ["vlan", "VLAN", "vlän"]


def test_an_attribute_is_read_changed_and_removed(admin: Api, customer_id: int) -> None:
    made = put(admin, customer_id, "tier", "gold").json
    path = f"/crm/attribute/attribute_id/{made['attribute_id']}"
    assert admin.get(path).json == made
    renamed = admin.patch(path, {"attribute_name": "support_tier"}).json
    assert (renamed["attribute_name"], renamed["attribute_value"]) == ("support_tier", "gold")
    assert admin.patch(path, {"attribute_value": "lead"}).json["attribute_value"] == "lead"
    assert admin.delete(path).json == {"result": "success"}
    assert admin.get(path).status_code == 404


def test_a_rename_does_not_swallow_another_attribute(admin: Api, customer_id: int) -> None:
    put(admin, customer_id, "one", "1")
    second = put(admin, customer_id, "two", "2").json["attribute_id"]
    answer = admin.patch(f"/crm/attribute/attribute_id/{second}", {"attribute_name": "one"})
    assert (answer.status_code, answer.json["code"]) == (409, "attribute-exists")


@pytest.mark.parametrize(
    ("given", "kept"), [("v" * 150, "v" * 150), (100, "100"), (True, "true"), (0.5, "0.5")]
)
def test_values_are_texts_of_150_characters(
    admin: Api, customer_id: int, given: object, kept: str
) -> None:
    assert put(admin, customer_id, "name", given).json["attribute_value"] == kept


@pytest.mark.parametrize("value", ["v" * 151, None, ["x"], {"a": 1}])
def test_other_values_are_refused(admin: Api, customer_id: int, value: object) -> None:
    answer = put(admin, customer_id, "name", value)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "attribute_value"


def test_an_unknown_customer_has_no_attributes(admin: Api) -> None:
    assert put(admin, 99, "name", "value").status_code == 404
    assert admin.get("/crm/attribute/customer_id/99").status_code == 404


def test_parallel_puts_of_one_name_make_one_row(runtime: Runtime, customer_id: int) -> None:
    start, failures = threading.Barrier(6), []

    def write(number: int) -> None:
        start.wait()
        try:
            with runtime.db.write() as uow:
                attributes.put(uow, customer_id, "name", str(number))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with runtime.db.read() as uow:
        count = uow.session.scalar(select(func.count()).select_from(CustomerAttribute))
        assert attributes.value(uow, customer_id, "name") in set("012345")
    assert (failures, count) == ([], 1)


def test_a_tag_goes_through_its_life(admin: Api, customer_id: int) -> None:
    made = admin.put("/crm/tag/", TAG | {"customer_id": customer_id}).json
    assert made["tag_active_date"] == "2025-01-01T00:00:00Z"
    assert made["tag_deactivate_date"] == "2099-01-01T00:00:00Z"
    path = f"/crm/tag/tag_id/{made['tag_id']}"
    change = {"tag_text": "Updated", "tag_hex_color": "#ff0000", "tag_link": None}
    changed = admin.patch(path, change).json
    assert changed == made | {"tag_text": "Updated", "tag_hex_color": "ff0000", "tag_link": None}
    assert admin.get(path).json == changed
    assert admin.delete(path).json == {"result": "success"}
    assert admin.get(f"/crm/tag/customer_id/{customer_id}").json == []


def test_a_tag_shows_itself_from_one_date_to_the_other(
    people: People, customer_id: int, clock: Clock
) -> None:
    admin = people.admin()
    for text, start, end in (
        ("tomorrow", "2026-05-02 12:00:00", "2099-01-01"),
        ("yesterday", "2026-04-01", "2026-04-30"),
        ("now", "2026-05-01 12:00:00", "2026-05-01 12:00:01"),
    ):
        admin.put("/crm/tag/", {
            **TAG, "customer_id": customer_id, "tag_text": text,
            "tag_active_date": start, "tag_deactivate_date": end,
        })  # fmt: skip
    path = f"/crm/tag/customer_id/{customer_id}"

    def shown(query: str) -> list[str]:
        return [row["tag_text"] for row in people.admin().get(path + query).json]

    assert shown("") == ["tomorrow", "yesterday", "now"]
    assert shown("?active_only=true") == ["now"]
    clock.advance(days=1)
    assert shown("?active_only=1") == ["tomorrow"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tag_text", ""),
        ("tag_hex_color", "gold"),
        ("tag_hex_color", "FFD7001"),
        ("tag_link", "javascript:alert(1)"),
        ("tag_link", " JavaScript:alert(1)"),
        ("tag_link", "data:text/html,x"),
        ("tag_link", "//example.com"),
        ("tag_link", "https://"),
        ("tag_link", 'https://example.com/"onclick="x'),
        ("tag_link", "https://example.com/\njavascript:x"),
        ("tag_active_date", None),
        ("tag_active_date", 20250101),
        ("tag_deactivate_date", "2024-12-31"),
    ],
)
def test_a_wrong_tag_is_refused_by_field(
    admin: Api, customer_id: int, field: str, value: object
) -> None:
    answer = admin.put("/crm/tag/", TAG | {"customer_id": customer_id, field: value})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_change_keeps_the_dates_in_order(admin: Api, customer_id: int) -> None:
    made = admin.put("/crm/tag/", TAG | {"customer_id": customer_id}).json
    path = f"/crm/tag/tag_id/{made['tag_id']}"
    assert admin.patch(path, {"tag_active_date": "2100-01-01"}).status_code == 422
    assert admin.get(path).json == made
