"""The log over the API: read by who may, changed by nobody."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from omnicore.activity.recorder import record
from omnicore.customers.models import Contact
from omnicore.runtime import Runtime
from tests.conftest import People

LOG = "/crm/activity"


def filters(**wanted: list[Any]) -> str:
    return f"filters={quote(json.dumps(wanted))}"


def test_the_log_of_a_customer_is_newest_first_and_pages(people: People) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    for name in ("B", "C", "D"):
        admin.patch(f"/crm/customer/customer_id/{a}", {"customer_name": name})
    answer = admin.get(f"{LOG}/customer_id/{a}?per_page=2").json
    assert answer["pagination"]["total_items"] == 5
    ids = [row["activity_id"] for row in answer["data"]]
    assert ids == sorted(ids, reverse=True)
    assert answer["data"][0]["details"]["changes"]["customer_name"] == {"old": "C", "new": "D"}


def test_the_log_is_filtered_by_kind(people: People) -> None:
    _, a = people.customer("A")
    rows = people.admin().get(f"{LOG}/customer_id/{a}?{filters(kind=['contact'])}").json["data"]
    assert {row["kind"] for row in rows} == {"contact"}


def test_the_log_of_a_service_is_its_own(people: People, runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        for service_id in (5, 6):
            record(uow, "ocs", "called", "SetBalance", service_id=service_id)
    rows = people.admin().get(f"{LOG}/service_id/5").json["data"]
    assert [row["service_id"] for row in rows] == [5]


def test_a_customer_sees_its_own_log_without_what_is_internal(people: People) -> None:
    anna, a = people.customer("A", "view_own_customer_activity")
    bob, b = people.customer("B", "view_own_customer_activity")
    rows = anna.get(f"{LOG}/").json["data"]
    assert {row["customer_id"] for row in rows} == {a}
    assert not {"details", "actor", "ip_address", "impersonating_user_id"} & rows[0].keys()
    assert rows[0]["impersonated"] is False
    theirs = bob.get(f"{LOG}/").json["data"][0]["activity_id"]
    assert anna.get(f"{LOG}/activity_id/{theirs}").status_code == 404
    assert anna.get(f"{LOG}/customer_id/{b}").status_code == 404
    assert anna.get(f"{LOG}/activity_id/{rows[0]['activity_id']}").status_code == 200


def test_staff_without_a_customer_own_nothing(people: People) -> None:
    people.customer("A")
    assert people.with_("view_own_customer_activity").get(f"{LOG}/").json["data"] == []


def test_a_note_of_the_staff_is_kept_and_not_shown_to_the_customer(people: People) -> None:
    anna, a = people.customer("A", "view_own_customer_activity")
    admin = people.admin()
    note = admin.put(f"{LOG}/", {"customer_id": a, "description": "Called, will pay"})
    assert note.status_code == 200
    assert (note.json["kind"], note.json["description"]) == ("note", "Called, will pay")
    shown = admin.get(f"{LOG}/activity_id/{note.json['activity_id']}").json
    assert shown == note.json
    assert all(row["kind"] != "note" for row in anna.get(f"{LOG}/").json["data"])
    assert anna.get(f"{LOG}/activity_id/{note.json['activity_id']}").status_code == 404


def test_a_note_needs_a_customer_that_exists(people: People) -> None:
    answer = people.admin().put(f"{LOG}/", {"customer_id": 99, "description": "x"})
    assert answer.status_code == 404


@pytest.mark.parametrize("verb", ["patch", "put", "delete"])
def test_nobody_changes_or_removes_an_entry(people: People, verb: str) -> None:
    people.customer("A")
    admin = people.admin()
    before = admin.get(f"{LOG}/").json["data"][0]
    path = f"{LOG}/activity_id/{before['activity_id']}"
    answer = getattr(admin, verb)(path, {"description": "x"})
    assert answer.status_code == 405
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "activity-append-only"
    assert answer.headers["Allow"] == "GET"
    assert admin.get(path).json == before
    assert getattr(people.nobody(), verb)(path).status_code == 401


def test_reading_needs_a_permission(people: People) -> None:
    assert people.with_("view_customer").get(f"{LOG}/").status_code == 403
    assert people.nobody().get(f"{LOG}/").status_code == 401


def test_the_log_outlives_what_it_speaks_of(people: People, runtime: Runtime) -> None:
    _, a = people.customer("A")
    with runtime.db.write() as uow:
        contact = uow.add(Contact(customer_id=a, contact_email="x@a.example"))
    with runtime.db.write() as uow:
        uow.session.delete(uow.get(Contact, contact.contact_id))
    rows = people.admin().get(f"{LOG}/customer_id/{a}?{filters(action=['deleted'])}").json["data"]
    assert [row["entity_id"] for row in rows] == [str(contact.contact_id)]
