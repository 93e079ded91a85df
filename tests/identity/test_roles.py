"""Roles and permissions: who may do what is the union of the roles, at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from omnicore.activity.models import Activity
from omnicore.identity.catalogue import PERMISSIONS, READY_ROLES
from omnicore.identity.models import Permission, Role, User
from tests.conftest import Api, People
from tests.identity.conftest import bearer


@pytest.fixture
def admin(seeded: Any, people: People) -> Api:
    return people.admin()


def _ids(admin: Api, *names: str) -> list[int]:
    known = {row["name"]: row["id"] for row in admin.get("/crm/auth/permissions").json}
    return [known[name] for name in names]


def test_a_new_deployment_has_the_catalogue_and_the_ready_roles(admin: Api) -> None:
    names = {row["name"] for row in admin.get("/crm/auth/permissions").json}
    assert set(PERMISSIONS) <= names
    assert len(PERMISSIONS) == 86
    roles = {row["name"]: row for row in admin.get("/crm/auth/roles").json}
    for name, (_, wanted) in READY_ROLES.items():
        assert {item["name"] for item in roles[name]["permissions"]} == wanted


def test_a_role_starts_empty_and_works_as_soon_as_it_is_given(
    admin: Api, person: Any, log_in: Any, client: Any
) -> None:
    user_id = person("spec", "Finance")
    headers = bearer(log_in("spec").json["token"])
    role = admin.post("/auth/roles", {"name": "Specialist", "description": "Orders"}).json
    assert (role["permissions"], role["users"]) == ([], [])
    path = f"/auth/roles/{role['id']}"
    ids = _ids(admin, "view_customer", "create_customer", "view_product")
    given_ = admin.post(f"{path}/permissions", {"permission_ids": ids}).json
    assert sorted(item["id"] for item in given_["permissions"]) == sorted(ids)
    assert admin.post(f"{path}/permissions", {"permission_id": ids[0]}).status_code == 200
    assert len(admin.get(f"{path}/permissions").json) == 3
    assert client.get("/crm/customers", headers=headers).status_code == 403
    assert admin.post(f"{path}/users/{user_id}").json["users"][0]["id"] == user_id
    assert client.get("/crm/customers", headers=headers).status_code == 200
    assert [row["id"] for row in admin.get(f"{path}/users").json] == [user_id]
    admin.delete(f"{path}/permissions/{ids[0]}")
    assert client.get("/crm/customers", headers=headers).status_code == 403
    made = client.put("/crm/customer/", json={"customer_name": "A"}, headers=headers)
    assert made.status_code == 200
    assert admin.delete(path).json == {"result": "success"}
    made = client.put("/crm/customer/", json={"customer_name": "A"}, headers=headers)
    assert made.status_code == 403
    assert admin.get(f"/auth/users/{user_id}").json["roles"] == ["Finance"]


def test_a_role_can_be_taken_from_one_user(admin: Api, person: Any) -> None:
    user_id = person("sue", "Support", "Finance")
    roles = {row["name"]: row["id"] for row in admin.get("/crm/auth/roles").json}
    path = f"/crm/auth/roles/{roles['Finance']}/users/{user_id}"
    assert admin.delete(path).status_code == 200
    assert admin.delete(path).status_code == 404
    assert admin.get(f"/crm/auth/users/{user_id}").json["roles"] == ["Support"]


def test_a_role_is_renamed_and_keeps_its_users(admin: Api, person: Any) -> None:
    user_id = person("sue", "Support")
    roles = {row["name"]: row["id"] for row in admin.get("/crm/auth/roles").json}
    body = {"name": "Senior_Support", "description": "Full access"}
    changed = admin.put(f"/crm/auth/roles/{roles['Support']}", body).json
    assert changed["name"] == "Senior_Support"
    assert [user["id"] for user in changed["users"]] == [user_id]
    assert admin.get(f"/crm/auth/roles/{roles['Support']}").json == changed


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "finance"}, 409),
        ({"name": "  "}, 422),
        ({"name": "a,b"}, 422),
        ({}, 422),
        ({"name": "x", "colour": 1}, 422),
    ],
)
def test_a_role_that_cannot_be_is_refused(admin: Api, body: Any, status: int) -> None:
    assert admin.post("/crm/auth/roles", body).status_code == status


def test_unknown_ids_are_not_found_and_add_nothing(admin: Api) -> None:
    role = admin.post("/crm/auth/roles", {"name": "New"}).json
    path = f"/crm/auth/roles/{role['id']}"
    ids = [*_ids(admin, "view_customer"), 999_999]
    assert admin.post(f"{path}/permissions", {"permission_ids": ids}).status_code == 404
    assert admin.post(f"{path}/permissions", {}).status_code == 422
    assert admin.get(path).json["permissions"] == []
    assert admin.post(f"{path}/users/999999").status_code == 404
    assert admin.get("/crm/auth/roles/999999").status_code == 404
    assert admin.delete("/crm/auth/roles/999999").status_code == 404
    assert admin.delete(f"{path}/permissions/{ids[0]}").status_code == 404


def test_the_last_admin_is_not_lost_through_roles_either(
    person: Any, log_in: Any, client: Any, seeded: Any
) -> None:
    user_id = person("root", "System Admin")
    root = Api(client, bearer(log_in("root").json["token"]))
    roles = {row["name"]: row for row in root.get("/crm/auth/roles").json}
    path = f"/crm/auth/roles/{roles['System Admin']['id']}"
    permission = roles["System Admin"]["permissions"][0]["id"]
    for refused in (
        root.delete(path),
        root.delete(f"{path}/users/{user_id}"),
        root.delete(f"{path}/permissions/{permission}"),
    ):
        assert refused.status_code == 409
    assert root.get("/crm/auth/users").status_code == 200


def test_the_role_of_jobs_keeps_its_name(admin: Api) -> None:
    roles = {row["name"]: row["id"] for row in admin.get("/crm/auth/roles").json}
    path = f"/crm/auth/roles/{roles['provisioner']}"
    assert admin.delete(path).status_code == 409
    assert admin.put(path, {"name": "x"}).status_code == 409
    assert admin.put(path, {"description": "x"}).status_code == 200


def test_permissions_of_ones_own_come_and_go_and_built_in_ones_stay(admin: Api) -> None:
    made = admin.post("/crm/auth/permissions", {"name": "View_Example", "description": "x"}).json
    assert made["name"] == "view_example"
    path = f"/crm/auth/permissions/{made['id']}"
    assert admin.put(path, {"name": "view_sample"}).json["name"] == "view_sample"
    assert admin.post("/crm/auth/permissions", {"name": "VIEW_SERVICE"}).status_code == 409
    assert admin.post("/crm/auth/permissions", {"name": "two words"}).status_code == 422
    assert admin.delete(path).status_code == 200
    assert admin.get(path).status_code == 404
    built_in = f"/crm/auth/permissions/{_ids(admin, 'view_customer')[0]}"
    assert admin.delete(built_in).status_code == 409
    assert admin.put(built_in, {"name": "other"}).status_code == 409
    assert admin.put(built_in, {"description": "Ours"}).json["description"] == "Ours"


def test_only_admins_touch_roles_and_permissions(people: People, seeded: Any) -> None:
    staff = people.with_("view_customer", "manage_api_keys")
    for path in ("/crm/auth/roles", "/crm/auth/permissions", "/crm/auth/roles/1/users"):
        assert staff.get(path).status_code == 403
    assert staff.post("/crm/auth/roles", {"name": "x"}).status_code == 403


def test_changes_of_roles_are_recorded(admin: Api, seeded: Any) -> None:
    role = admin.post("/crm/auth/roles", {"name": "Temp"}).json
    path = f"/crm/auth/roles/{role['id']}"
    admin.post(f"{path}/permissions", {"permission_ids": _ids(admin, "view_customer")})
    admin.delete(path)
    with seeded.db.read() as uow:
        rows = uow.session.scalars(
            select(Activity).where(Activity.kind == "role").order_by(Activity.activity_id)
        ).all()
    change = next(row.details["changes"] for row in rows if row.action == "updated")
    assert change["permissions"] == {"added": ["view_customer"], "removed": []}
    assert rows[-1].details == {"name": "Temp", "users": 0}
    assert rows[-1].ip_address == "127.0.0.1"


_NAMES = ["view_customer", "create_customer", "view_product", "admin", "VIEW_SERVICE"]
_ASKED = [
    ("get", "/crm/customers", "view_customer"),
    ("put", "/crm/customer/", "create_customer"),
    ("get", "/crm/auth/users", "admin"),
]
_SETS = st.lists(st.sets(st.sampled_from(_NAMES)), max_size=4)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(roles=_SETS)
def test_a_request_passes_if_and_only_if_the_union_of_the_roles_holds_it(
    runtime: Any, client: Any, people: People, roles: list[set[str]]
) -> None:
    caller = people.with_()
    user_id = caller.get("/crm/auth/me").json["user"]["id"]
    with runtime.db.write() as uow:
        known = {p.name: p for p in uow.session.scalars(select(Permission))}
        for name in _NAMES:
            if name not in known:
                known[name] = uow.add(Permission(name=name))
        uow.get(User, user_id).roles = [
            Role(name=f"{user_id} {number}", permissions=[known[name] for name in sorted(names)])
            for number, names in enumerate(roles)
        ]
    union = set().union(*roles)
    for verb, path, needed in _ASKED:
        body = {"customer_name": "A"} if verb == "put" else None
        passes = getattr(caller, verb)(path, body).status_code == 200
        assert passes == bool(union & {needed, "admin"})
