"""Services: made, read, changed, moved through their statuses, deleted, and seen by whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from omnicore.activity.models import Activity
from omnicore.billing.models import Transaction
from omnicore.catalog import checks as catalog
from omnicore.catalog.models import Product
from omnicore.customers import guards
from omnicore.customers.models import Site
from omnicore.db.listing import ListQuery
from omnicore.db.outbox import OutboxRow
from omnicore.db.scope import Actor, ActorKind, Scope
from omnicore.inventory.models import Inventory, InventoryTemplate, ItemState
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Conflict, NotFound
from omnicore.services import service
from omnicore.services.errors import UuidTaken
from omnicore.services.models import MOVES, Phase, Service, phase, usable
from tests.conftest import Api, People

VIEW = "view_own_customer_service"


@pytest.fixture
def product_id(runtime: Runtime) -> int:
    with runtime.db.write() as uow:
        product = Product(
            product_name="Mobile 20GB",
            product_slug="mobile-20gb",
            category="standalone",
            service_type="mobile",
            provisioning_play="play_psim_only",
            retail_cost=Decimal("15.00"),
            icon="fa-sim",
        )
        return uow.add(product).product_id


def make(api: Api, customer_id: int, **values: Any) -> dict[str, Any]:
    answer = api.put("/crm/service/", {"customer_id": customer_id, "service_name": "S", **values})
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_minimal_service_is_billed_taxable_visible_and_active(people: People) -> None:
    _, customer_id = people.customer("A")
    made = make(people.admin(), customer_id)
    flags = ("billed", "taxable", "visible_to_customer", "usage_visible_to_customer")
    assert {name: made[f"service_{name}"] for name in flags} == dict.fromkeys(flags, True)
    assert made["service_status"] == "Active"
    assert len(made["service_uuid"]) == 36


def test_what_a_play_sends_is_understood(people: People, product_id: int) -> None:
    """Ids and amounts as text, dates with +0000, variables as an object."""
    _, customer_id = people.customer("A")
    answer = people.admin().post(
        "/crm/service/",
        {
            "customer_id": str(customer_id),
            "product_id": str(product_id),
            "service_uuid": "Service_1a2b3c4d",
            "retail_cost": "30.0",
            "service_active_date": "2025-01-10T14:30:00+0000",
            "provisioning_json_vars": {"days": 30, "access_token": "ey.secret"},
            "site_id": "",
            "service_type": "generic",
        },
    )
    assert answer.status_code == 200, answer.json
    made = answer.json
    assert made["service_uuid"] == "Service_1a2b3c4d"
    assert made["retail_cost"] == 30.0
    assert made["service_active_date"] == "2025-01-10T14:30:00Z"
    assert made["provisioning_json_vars"] == '{"days": 30}'
    assert made["service_type"] == "generic"
    assert made["service_name"] == "Mobile 20GB"
    assert made["provisioning_play"] == "play_psim_only"


def test_three_ways_to_read_agree(people: People) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    made = make(admin, customer_id, service_uuid="Local_Mobile_SIM_1a2b")
    by_id = admin.get(f"/crm/service/{made['service_id']}").json
    assert by_id == admin.get(f"/crm/service/service_id/{made['service_id']}").json
    assert by_id == admin.get("/crm/service/service_uuid/Local_Mobile_SIM_1a2b").json
    assert by_id == made
    assert admin.get("/crm/service/service_uuid/nobody").status_code == 404


def test_a_service_uuid_names_one_service(people: People) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    make(admin, customer_id, service_uuid="U")
    answer = admin.put("/crm/service/", {"customer_id": customer_id, "service_uuid": "U"})
    assert answer.status_code == 409
    assert answer.json["code"] == "service-uuid-taken"


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("customer_id", 999, 404),
        ("product_id", 999, 404),
        ("site_id", 999, 404),
        ("bundled_parent", 999, 404),
        ("retail_cost", "a lot", 422),
        ("service_active_date", "someday", 422),
        ("provisioning_play", "../../etc/passwd", 422),
        ("deprovisioning_play", "a/b", 422),
        ("colour", "red", 422),
    ],
)
def test_a_wrong_value_is_named_and_makes_nothing(
    people: People, runtime: Runtime, field: str, value: Any, status: int
) -> None:
    _, customer_id = people.customer("A")
    answer = people.admin().put("/crm/service/", {"customer_id": customer_id, field: value})
    assert answer.status_code == status
    assert field.removesuffix("_id").removeprefix("bundled_") in answer.get_data(as_text=True) or (
        "service 999" in answer.get_data(as_text=True)
    )
    with runtime.db.read() as uow:
        assert uow.session.scalars(select(Service)).all() == []


def test_links_to_another_customer_are_refused(people: People, runtime: Runtime) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    _, b = people.customer("B")
    with runtime.db.write() as uow:
        site = uow.add(Site(customer_id=b, country="France", latitude=48.8, longitude=2.3))
    theirs = make(admin, b)
    mine = make(admin, a)
    for link in ({"site_id": site.site_id}, {"bundled_parent": theirs["service_id"]}):
        assert admin.put("/crm/service/", {"customer_id": a, **link}).status_code == 422
    url = f"/crm/service/{mine['service_id']}"
    assert admin.patch(url, {"site_id": site.site_id}).status_code == 422


def test_editable_fields_change_and_fixed_ones_stay(people: People) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    _, other = people.customer("B")
    made = make(admin, customer_id, deprovisioning_play="play_x")
    changes = {
        "service_name": "Renamed",
        "service_type": "voip",
        "service_notes": "a note",
        "retail_cost": "12.50",
        "wholesale_cost": 3,
        "service_billed": False,
        "service_taxable": False,
        "service_visible_to_customer": False,
        "service_usage_visible_to_customer": False,
        "service_active_date": "2026-01-01T00:00:00Z",
        "service_deactivate_date": "2026-02-01T00:00:00Z",
        "contract_end_date": "2026-03-01T00:00:00Z",
        "icon": "fa-x",
        "promo_code": "SPRING",
    }
    fixed = {
        "customer_id": other,
        "service_uuid": "forged",
        "service_provisioned_date": "2000-01-01",
        "provisioning_play": "forged",
        "deprovisioning_play": "forged",
        "invoiced": True,
        "created_by_provision": 7,
        "bundled_parent": 1,
    }
    answer = admin.patch(f"/crm/service/{made['service_id']}", changes | fixed)
    assert answer.status_code == 200, answer.json
    expected = changes | {"retail_cost": 12.5, "wholesale_cost": 3.0}
    assert {name: answer.json[name] for name in changes} == expected
    assert {name: answer.json[name] for name in fixed} == {name: made[name] for name in fixed}


def statuses(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.db.read() as uow:
        wanted = select(OutboxRow).where(
            OutboxRow.event_name == "service.status_changed",
            OutboxRow.subscriber == "core:charging.service_status",
        )
        rows = uow.session.scalars(wanted.order_by(OutboxRow.outbox_id))
        return [(row.payload["old"], row.payload["new"]) for row in rows]


def test_a_new_status_is_told_once(people: People, runtime: Runtime) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = f"/crm/service/{make(admin, customer_id)['service_id']}"
    assert admin.patch(url, {"service_status": "suspended"}).json["service_status"] == "Suspended"
    admin.patch(url, {"service_status": "Suspended", "service_name": "same status"})
    admin.patch(url, {"service_status": "Active"})
    assert statuses(runtime) == [("Active", "Suspended"), ("Suspended", "Active")]


def test_what_has_ended_can_only_begin_again(people: People) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = f"/crm/service/{make(admin, customer_id)['service_id']}"
    ended = admin.patch(url, {"service_status": "Deactivated"})
    assert ended.json["service_deactivate_date"] == "2026-05-01T12:00:00Z"
    refused = admin.patch(url, {"service_status": "Suspended", "service_name": "half"})
    assert refused.status_code == 409
    assert (refused.json["from"], refused.json["to"]) == ("Deactivated", "Suspended")
    assert admin.get(url).json["service_name"] == "S"
    assert admin.patch(url, {"service_status": "Active"}).status_code == 200


def test_statuses_of_a_deployments_own_are_kept_as_written(people: People) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = f"/crm/service/{make(admin, customer_id)['service_id']}"
    answer = admin.patch(url, {"service_status": "Pending Cancellation"})
    assert answer.json["service_status"] == "Pending Cancellation"


def test_every_phase_says_where_it_leads() -> None:
    assert set(MOVES) == set(Phase)
    assert all(was in MOVES[was] for was in Phase)
    assert [phase(word) for word in ("ACTIVE ", "Expired", "Suspended", "Moving")] == [
        Phase.ACTIVE,
        Phase.OVER,
        Phase.SUSPENDED,
        Phase.OTHER,
    ]
    assert [usable(word) for word in ("Active", "Inactive", "Suspended")] == [True, False, False]


def test_a_deleted_service_frees_its_items_and_keeps_its_transactions(
    people: People, runtime: Runtime
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    service_id = make(admin, customer_id)["service_id"]
    item_id = stock(runtime, customer_id, service_id, "0770 900123")
    charged = admin.put(
        "/crm/transaction/",
        {"customer_id": customer_id, "title": "SIM", "retail_cost": 5, "service_id": service_id},
    ).json
    assert admin.delete(f"/crm/service/service_id/{service_id}").json == {"result": "success"}
    assert admin.get(f"/crm/service/{service_id}").status_code == 404
    with runtime.db.read() as uow:
        item = uow.get(Inventory, item_id)
        assert (item.item_state, item.service_id, item.customer_id) == ("In Stock", None, None)
        kept = uow.get(Transaction, charged["transaction_id"])
        assert (kept.title, kept.service_id) == ("SIM", None)
        entries = uow.session.scalars(select(Activity).where(Activity.action == "deleted")).all()
        assert [entry.kind for entry in entries] == ["service"]


def test_several_are_deleted_together_or_not_at_all(people: People) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    ids = [make(admin, customer_id)["service_id"] for _ in range(3)]
    missing = admin.delete("/crm/service/", {"service_ids": [*ids, 999]})
    assert missing.status_code == 404
    assert len(admin.get(f"/crm/service/customer_id/{customer_id}").json) == 3
    assert admin.delete("/crm/service/", {"service_ids": ids}).status_code == 200
    assert admin.get(f"/crm/service/customer_id/{customer_id}").json == []


def stock(runtime: Runtime, customer_id: int, service_id: int, text: str) -> int:
    with runtime.db.write() as uow:
        template = uow.add(
            InventoryTemplate(
                item="Mobile Number", wholesale_cost=Decimal(0), retail_cost=Decimal(0)
            )
        )
        item = Inventory(
            item="Mobile Number",
            inventory_template_id=template.inventory_template_id,
            customer_id=customer_id,
            service_id=service_id,
            itemtext1=text,
            item_state=ItemState.ASSIGNED,
            wholesale_cost=Decimal(0),
            retail_cost=Decimal(0),
        )
        return uow.add(item).inventory_id


def test_lists_search_names_customers_uuids_and_numbers(people: People, runtime: Runtime) -> None:
    admin = people.admin()
    _, a = people.customer("Acme Corp")
    _, b = people.customer("John Smith")
    first = make(admin, a, service_name="Fiber", service_uuid="FixedWireless_75628fa5")
    second = make(admin, b, service_name="Mobile", service_type="mobile", retail_cost=9)
    stock(runtime, b, second["service_id"], "+44 0770 900123")

    def found(query: str) -> list[int]:
        data = admin.get(f"/crm/service/?{query}").json["data"]
        return [row["service_id"] for row in data]

    both = [second["service_id"], first["service_id"]]
    assert found("") == both
    assert found("search=0770") == found("search=smith") == both[:1]
    assert found("search=75628") == found("search=fiber+acme") == both[1:]
    assert found('filters={"service_type":["mobile","voip"]}') == both[:1]
    assert found(f'filters={{"customer_id":[{a}]}}') == both[1:]
    assert found("sort=customer_name&order=asc") == both[::-1]
    admin.patch(f"/crm/service/{both[0]}", {"service_status": "Cancelled"})
    assert found('filters={"service_status":["Active"]}') == both[1:]
    assert found('filters={"service_status":["Inactive"]}') == both[:1]
    page = admin.get("/crm/service/paginated?per_page=1&page=2").json
    assert page["pagination"]["total_items"] == 2
    assert page["data"][0]["customer_name"] == "Acme Corp"


def test_a_customer_sees_its_visible_services_without_what_is_for_staff(people: People) -> None:
    admin = people.admin()
    anna, a = people.customer("A", VIEW)
    _, b = people.customer("B")
    shown = make(admin, a, wholesale_cost=5, service_notes="do not tell", provisioning_play="p")
    hidden = make(admin, a, service_visible_to_customer=False)
    foreign = make(admin, b)
    rows = anna.get(f"/crm/service/customer_id/{a}").json
    assert [row["service_id"] for row in rows] == [shown["service_id"]]
    assert anna.get("/crm/service/").json["data"] == rows
    one = anna.get(f"/crm/service/{shown['service_id']}").json
    for name in ("wholesale_cost", "service_notes", "provisioning_play", "created_by_provision"):
        assert name not in one
        assert name not in rows[0]
        assert anna.get(f"/crm/service/?sort={name}").status_code == 422
    for other in (hidden, foreign):
        assert anna.get(f"/crm/service/{other['service_id']}").status_code == 404
        assert anna.get(f"/crm/service/service_uuid/{other['service_uuid']}").status_code == 404
    assert anna.get(f"/crm/service/customer_id/{b}").json == []


def test_an_ended_service_is_gone_for_its_customer_and_kept_for_staff(people: People) -> None:
    admin = people.admin()
    anna, a = people.customer("A", VIEW)
    url = f"/crm/service/{make(admin, a)['service_id']}"
    admin.patch(url, {"service_status": "Deactivated"})
    assert anna.get(url).status_code == 404
    assert anna.get("/crm/service/").json["data"] == []
    assert admin.get(url).status_code == 200


def test_own_scope_reads_and_never_writes(people: People) -> None:
    anna, a = people.customer("A", VIEW)
    url = f"/crm/service/{make(people.admin(), a)['service_id']}"
    assert anna.patch(url, {"service_name": "mine"}).status_code == 403
    assert anna.delete(url).status_code == 403
    assert anna.put("/crm/service/", {"customer_id": a}).status_code == 403
    assert anna.delete("/crm/service/", {"service_ids": [1]}).status_code == 403


CUSTOMER = Actor(kind=ActorKind.USER, label="a customer")


def job(provision_id: int, customer_id: int | None = None) -> Actor:
    return Actor(
        kind=ActorKind.JOB,
        label=f"job {provision_id}",
        provision_id=provision_id,
        customer_id=customer_id,
    )


def test_what_a_job_made_carries_its_number(people: People, runtime: Runtime) -> None:
    _, customer_id = people.customer("A")
    with runtime.db.write(job(7)) as uow:
        made = [
            service.create(uow, {"customer_id": customer_id, "service_uuid": uuid}).service_id
            for uuid in "ab"
        ]
    with runtime.db.read() as uow:
        assert [uow.get(Service, key).created_by_provision for key in made] == [7, 7]


def test_secrets_in_variables_are_not_in_the_activity_log(people: People, runtime: Runtime) -> None:
    _, customer_id = people.customer("A")
    make(people.admin(), customer_id, provisioning_json_vars='{"wifi_password": "hunter2"}')
    with runtime.db.read() as uow:
        details = [str(row.details) for row in uow.session.scalars(select(Activity))]
    assert details
    assert not any("hunter2" in text for text in details)


def test_a_customer_and_a_product_in_use_say_why_they_stay(
    people: People, runtime: Runtime, product_id: int
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    made = make(admin, customer_id, product_id=product_id)
    with runtime.db.read() as uow:
        assert "1 active service" in guards.reasons(uow, customer_id)
        assert catalog.reasons_to_stay(uow, product_id) == ["1 service uses it"]
    admin.patch(f"/crm/service/{made['service_id']}", {"service_status": "Inactive"})
    with runtime.db.read() as uow:
        assert "1 active service" not in guards.reasons(uow, customer_id)


def test_of_parallel_creates_with_one_uuid_exactly_one_wins(
    people: People, runtime: Runtime
) -> None:
    _, customer_id = people.customer("A")

    def attempt(_: int) -> str:
        try:
            with runtime.db.write() as uow:
                service.create(uow, {"customer_id": customer_id, "service_uuid": "one"})
        except UuidTaken:
            return "taken"
        return "made"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, range(6)))
    assert sorted(outcomes) == ["made"] + ["taken"] * 5


def test_a_job_for_a_customer_sees_all_of_that_customer_and_nothing_else(
    people: People, runtime: Runtime
) -> None:
    """The play of an own-scoped order works with hidden services and costs, like any play."""
    admin = people.admin()
    _, a = people.customer("A")
    _, b = people.customer("B")
    hidden = make(admin, a, service_visible_to_customer=False, wholesale_cost=2)
    foreign = make(admin, b)
    with runtime.db.read(job(7, a), Scope(a)) as uow:
        row = service.find(uow, hidden["service_id"])
        assert service.shown(uow, row)["wholesale_cost"] == 2
        with pytest.raises(NotFound):
            service.find(uow, foreign["service_id"])
    with runtime.db.write(job(7, a), Scope(a)) as uow, pytest.raises(NotFound):
        service.create(uow, {"customer_id": b})


def test_a_customer_sees_exactly_its_own_visible_live_services(
    people: People, runtime: Runtime
) -> None:
    owners = [people.customer(name)[1] for name in "ABC"]
    words = st.sampled_from(["Active", "Suspended", "Inactive", "Deactivated", "On Hold"])
    entry = st.tuples(st.sampled_from(owners), st.booleans(), words)

    @settings(max_examples=15, deadline=None)
    @given(st.lists(entry, max_size=8))
    def check(entries: list[tuple[int, bool, str]]) -> None:
        with runtime.db.write() as uow:
            uow.session.execute(delete(Service))
            made = [
                service.create(
                    uow,
                    {
                        "customer_id": owner,
                        "service_visible_to_customer": visible,
                        "service_status": status,
                    },
                ).service_id
                for owner, visible, status in entries
            ]
        for owner in owners:
            wanted = {
                key
                for key, (whose, visible, status) in zip(made, entries, strict=True)
                if whose == owner and visible and phase(status) is not Phase.OVER
            }
            with runtime.db.read(CUSTOMER, Scope(owner)) as uow:
                listed = service.listing(uow, ListQuery()).rows
                assert {row["service_id"] for row in listed} == wanted
                for key in made:
                    try:
                        service.find(uow, key)
                        seen = True
                    except NotFound:
                        seen = False
                    assert seen is (key in wanted)

    check()


def test_any_walk_through_the_statuses_keeps_to_the_table(people: People, runtime: Runtime) -> None:
    """A refused step changes nothing and tells nothing."""
    _, customer_id = people.customer("A")
    words = st.sampled_from(["Active", "Inactive", "Suspended", "Deactivated", "On Hold"])

    @settings(max_examples=20, deadline=None)
    @given(st.lists(words, max_size=6))
    def walk(steps: list[str]) -> None:
        with runtime.db.write() as uow:
            row = service.create(uow, {"customer_id": customer_id})
        for step in steps:
            with runtime.db.write() as uow:
                before = uow.get(Service, row.service_id).service_status
                try:
                    after = service.update(uow, row.service_id, {"service_status": step})
                except Conflict:
                    assert phase(step) not in MOVES[phase(before)]
                    assert uow.get(Service, row.service_id).service_status == before
                else:
                    assert phase(step) in MOVES[phase(before)]
                    assert after.service_status == step

    walk()


def test_services_of_an_archived_customer_leave_the_list(people: People) -> None:
    _, customer_id = people.customer("A")
    admin = people.admin()
    made = make(admin, customer_id, service_status="Inactive")
    assert len(admin.get("/crm/service/").json["data"]) == 1
    assert admin.delete(f"/crm/customer/customer_id/{customer_id}").status_code == 200
    assert admin.get("/crm/service/").json["data"] == []
    assert admin.get(f"/crm/service/service_id/{made['service_id']}").status_code == 200
    admin.post(f"/crm/customer/customer_id/{customer_id}/restore")
    assert len(admin.get("/crm/service/").json["data"]) == 1
