"""Deleting a customer: refused while business is open, else archived, and restored whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from omnicore.customers import guards
from omnicore.customers.models import Customer
from omnicore.db.outbox import OutboxRow
from omnicore.db.scope import Scope
from omnicore.db.uow import UnitOfWork
from omnicore.runtime import Runtime
from omnicore.sdk.events import CustomerArchived, CustomerRestored
from omnicore.subscribers import subscribe
from tests.conftest import Api, People

told: list[str] = []


def _hear(runtime: Runtime, event: CustomerArchived | CustomerRestored) -> None:
    told.append(event.name)


@pytest.fixture
def admin(people: People) -> Api:
    return people.admin()


@pytest.fixture
def open_business() -> Iterator[dict[str, str]]:
    """What is left of the customer's business, by the name of the room that says so."""
    left: dict[str, str] = {}

    def check_of(name: str) -> guards.Guard:
        return lambda uow, customer_id: left.get(name)

    for name in ("test services", "test transactions"):
        guards.register(name, check_of(name))
    yield left
    for name in ("test services", "test transactions"):
        guards.unregister(name)


def lists(admin: Api) -> dict[str, int]:
    """How many rows each list shows."""
    kinds = ("customer", "contact", "site", "attribute", "tag")
    return {
        kind: admin.get(f"/crm/{kind}/paginated").json["pagination"]["total_items"]
        for kind in kinds
    }


BODIES: dict[str, dict[str, object]] = {
    "contact": {"contact_firstname": "A", "contact_lastname": "B", "contact_phone": "12345"},
    "site": {"latitude": 1, "longitude": 1},
    "attribute": {"attribute_name": "vlan", "attribute_value": "100"},
    "tag": {"tag_text": "VIP", "tag_hex_color": "FFD700", "tag_active_date": "2025-01-01"},
}


def furnish(admin: Api, customer_id: int) -> dict[str, int]:
    """One of everything; their ids by kind."""
    own = {"customer_id": customer_id}
    made = {kind: admin.put(f"/crm/{kind}/", own | body) for kind, body in BODIES.items()}
    return {kind: answer.json[f"{kind}_id"] for kind, answer in made.items()}


def test_each_blocker_is_named_until_the_last_is_gone(
    admin: Api, open_business: dict[str, str]
) -> None:
    made = admin.put("/crm/customer/", {"customer_name": "C"}).json
    path = f"/crm/customer/customer_id/{made['customer_id']}"
    open_business |= {"test services": "1 active service", "test transactions": "2 charges"}
    answer = admin.delete(path)
    assert answer.status_code == 409
    assert answer.json["code"] == "customer-in-use"
    assert answer.json["blockers"] == ["1 active service", "2 charges"]
    del open_business["test services"]
    assert admin.delete(path).json["blockers"] == ["2 charges"]
    assert admin.get(path).json == made
    del open_business["test transactions"]
    assert admin.delete(path).json == {"result": "success"}


def test_an_archived_customer_leaves_the_lists_with_all_it_has_and_comes_back(
    admin: Api, people: People
) -> None:
    _, other = people.customer("Other")
    furnish(admin, other)
    before = lists(admin)
    made = admin.put("/crm/customer/", {"customer_name": "C", "customer_status": "Suspended"}).json
    furnish(admin, made["customer_id"])
    furnished, path = lists(admin), f"/crm/customer/customer_id/{made['customer_id']}"
    whole = admin.get(path).json
    assert admin.delete(path).status_code == 200
    assert admin.get(path).json["customer_status"] == "Archived"
    assert lists(admin) == before
    assert admin.get("/crm/customers?search=C").json["data"] == []
    archived = admin.get('/crm/customers?filters={"customer_status":["Archived"]}').json["data"]
    assert [row["customer_id"] for row in archived] == [made["customer_id"]]
    restored = admin.post(f"{path}/restore").json
    assert restored | {"last_modified": ""} == whole | {"last_modified": ""}
    assert lists(admin) == furnished


def test_an_archived_customer_changes_only_by_being_restored(admin: Api) -> None:
    made = admin.put("/crm/customer/", {"customer_name": "C"}).json["customer_id"]
    path = f"/crm/customer/customer_id/{made}"
    rows = furnish(admin, made)
    admin.delete(path)
    assert admin.patch(path, {"customer_name": "D"}).json["code"] == "customer-archived"
    answers = [admin.put(f"/crm/{kind}/", {"customer_id": made} | BODIES[kind]) for kind in rows]
    for kind, key in rows.items():
        answers.append(admin.patch(f"/crm/{kind}/{kind}_id/{key}", {}))
        answers.append(admin.delete(f"/crm/{kind}/{kind}_id/{key}"))
    for answer in answers:
        assert (answer.status_code, answer.json["code"]) == (409, "customer-archived")
    assert admin.patch(path, {"customer_status": "Open"}).json["customer_status"] == "Open"


def test_deleting_twice_and_restoring_twice_is_once(admin: Api) -> None:
    made = admin.put("/crm/customer/", {"customer_name": "C"}).json["customer_id"]
    path = f"/crm/customer/customer_id/{made}"
    for _ in range(2):
        assert admin.delete(path).status_code == 200
    for _ in range(2):
        assert admin.post(f"{path}/restore").json["customer_status"] == "Open"


def test_a_customer_is_not_archived_by_way_of_a_change(people: People) -> None:
    clerk = people.with_("create_customer", "update_customer", "view_customer")
    made = clerk.put("/crm/customer/", {"customer_name": "C"}).json["customer_id"]
    path = f"/crm/customer/customer_id/{made}"
    assert clerk.patch(path, {"customer_status": "Archived"}).status_code == 422
    assert clerk.delete(path).status_code == 403


def test_rooms_above_are_told_of_both(runtime: Runtime, admin: Api) -> None:
    subscribe("test.archived", CustomerArchived, _hear)
    subscribe("test.restored", CustomerRestored, _hear)
    made = admin.put("/crm/customer/", {"customer_name": "C"}).json["customer_id"]
    admin.delete(f"/crm/customer/customer_id/{made}")
    admin.post(f"/crm/customer/customer_id/{made}/restore")
    with runtime.db.read() as uow:
        rows = uow.session.scalars(
            select(OutboxRow).where(OutboxRow.subscriber.startswith("core:test."))
        ).all()
    assert [(row.event_name, row.payload["customer_id"]) for row in rows] == [
        ("customer.archived", made),
        ("customer.restored", made),
    ]


def test_a_guard_looks_at_all_rows(runtime: Runtime, people: People) -> None:
    _, a = people.customer("A")
    _, b = people.customer("B")
    seen: list[bool] = []

    def look(uow: UnitOfWork, customer_id: int) -> str | None:
        seen.append(uow.session.get(Customer, b) is not None)
        return None

    guards.register("test look", look)
    with runtime.db.write(scope=Scope(a)) as uow:
        guards.reasons(uow, a)
    guards.unregister("test look")
    assert seen == [True]


def test_two_guards_of_one_name_are_refused() -> None:
    guards.register("test twice", check := lambda uow, customer_id: None)
    guards.register("test twice", check)
    with pytest.raises(ValueError, match="test twice"):
        guards.register("test twice", lambda uow, customer_id: "no")
    guards.unregister("test twice")
