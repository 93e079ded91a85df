"""Nobody reads or changes what belongs to another customer, by any route of these rooms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnicore.customers.service import attributes, contacts, sites, tags
from omnicore.db.scope import Scope
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NotFound
from tests.conftest import Api, People

VIEWS = (
    "view_own_customer",
    "view_own_customer_contact",
    "view_own_customer_site",
    "view_own_customer_attribute",
    "view_own_customer_tag",
    "view_own_customer_activity",
)
BODIES: dict[str, dict[str, Any]] = {
    "contact": {"contact_firstname": "x", "contact_lastname": "y", "contact_phone": "12345"},
    "site": {"latitude": 1, "longitude": 1, "site_name": "x"},
    "attribute": {"attribute_name": "x", "attribute_value": "y"},
    "tag": {"tag_text": "x", "tag_hex_color": "FFD700", "tag_active_date": "2025-01-01"},
}
LISTS = (
    "/crm/customer/",
    "/crm/customers",
    "/crm/customer/paginated",
    *(f"/crm/{kind}/" for kind in (*BODIES, "activity")),
    *(f"/crm/{kind}/paginated" for kind in (*BODIES, "activity")),
)


@dataclass
class World:
    """Customers A and B, each with one of everything; anna sees A's alone."""

    admin: Api
    anna: Api
    customers: dict[str, int]
    rows: dict[tuple[str, str], int]

    def paths(self, owner: str) -> list[str]:
        customer_id = self.customers[owner]
        kinds = (*BODIES, "activity")
        return [
            f"/crm/customer/customer_id/{customer_id}",
            f"/crm/customer_id/{customer_id}",
            f"/crm/customer/{customer_id}",
            *(f"/crm/{kind}/customer_id/{customer_id}" for kind in kinds),
            *(f"/crm/{kind}/{kind}_id/{self.rows[owner, kind]}" for kind in kinds),
        ]

    def state(self) -> list[Any]:
        """All that staff see, but for the log itself."""
        return [self.admin.get(path).json for path in LISTS if "activity" not in path]


@pytest.fixture
def world(people: People) -> World:
    admin = people.admin()
    anna, a = people.customer("Alpha", *VIEWS)
    _, b = people.customer("Bravo")
    made = World(admin, anna, {"A": a, "B": b}, {})
    for owner, customer_id in made.customers.items():
        for kind, body in BODIES.items():
            answer = admin.put(f"/crm/{kind}/", body | {"customer_id": customer_id})
            made.rows[owner, kind] = answer.json[f"{kind}_id"]
        log = admin.get(f"/crm/activity/customer_id/{customer_id}").json["data"]
        made.rows[owner, "activity"] = log[0]["activity_id"]
    return made


def test_every_path_of_another_customer_is_closed_and_changes_nothing(world: World) -> None:
    before = world.state()
    for path in world.paths("B"):
        for verb in ("get", "patch", "put", "delete", "post"):
            answer = getattr(world.anna, verb)(path, {} if verb != "get" else None)
            assert answer.status_code in (403, 404, 405), (verb, path)
            assert "Bravo" not in answer.text
        assert world.anna.get(path).status_code == 404, path
    for kind, body in BODIES.items():
        theirs = body | {"customer_id": world.customers["B"]}
        assert world.anna.put(f"/crm/{kind}/", theirs).status_code == 403
    assert (
        world.anna.put("/crm/activity/", {"customer_id": world.customers["B"]}).status_code == 403
    )
    restore = f"/crm/customer/customer_id/{world.customers['B']}/restore"
    assert world.anna.post(restore).status_code == 403
    assert world.state() == before


def test_what_is_one_s_own_is_open(world: World) -> None:
    for path in world.paths("A"):
        assert world.anna.get(path).status_code == 200, path


@given(
    st.sampled_from(LISTS),
    st.fixed_dictionaries(
        {},
        optional={
            "search": st.sampled_from(["Bravo", "x", "a", "%", "12345", "2"]),
            "customer_id": st.integers(1, 3),
            "filters": st.sampled_from(
                ['{"customer_id":[1,2,3]}', '{"customer_id":[null]}', '{"customer_id":[2]}']
            ),
            "page": st.integers(1, 2),
            "per_page": st.sampled_from([1, 50]),
            "order": st.sampled_from(["asc", "desc"]),
        },
    ),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_list_shows_a_row_of_another_customer(
    world: World, path: str, query: dict[str, Any]
) -> None:
    answer = world.anna.get(path, query_string=query)
    assert answer.status_code == 200
    rows = answer.json if isinstance(answer.json, list) else answer.json["data"]
    assert {row["customer_id"] for row in rows} <= {world.customers["A"]}
    assert "Bravo" not in json.dumps(answer.json)


def test_a_scoped_writer_cannot_reach_over(runtime: Runtime, world: World) -> None:
    b = world.customers["B"]
    rooms: dict[str, Any] = {
        "contact": contacts, "site": sites, "attribute": attributes, "tag": tags,
    }  # fmt: skip
    before = world.state()
    for kind, room in rooms.items():
        theirs = world.rows["B", kind]
        tries = [
            lambda uow, room=room, theirs=theirs: room.update(uow, theirs, {}),
            lambda uow, room=room, theirs=theirs: room.delete(uow, theirs),
        ]
        if kind == "attribute":
            tries.append(lambda uow: attributes.put(uow, b, "x", "z"))
        else:
            body = BODIES[kind] | {"customer_id": b}
            tries.append(lambda uow, room=room, body=body: room.create(uow, dict(body)))
        for reach in tries:
            with (
                pytest.raises(NotFound),
                runtime.db.write(scope=Scope(world.customers["A"])) as uow,
            ):
                reach(uow)
    assert world.state() == before
