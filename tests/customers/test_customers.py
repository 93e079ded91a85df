"""Customers: made, read, changed, found, listed, and seen by nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from omnicore.customers.errors import CustomerNotOpen
from omnicore.customers.models import Customer
from omnicore.customers.service import require_open
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NotFound
from tests.conftest import Api, People

FULL = {
    "customer_name": "Acme Corp",
    "customer_account_type": "business",
    "customer_status": "open",
    "customer_payment_type": "postpaid",
    "customer_enabled": True,
    "tax_identifier": "GB123",
    "contract_start_date": "2025-01-10",
    "contract_end_date": "2027-01-10T14:30:00+0000",
    "customer_notes": "pays late ☎",
}


@pytest.fixture
def extra_settings() -> str:
    return "crm:\n  customer_statuses: [Pending]\n  statuses_without_orders: [Suspended, Pending]\n"


@pytest.fixture
def admin(people: People) -> Api:
    return people.admin()


def test_a_new_customer_can_be_read_back(admin: Api) -> None:
    made = admin.put("/crm/customer/", {"customer_name": " John Smith "}).json
    read = admin.get(f"/crm/customer/customer_id/{made['customer_id']}").json
    assert read == made
    assert (read["customer_name"], read["customer_status"]) == ("John Smith", "Open")
    assert read["contacts"] == []


def test_every_field_goes_in_and_comes_out(admin: Api) -> None:
    made = admin.post("/crm/customer", FULL).json
    assert made["customer_account_type"] == "Business"
    assert made["customer_status"] == "Open"
    assert made["contract_start_date"] == "2025-01-10T00:00:00Z"
    assert made["contract_end_date"] == "2027-01-10T14:30:00Z"
    assert made["customer_notes"] == FULL["customer_notes"]


def test_a_read_can_be_sent_back_as_a_change(admin: Api) -> None:
    made = admin.put("/crm/customer/", FULL).json
    answer = admin.patch(f"/crm/customer/{made['customer_id']}", made)
    assert answer.status_code == 200
    assert answer.json == made


def test_all_paths_of_the_contract_lead_to_a_customer(admin: Api) -> None:
    made = admin.put("/crm/customer/", FULL).json
    for path in ("customer/customer_id", "customer_id", "customer"):
        assert admin.get(f"/crm/{path}/{made['customer_id']}").json == made


def test_a_customer_shows_its_contacts_and_the_address_of_its_first_site(
    people: People, admin: Api
) -> None:
    _, a = people.customer("A")
    for city in ("London", "Paris"):
        site = {"customer_id": a, "city": city, "latitude": 1, "longitude": 2}
        assert admin.put("/crm/site/", site).status_code == 200
    read = admin.get(f"/crm/customer/customer_id/{a}").json
    assert (read["city"], read["country"]) == ("London", "United Kingdom")
    assert [contact["contact_firstname"] for contact in read["contacts"]] == ["A"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("customer_name", "  "),
        ("customer_name", None),
        ("customer_status", "Sleeping"),
        ("customer_status", "Archived"),
        ("customer_account_type", "Robot"),
        ("contract_start_date", "soon"),
        ("contract_end_date", "2024-01-01"),
        ("colour", "red"),
    ],
)
def test_a_wrong_value_is_named_and_changes_nothing(admin: Api, field: str, value: object) -> None:
    made = admin.put("/crm/customer/", FULL).json
    path = f"/crm/customer/customer_id/{made['customer_id']}"
    answer = admin.patch(path, {"tax_identifier": "new", field: value})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert admin.get(path).json == made


def test_a_status_of_this_deployment_is_known(admin: Api) -> None:
    made = admin.put("/crm/customer/", {"customer_name": "A", "customer_status": "pending"})
    assert made.json["customer_status"] == "Pending"


def test_a_customer_sees_itself_and_nobody_else_and_not_the_notes(people: People) -> None:
    anna, a = people.customer("A", "view_own_customer")
    _, b = people.customer("B", "view_own_customer")
    assert "customer_notes" not in anna.get(f"/crm/customer/customer_id/{a}").json
    assert anna.get(f"/crm/customer/customer_id/{b}").status_code == 404
    [row] = anna.get("/crm/customer/").json
    assert row["customer_id"] == a
    assert "customer_notes" not in row
    assert anna.get("/crm/customers?search=B").json["data"] == []


def test_a_customer_may_not_change_its_own_type(people: People) -> None:
    anna, a = people.customer("A", "view_own_customer")
    change = {"customer_account_type": "Business"}
    assert anna.patch(f"/crm/customer/customer_id/{a}", change).status_code == 403


def test_without_the_permission_nothing_is_said_of_the_body(people: People) -> None:
    assert people.with_("view_customer").put("/crm/customer/", {}).status_code == 403
    assert people.nobody().put("/crm/customer/", {}).status_code == 401


@pytest.fixture
def known(admin: Api) -> dict[str, int]:
    ids = {}
    for name in ("John Smith", "Acme Corp", "Smithers & 100% Sons"):
        ids[name] = admin.put("/crm/customer/", {"customer_name": name}).json["customer_id"]
    for first, email, phone in (
        ("Jane", "jane@acme.example", "+44 20 7946-0123"),
        ("Bob", "bob@acme.example", "(020) 7946 0124"),
    ):
        admin.put("/crm/contact/", {
            "customer_id": ids["Acme Corp"], "contact_firstname": first,
            "contact_lastname": "X", "contact_email": email, "contact_phone": phone,
        })  # fmt: skip
    return ids


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("smith", ["Smithers & 100% Sons", "John Smith"]),
        ("SMITH john", ["John Smith"]),
        ("acme.example", ["Acme Corp"]),
        ("79460123", ["Acme Corp"]),
        ("7946-012", ["Acme Corp"]),
        ("jane@acme", ["Acme Corp"]),
        ("{id}", ["Acme Corp"]),
        ("100%", ["Smithers & 100% Sons"]),
        ("n_one", []),
        ("99999999999999999999999", []),
    ],
)
def test_customers_are_found_once_by_name_id_email_and_phone(
    admin: Api, known: dict[str, int], search: str, names: list[str]
) -> None:
    words = search.format(id=known["Acme Corp"])
    answer = admin.get("/crm/customers", query_string={"search": words, "page": 1}).json
    assert [row["customer_name"] for row in answer["data"]] == names
    assert answer["pagination"]["total_items"] == len(names)


def test_reading_takes_one_statement_however_many_contacts(
    runtime: Runtime, admin: Api, known: dict[str, int]
) -> None:
    said: list[str] = []
    event.listen(runtime.db.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    admin.get(f"/crm/customer/customer_id/{known['Acme Corp']}")
    assert len([statement for statement in said if "FROM customer" in statement]) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"customer_status": "Suspended"}, "suspended"),
        ({"customer_status": "Pending"}, "pending"),
        ({"customer_enabled": False}, "disabled"),
        (None, "archived"),
    ],
)
def test_a_customer_that_is_not_open_takes_no_orders(
    runtime: Runtime, admin: Api, change: dict[str, object] | None, reason: str
) -> None:
    made = admin.put("/crm/customer/", FULL).json["customer_id"]
    with runtime.db.write() as uow:
        assert require_open(uow, made).customer_id == made
    path = f"/crm/customer/customer_id/{made}"
    assert (admin.patch(path, change) if change else admin.delete(path)).status_code == 200
    with runtime.db.write() as uow, pytest.raises(CustomerNotOpen, match=reason) as refusal:
        require_open(uow, made)
    assert refusal.value.status == 409


def test_the_deployment_says_which_statuses_take_no_orders(runtime: Runtime, admin: Api) -> None:
    made = admin.put("/crm/customer/", FULL | {"customer_status": "Closed"}).json["customer_id"]
    with runtime.db.write() as uow:
        assert isinstance(require_open(uow, made), Customer)
        with pytest.raises(NotFound):
            require_open(uow, made + 1)
