"""Contacts: several types, a way to reach them, and the login that hangs on them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from omnicore.customers.models import Contact
from omnicore.customers.service import recipients
from omnicore.db.outbox import OutboxRow
from omnicore.identity.models import User
from omnicore.runtime import Runtime
from omnicore.sdk.events import ContactChanged
from omnicore.subscribers import subscribe
from tests.conftest import Api, People

NAMES = {"contact_firstname": "Ann", "contact_lastname": "Lee"}


@pytest.fixture
def admin(people: People) -> Api:
    return people.admin()


@pytest.fixture
def customer_id(admin: Api) -> int:
    made = admin.put("/crm/customer/", {"customer_name": "A"}).json["customer_id"]
    assert isinstance(made, int)
    return made


def make(admin: Api, customer_id: int, **values: object) -> int:
    body = NAMES | {"customer_id": customer_id, "contact_email": "ann@a.example"} | values
    answer = admin.put("/crm/contact/", body)
    assert answer.status_code == 200, answer.json
    made = answer.json["contact_id"]
    assert isinstance(made, int)
    return made


def test_a_contact_goes_through_its_life(admin: Api, customer_id: int) -> None:
    contact_id = make(admin, customer_id, contact_phone="+44 20 7946 0123")
    path = f"/crm/contact/contact_id/{contact_id}"
    read = admin.get(path).json
    assert (read["contact_phone"], read["has_user"]) == ("+44 20 7946 0123", False)
    changed = admin.patch(path, {"contact_lastname": "Poe"}).json
    assert (changed["contact_firstname"], changed["contact_lastname"]) == ("Ann", "Poe")
    assert admin.delete(path).json == {"result": "success"}
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("billing", "Billing"),
        ("PRIMARY, technical ,primary", "Primary,Technical"),
        (["Billing", "primary"], "Billing,Primary"),
        ("Owner,billing", "Owner,Billing"),
        ("", ""),
    ],
)
def test_types_come_as_list_or_text_in_any_case(
    admin: Api, customer_id: int, given: object, kept: str
) -> None:
    contact_id = make(admin, customer_id, contact_types=given)
    assert admin.get(f"/crm/contact/contact_id/{contact_id}").json["contact_types"] == kept


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"contact_email": "nonsense"}, "contact_email"),
        ({"contact_email": "a@b.example\nBcc: x@y.example"}, "contact_email"),
        ({"contact_email": ""}, "contact_email"),
        ({"contact_email": None}, "contact_email"),
        ({"contact_phone": "call me"}, "contact_phone"),
        ({"contact_types": 7}, "contact_types"),
        ({"contact_types": ["x" * 41]}, "contact_types"),
        ({"customer_id": None}, "customer_id"),
    ],
)
def test_a_wrong_contact_is_refused_by_field(
    admin: Api, customer_id: int, values: dict[str, object], field: str
) -> None:
    body = NAMES | {"customer_id": customer_id, "contact_email": "ann@a.example"} | values
    answer = admin.put("/crm/contact/", body)
    assert answer.status_code == 422
    assert [error["field"].split(".")[0] for error in answer.json["errors"]] == [field]
    assert admin.get("/crm/contact/").json["data"] == []


def test_the_last_way_to_reach_a_contact_stays(admin: Api, customer_id: int) -> None:
    path = f"/crm/contact/contact_id/{make(admin, customer_id)}"
    assert admin.patch(path, {"contact_email": None}).status_code == 422
    assert admin.patch(path, {"contact_email": "", "contact_phone": "0123 456"}).status_code == 200


def test_a_contact_does_not_move_to_another_customer(admin: Api, customer_id: int) -> None:
    other = admin.put("/crm/customer/", {"customer_name": "B"}).json["customer_id"]
    path = f"/crm/contact/contact_id/{make(admin, customer_id)}"
    assert admin.patch(path, {"customer_id": other}).json["customer_id"] == customer_id


def test_the_linked_user_is_shown_and_keeps_the_contact(
    runtime: Runtime, admin: Api, customer_id: int
) -> None:
    contact_id = make(admin, customer_id)
    with runtime.db.write() as uow:
        user = uow.add(
            User(username="ann", email="ann@a.example", password_hash="", contact_id=contact_id)
        )
    path = f"/crm/contact/contact_id/{contact_id}"
    assert admin.get(path).json["user_id"] == user.id
    [row] = admin.get(f"/crm/contact/customer_id/{customer_id}").json
    assert (row["user_id"], row["has_user"]) == (user.id, True)
    refused = admin.delete(path)
    assert (refused.status_code, refused.json["code"]) == (409, "contact-in-use")
    assert "ann" in refused.json["message"]
    with runtime.db.write() as uow:
        uow.get(User, user.id).deleted = True
    assert admin.delete(path).status_code == 200


def test_mail_lists_are_told_of_every_change(
    runtime: Runtime, admin: Api, customer_id: int
) -> None:
    subscribe("test.contacts", ContactChanged, _hear)
    path = f"/crm/contact/contact_id/{make(admin, customer_id)}"
    admin.patch(path, {"contact_lastname": "Poe"})
    admin.delete(path)
    with runtime.db.read() as uow:
        rows = uow.session.scalars(
            select(OutboxRow)
            .where(OutboxRow.subscriber == "core:test.contacts")
            .order_by(OutboxRow.outbox_id)
        ).all()
    assert [row.payload["change"] for row in rows] == ["created", "updated", "deleted"]
    assert {row.payload["customer_id"] for row in rows} == {customer_id}


def _hear(runtime: Runtime, event: ContactChanged) -> None:
    raise AssertionError("nothing is delivered in this test")


@pytest.mark.parametrize(
    ("types", "kind", "chosen"),
    [
        (["Primary", "billing", "Billing,Technical"], "Billing", [1, 2]),
        (["Primary", "Technical"], "Billing", [0]),
        (["Technical", "Owner"], "Billing", [0]),
        (["Primary,Billing"], "technical", [0]),
        (["Billingham", "Primary"], "Billing", [1]),
        ([], "Billing", []),
    ],
)
def test_each_kind_of_news_goes_to_its_contacts(
    runtime: Runtime, customer_id: int, types: list[str], kind: str, chosen: list[int]
) -> None:
    with runtime.db.write() as uow:
        uow.add(Contact(customer_id=customer_id, contact_phone="123", contact_types=kind))
        for number, words in enumerate(types):
            uow.add(
                Contact(
                    customer_id=customer_id,
                    contact_email=f"c{number}@a.example",
                    contact_types=words,
                )
            )
    with runtime.db.read() as uow:
        found = [row["contact_email"] for row in recipients(uow, customer_id, kind)]
    assert found == [f"c{number}@a.example" for number in chosen]
