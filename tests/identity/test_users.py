"""Users: made, found, changed, deleted softly, restored, and never all shut out."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from omnicore.activity.models import Activity
from omnicore.identity import service
from omnicore.identity.errors import LastAdmin
from omnicore.identity.models import User
from omnicore.identity.service import users as user_service
from omnicore.sdk.errors import NotFound
from tests.conftest import Api, Clock, People
from tests.identity.conftest import PASSWORD, bearer

JANE = {
    "username": "jane.doe",
    "email": "Jane@X.example",
    "password": "TempP@ssw0rd!",
    "first_name": "Jane",
    "last_name": "Doe",
    "role": "Support, Finance",
}


@pytest.fixture
def admin(seeded: Any, people: People) -> Api:
    return people.admin()


def test_a_new_user_has_its_roles_and_may_log_in(admin: Api, client: Any) -> None:
    made = admin.post("/crm/auth/users", JANE).json
    assert made["roles"] == ["Support", "Finance"]
    assert made["email"] == "jane@x.example"
    assert made["created"].endswith("Z")
    assert admin.get(f"/auth/users/{made['id']}").json == made
    assert "password" not in str(made)
    login = {"email": JANE["email"], "password": JANE["password"]}
    assert client.post("/crm/auth/login", json=login).status_code == 200


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"email": "JANE@x.example", "username": "other"}, "jane@x.example"),
        ({"email": "other@x.example", "username": "Jane.Doe"}, "Jane.Doe"),
    ],
)
def test_name_and_address_belong_to_one_user(
    admin: Api, change: dict[str, str], named: str
) -> None:
    assert admin.post("/crm/auth/users", JANE).status_code == 200
    answer = admin.post("/crm/auth/users", JANE | change)
    assert answer.status_code == 409
    assert named.lower() in answer.json["message"].lower()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "Nobody"),
        ("role", ""),
        ("role", 7),
        ("email", "no address"),
        ("username", ""),
        ("username", "somebody@else.example"),
        ("contact_id", 4711),
        ("is_superuser", True),
        ("password", "short"),
        ("password", "no-upper-case-1"),
        ("password", "NO-LOWER-CASE-1"),
        ("password", "No-Digit-Here"),
        ("password", "NoSpecialSign1"),
        ("password", "Too-Long-1" * 10),
    ],
)
def test_a_user_with_a_wrong_field_is_refused_naming_it(admin: Api, field: str, value: Any) -> None:
    answer = admin.post("/crm/auth/users", JANE | {field: value})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert admin.get("/crm/auth/users?search=jane").json["data"] == []


@pytest.mark.parametrize("field", ["username", "email", "password", "first_name", "role"])
def test_a_user_needs_its_parts(admin: Api, field: str) -> None:
    body = {name: value for name, value in JANE.items() if name != field}
    answer = admin.post("/crm/auth/users", body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field


def test_what_was_read_can_be_sent_back_and_changes_nothing(admin: Api) -> None:
    made = admin.post("/crm/auth/users", JANE).json
    assert admin.put(f"/crm/auth/users/{made['id']}", made).status_code == 200
    read = admin.get(f"/crm/auth/users/{made['id']}").json
    assert read | {"last_modified": ""} == made | {"last_modified": ""}


def test_a_change_of_roles_holds_at_the_next_request(
    admin: Api, person: Any, log_in: Any, client: Any
) -> None:
    user_id = person("sue", "Finance")
    headers = bearer(log_in("sue").json["token"])
    assert client.get("/crm/customers", headers=headers).status_code == 403
    admin.put(f"/crm/auth/users/{user_id}", {"role": "Support, Finance"})
    assert client.get("/crm/customers", headers=headers).status_code == 200
    admin.put(f"/crm/auth/users/{user_id}", {"role": "Finance"})
    assert client.get("/crm/customers", headers=headers).status_code == 403


def test_a_deleted_user_is_out_at_once_and_can_be_restored(
    admin: Api, person: Any, log_in: Any, client: Any, clock: Clock
) -> None:
    user_id = person("sue")
    tokens = log_in("sue").json
    headers = bearer(tokens["token"])
    assert client.get("/crm/customers", headers=headers).status_code == 200
    assert admin.delete(f"/crm/auth/users/{user_id}").json == {"result": "success"}
    assert client.get("/crm/customers", headers=headers).status_code == 401
    assert log_in("sue").status_code == 401
    found = admin.get('/crm/auth/users/search?filters={"deleted":[true]}').json["data"]
    assert [row["id"] for row in found] == [user_id]
    assert user_id not in [row["id"] for row in admin.get("/crm/auth/users").json["data"]]
    assert admin.put(f"/crm/auth/users/{user_id}", {"deleted": False}).json["deleted_at"] is None
    assert log_in("sue").status_code == 200
    assert client.get("/crm/customers", headers=headers).status_code == 401
    body = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/crm/auth/refresh", json=body).status_code == 401


def test_an_inactive_user_is_out_at_once(admin: Api, person: Any, log_in: Any, client: Any) -> None:
    user_id = person("sue")
    headers = bearer(log_in("sue").json["token"])
    admin.patch(f"/crm/auth/users/{user_id}", {"active": False})
    assert client.get("/crm/customers", headers=headers).status_code == 401
    assert log_in("sue").status_code == 401


def test_users_are_found_by_text_role_domain_and_state(admin: Api, person: Any) -> None:
    sue, fin = person("sue", "Support"), person("fin", "Finance")
    both = person("amy", "Support", "Finance")

    def ids(query: str) -> list[int]:
        return sorted(row["id"] for row in admin.get(f"/auth/users/search?{query}").json["data"])

    assert ids("search=sue") == [sue]
    assert ids('filters={"role":["Support"]}') == [sue, both]
    assert ids('filters={"role":["support","FINANCE"]}') == [sue, fin, both]
    assert ids('filters={"email_domain":["example.com"]}') == [sue, fin, both]
    assert ids('filters={"is_2fa_enabled":[true]}') == []
    assert ids('filters={"role":["Support"],"active":[true]}&page=1&per_page=50') == [sue, both]


def test_the_list_of_users_is_paged_and_shows_roles(admin: Api, person: Any) -> None:
    for number in range(3):
        person(f"user{number}x", "Support", "Finance")
    page = admin.get("/crm/auth/users?per_page=2&sort=id&order=desc").json
    assert [row["roles"] for row in page["data"]] == [["Support", "Finance"]] * 2
    assert page["pagination"]["total_items"] == 4
    assert page["pagination"]["current_page"] == 1
    assert admin.get("/crm/auth/users").json["pagination"]["per_page"] == 10


def test_an_own_customer_comes_through_the_contact(admin: Api, people: People, client: Any) -> None:
    anna, customer_id = people.customer("A", "view_own_customer")
    me = anna.get("/crm/auth/me").json
    assert me["customer_id"] == customer_id
    assert me["user"]["contact"]["customer_id"] == customer_id
    path = f"/crm/customer/customer_id/{customer_id}"
    assert anna.get(path).status_code == 200
    admin.patch(f"/crm/auth/users/{me['user']['id']}", {"contact_id": None})
    assert anna.get(path).status_code == 404


def test_only_admins_touch_users(people: People, seeded: Any) -> None:
    staff = people.with_("view_customer", "manage_api_keys", "can_impersonate")
    assert staff.get("/crm/auth/users").status_code == 403
    assert staff.post("/crm/auth/users", JANE).status_code == 403
    assert staff.delete("/crm/auth/users/1").status_code == 403


def test_the_last_admin_stays(person: Any, log_in: Any, client: Any) -> None:
    first = person("root", "System Admin")
    headers = bearer(log_in("root").json["token"])
    path = f"/crm/auth/users/{first}"
    for refused in (
        client.delete(path, headers=headers),
        client.patch(path, json={"active": False}, headers=headers),
        client.patch(path, json={"role": "Support"}, headers=headers),
        client.patch(path, json={"deleted": True}, headers=headers),
    ):
        assert refused.status_code == 409
        assert refused.json["code"] == "last-admin"
    second = person("second", "admin")
    assert client.delete(path, headers=headers).status_code == 200
    assert client.get("/crm/auth/me", headers=headers).status_code == 401
    assert log_in("second").json["user"]["id"] == second


def test_of_two_admins_who_remove_each_other_one_stays(person: Any, seeded: Any) -> None:
    ids = [person("one", "admin"), person("two", "admin")]
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def go(user_id: int) -> None:
        together.wait()
        try:
            with seeded.db.write() as uow:
                user_service.remove(uow, user_id)
        except LastAdmin:
            outcomes.append("refused")
        else:
            outcomes.append("removed")

    threads = [threading.Thread(target=go, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "removed"]


def test_a_new_password_ends_sessions_and_unlocks(
    person: Any, log_in: Any, client: Any, seeded: Any
) -> None:
    person("sue")
    headers = bearer(log_in("sue").json["token"])
    for _ in range(5):
        log_in("sue", "Wrong-Horse-7")
    with seeded.db.write() as uow:
        service.set_password(uow, "SUE", "Another-Horse-8")
    assert client.get("/crm/customers", headers=headers).status_code == 401
    assert log_in("sue").status_code == 401
    assert log_in("sue", "Another-Horse-8").status_code == 200
    with pytest.raises(NotFound), seeded.db.write() as uow:
        service.set_password(uow, "nobody", "Another-Horse-8")


def test_changes_of_users_are_recorded_without_secrets(
    admin: Api, person: Any, seeded: Any
) -> None:
    user_id = person("sue")
    admin.patch(f"/crm/auth/users/{user_id}", {"role": "Finance", "phone_number": "+441"})
    with seeded.db.read() as uow:
        rows = uow.session.scalars(
            select(Activity).where(Activity.kind == "user", Activity.action == "updated")
        ).all()
        changes = rows[-1].details["changes"]
        assert changes["roles"] == {"added": ["Finance"], "removed": ["Support"]}
        assert changes["phone_number"] == {"old": None, "new": "+441"}
        assert rows[-1].ip_address == "127.0.0.1"
        kept = uow.get(User, user_id).password_hash
        everything = str([row.details for row in uow.session.scalars(select(Activity))])
    assert kept not in everything
    assert PASSWORD not in everything
