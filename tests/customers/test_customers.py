"""Customers: made, read, changed, listed, and seen by nobody else."""

from __future__ import annotations

from tests.conftest import People


def test_a_new_customer_can_be_read_back(people: People) -> None:
    admin = people.admin()
    made = admin.put("/crm/customer/", {"customer_name": "John Smith"}).json
    read = admin.get(f"/crm/customer/customer_id/{made['customer_id']}").json
    assert read == made
    assert read["customer_status"] == "Open"


def test_a_customer_sees_itself_and_nobody_else(people: People) -> None:
    anna, a = people.customer("A", "view_own_customer")
    _, b = people.customer("B", "view_own_customer")
    assert anna.get(f"/crm/customer/customer_id/{a}").status_code == 200
    assert anna.get(f"/crm/customer/customer_id/{b}").status_code == 404
    assert [row["customer_id"] for row in anna.get("/crm/customer/").json] == [a]


def test_an_unknown_field_is_named(people: People) -> None:
    answer = people.admin().put("/crm/customer/", {"customer_name": "A", "colour": "red"})
    assert answer.status_code == 422
    assert answer.json["errors"] == [{"field": "colour", "detail": "Unknown field."}]


def test_without_the_permission_nothing_is_said_of_the_body(people: People) -> None:
    assert people.with_("view_customer").put("/crm/customer/", {}).status_code == 403
    assert people.nobody().put("/crm/customer/", {}).status_code == 401
