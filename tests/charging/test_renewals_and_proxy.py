"""Upcoming renewals, removing one, and native calls of staff."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from omnicore.activity.models import Activity
from omnicore.catalog.models import Product
from omnicore.charging.service.native import MASK, masked
from omnicore.runtime import Runtime
from tests.charging.conftest import TENANT, ChargingServer
from tests.conftest import NOON, Api, People

VIEW = "view_own_customer_service"
REMOVE = "/crm/oam/remove_action_plan/"
PROXY = "/crm/ocs/proxy"


@pytest.fixture
def product_id(runtime: Runtime) -> int:
    with runtime.db.write() as uow:
        product = Product(
            product_name="Hotspot",
            product_slug="hotspot",
            category="addon",
            retail_cost=Decimal(10),
        )
        return uow.add(product).product_id


def make(api: Api, customer_id: int, uuid: str, **values: Any) -> int:
    body = {"customer_id": customer_id, "service_uuid": uuid, **values}
    return int(api.put("/crm/service/", body).json["service_id"])


def entries(runtime: Runtime, kind: str) -> list[Activity]:
    with runtime.db.read() as uow:
        return list(uow.session.scalars(select(Activity).where(Activity.kind == kind)))


def test_upcoming_renewals_name_whom_they_concern(
    people: People, ocs: ChargingServer, product_id: int, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("John Smith")
    service_id = make(admin, customer_id, uuid)
    plan_id = f"ServiceID_{uuid}__ProductID_{product_id}__CustomerID_{customer_id}__Monthly"
    orphan_id = f"ServiceID_orphan{uuid}__ProductID_99999__CustomerID_5__Mega_Plan"
    ocs.make_account(uuid)
    ocs.make_account(f"orphan{uuid}")
    ocs.plan(orphan_id, f"orphan{uuid}", NOON + timedelta(days=12))
    ocs.plan(plan_id, uuid, NOON + timedelta(days=11))
    rows = admin.get("/crm/oam/scheduled_renewals").json
    assert rows == admin.get("/crm/service/auto_renews").json
    mine, orphan = (row for row in rows if uuid in row["action_plan_id"])
    assert mine == {
        "action_plan_id": plan_id,
        "customer_id": customer_id,
        "customer_name": "John Smith",
        "service_id": service_id,
        "service_uuid": uuid,
        "service_name": uuid,
        "service_status": "Active",
        "product_id": product_id,
        "product_name": "Hotspot",
        "cost": 10.0,
        "renews_on": "2026-05-12T12:00:00Z",
        "renews_on_hr": "in 11 days",
    }
    assert (orphan["customer_name"], orphan["service_name"], orphan["cost"]) == ("N/A",) * 3
    assert (orphan["service_status"], orphan["product_name"]) == ("Unknown", "Mega Plan")
    assert orphan["service_id"] is None
    found = admin.get(f"/crm/service/auto_renews?search=john+{uuid}").json
    assert [row["action_plan_id"] for row in found] == [plan_id]
    page = admin.get(f"/crm/service/auto_renews/paginated?search={uuid}&per_page=1&page=2").json
    assert page["pagination"]["total_items"] == 2
    assert page["data"][0]["action_plan_id"] == orphan_id
    assert admin.get("/crm/service/auto_renews?sort=cost&order=desc").status_code == 200
    assert admin.get("/crm/service/auto_renews?sort=colour").status_code == 422


def test_a_removed_renewal_is_gone_recorded_and_changes_nothing_else(
    people: People, runtime: Runtime, ocs: ChargingServer, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    service_id = make(admin, customer_id, uuid, service_deactivate_date="2026-06-01")
    before = admin.get(f"/crm/service/{service_id}").json
    plan_id = f"ServiceID_{uuid}__ProductID_3__CustomerID_{customer_id}__Monthly"
    ocs.make_account(uuid)
    ocs.plan(plan_id, uuid, NOON + timedelta(days=11))
    assert admin.delete(REMOVE + plan_id).json == {"result": "success"}
    shown = admin.get(f"/crm/service/{service_id}").json
    assert shown["cgrates"]["ActionPlans"] == []
    for name in ("service_status", "service_deactivate_date", "last_modified"):
        assert shown[name] == before[name]
    (entry,) = entries(runtime, "action_plan")
    assert entry.description == f"Removed ActionPlan {plan_id} from service {service_id}"
    assert (entry.customer_id, entry.service_id) == (customer_id, service_id)
    assert admin.delete(REMOVE + plan_id).status_code == 404
    assert admin.delete("/oam/remove_action_plan/nonsense").status_code == 404


def test_a_removal_that_fails_is_not_recorded_as_done(
    people: People, runtime: Runtime, ocs: ChargingServer, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    make(admin, customer_id, uuid)
    plan_id = f"ServiceID_{uuid}__ProductID_3__CustomerID_{customer_id}__Monthly"
    ocs.make_account(uuid)
    ocs.plan(plan_id, uuid, NOON + timedelta(days=11))
    ocs.fail("error", "ApierV1.RemoveActionPlan")
    answer = admin.delete(REMOVE + plan_id)
    assert answer.status_code == 502
    assert answer.json["plugin"] == "ocs_cgrates"
    assert entries(runtime, "action_plan") == []
    ocs.fail("hang_after", "ApierV1.RemoveActionPlan")
    assert admin.delete(REMOVE + plan_id).status_code == 504
    (entry,) = entries(runtime, "action_plan")
    assert "outcome unknown" in entry.description


def test_customers_remove_their_own_renewals_where_the_product_lets_them(
    people: People, runtime: Runtime, ocs: ChargingServer, product_id: int, uuid: str
) -> None:
    admin = people.admin()
    anna, a = people.customer("A", VIEW)
    bob, _ = people.customer("B", VIEW)
    make(admin, a, uuid)
    plan_id = f"ServiceID_{uuid}__ProductID_{product_id}__CustomerID_{a}__Monthly"
    ocs.make_account(uuid)
    ocs.plan(plan_id, uuid, NOON + timedelta(days=11))
    assert bob.delete(REMOVE + plan_id).status_code == 404
    with runtime.db.write() as uow:
        uow.get(Product, product_id).allow_auto_renew = False
    assert anna.delete(REMOVE + plan_id).json["code"] == "renewal-staff-only"
    with runtime.db.write() as uow:
        uow.get(Product, product_id).allow_auto_renew = True
    assert anna.delete(REMOVE + plan_id).status_code == 200
    assert anna.get("/crm/service/auto_renews").status_code == 403


def body(
    uuid: str, service_id: int, customer_id: int, method: str, **params: Any
) -> dict[str, Any]:
    return {
        "method": method,
        "params": [{"Account": uuid, **params}],
        "customer_id": customer_id,
        "service_id": service_id,
    }


def test_a_native_write_is_recorded_once_and_a_read_never(
    people: People, runtime: Runtime, ocs: ChargingServer, uuid: str
) -> None:
    staff = people.with_("cgrates_api_access")
    _, a = people.customer("A")
    service_id = make(people.admin(), a, uuid)
    write = body(
        uuid, service_id, a, "ApierV2.SetAccount", ExtraOptions={"Disabled": True}, ApiKey="s3cret"
    )
    assert staff.post(PROXY, write).json == {"result": "OK", "error": None, "id": None}
    assert ocs.account(uuid)["Disabled"] is True
    (entry,) = entries(runtime, "ocs_call")
    assert (entry.customer_id, entry.service_id) == (a, service_id)
    assert entry.user_id is not None
    assert entry.details == {
        "method": "ApierV2.SetAccount",
        "tenant": TENANT,
        "params": [{"Account": uuid, "ExtraOptions": {"Disabled": True}, "ApiKey": MASK}],
    }
    read = staff.post(PROXY, body(uuid, service_id, a, "ApierV2.GetAccount")).json
    assert read["result"]["ID"] == f"{TENANT}:{uuid}"
    assert len(entries(runtime, "ocs_call")) == 1


def test_what_the_engine_refuses_is_an_answer_and_an_engine_that_is_down_an_error(
    people: People, ocs: ChargingServer, uuid: str
) -> None:
    staff = people.with_("cgrates_api_access")
    _, a = people.customer("A")
    service_id = make(people.admin(), a, uuid)
    ask = body(uuid, service_id, a, "APIerSv1.GetAttributeProfile", ID=f"ATTR_ACCOUNT_{uuid}")
    missing = staff.post(PROXY, ask)
    assert missing.status_code == 200
    assert missing.json == {"result": None, "error": "NOT_FOUND", "id": None}
    ocs.fail("refuse")
    assert staff.post(PROXY, ask).status_code == 502


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"method": None}, 422),
        ({"params": None}, 422),
        ({"customer_id": None}, 422),
        ({"service_id": None}, 422),
        ({"service_id": 999}, 404),
        ({"customer_id": 999}, 422),
        ({"method": "nonsense"}, 422),
        ({"params": "text"}, 422),
        ({"params": [{}, {}]}, 422),
        ({"tenant": "cgrates.org"}, 403),
        ({"params": [{"tenant": "cgrates.org"}]}, 403),
        ({"params": [{"Deep": [{"Tenant": "cgrates.org"}]}]}, 403),
    ],
)
def test_a_wrong_native_call_reaches_nobody(
    people: People,
    runtime: Runtime,
    ocs: ChargingServer,
    uuid: str,
    change: dict[str, Any],
    status: int,
) -> None:
    staff = people.with_("cgrates_api_access")
    _, a = people.customer("A")
    service_id = make(people.admin(), a, uuid)
    asked = body(uuid, service_id, a, "ApierV2.SetAccount") | change
    asked = {name: value for name, value in asked.items() if value is not None}
    assert staff.post(PROXY, asked).status_code == status
    assert ocs.account(uuid) is None
    assert entries(runtime, "ocs_call") == []


def test_native_calls_need_their_own_permission(people: People, uuid: str) -> None:
    anna, a = people.customer("A", VIEW)
    service_id = make(people.admin(), a, uuid)
    asked = body(uuid, service_id, a, "ApierV2.GetAccount")
    for api in (anna, people.with_("view_customer_service", "update_customer_service")):
        assert api.post(PROXY, asked).status_code == 403


JSON = st.recursive(
    st.text(max_size=5) | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Password", "auth_token", "Path", "Ki", "x"]), inner)
    ),
    max_leaves=10,
)


@given(JSON)
def test_no_secret_survives_masking_at_any_depth(value: Any) -> None:
    def check(node: Any) -> None:
        if isinstance(node, dict):
            for key, inner in node.items():
                if key in ("Password", "auth_token", "Ki"):
                    assert inner == MASK
                check(inner)
        for inner in node if isinstance(node, list) else ():
            check(inner)

    check(masked(value))
