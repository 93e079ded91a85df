"""Reading a service with its usage, and its account following its status."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from omnicore.db.outbox import OutboxRow
from omnicore.runtime import Runtime
from tests.charging.conftest import ChargingServer, deliver
from tests.conftest import NOON, Api, Clock, People

GB = 1024**3
VIEW = "view_own_customer_service"


def make(api: Api, customer_id: int, uuid: str, **values: Any) -> str:
    body = {"customer_id": customer_id, "service_uuid": uuid, **values}
    return f"/crm/service/{api.put('/crm/service/', body).json['service_id']}"


def test_a_service_shows_its_balances_and_renewals(
    people: People, ocs: ChargingServer, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = make(admin, customer_id, uuid)
    ocs.make_account(uuid)
    ocs.balance(uuid, "*data", ID="DATA_20GB", Value=12.5 * GB, Weight=10)
    ocs.balance(uuid, "*voice", ID="VOICE_Unlimited", Value=99999999 * 10**9, Weight=10)
    plan_id = f"ServiceID_{uuid}__ProductID_3__CustomerID_{customer_id}__MonthlyRenewal"
    ocs.plan(plan_id, uuid, NOON + timedelta(days=11))
    shown = admin.get(url).json
    (data,) = shown["cgrates"]["BalanceMap"]["DATA"]
    assert data["custom_Description_String"] == "12.5 GB remaining"
    assert shown["cgrates"]["BalanceMap"]["*data"][0]["Value"] == 12.5 * GB
    assert shown["cgrates"]["BalanceMap"]["VOICE"][0]["custom_Description_String"] == "Unlimited"
    (plan,) = shown["cgrates"]["ActionPlans"]
    assert plan["ActionPlanId_split_dict"]["ProductID"] == 3
    assert plan["NextExecTime"] == "2026-05-12T12:00:00Z"
    assert plan["custom_NextExecTime_hr"] == "in 11 days"
    assert shown["auto_renew"] is True


@pytest.mark.parametrize("kind", ["refuse", "hang", "error", "empty", "status"])
def test_a_charging_system_that_fails_does_not_break_the_read(
    people: People, ocs: ChargingServer, kind: str
) -> None:
    admin = people.admin()
    anna, customer_id = people.customer("A", VIEW)
    url = make(admin, customer_id, f"down-{kind}")
    ocs.fail(kind)
    for api, cause in ((admin, "ocs_cgrates"), (anna, "")):
        answer = api.get(url)
        assert answer.status_code == 200
        assert answer.json["cgrates"] is None
        assert answer.json["cgrates_error"].startswith("The charging system cannot be asked now")
        assert ("ocs_cgrates" in answer.json["cgrates_error"]) is bool(cause)


def test_a_customer_without_usage_rights_sees_no_balances(
    people: People, ocs: ChargingServer
) -> None:
    admin = people.admin()
    anna, customer_id = people.customer("A", VIEW)
    url = make(admin, customer_id, "quiet", service_usage_visible_to_customer=False)
    assert "cgrates" not in anna.get(url).json
    assert ocs.calls("ApierV2.GetAccount") == []
    assert "cgrates" in admin.get(url).json


def test_the_account_follows_the_status(
    people: People, runtime: Runtime, ocs: ChargingServer, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = make(admin, customer_id, uuid)
    ocs.make_account(uuid)
    ocs.balance(uuid, "*data", ID="D", Value=GB)
    for status, disabled in (
        ("Suspended", True),
        ("Active", False),
        ("Inactive", True),
        ("Active", False),
        ("Pending Cancellation", False),
    ):
        assert admin.patch(url, {"service_status": status}).status_code == 200
        deliver(runtime)
        account = ocs.account(uuid)
        assert (status, account["Disabled"]) == (status, disabled)
        assert account["BalanceMap"]["*data"][0]["Value"] == GB


def test_a_status_changes_while_the_charging_system_is_down_and_reaches_it_later(
    people: People, runtime: Runtime, ocs: ChargingServer, clock: Clock, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = make(admin, customer_id, uuid)
    ocs.make_account(uuid)
    ocs.fail("refuse")
    assert admin.patch(url, {"service_status": "Suspended"}).status_code == 200
    assert deliver(runtime) == ["core:charging.service_status"]
    ocs.work()
    assert ocs.account(uuid)["Disabled"] is False
    clock.advance(seconds=2)
    assert deliver(runtime) == []
    assert ocs.account(uuid)["Disabled"] is True


def test_events_that_come_late_do_not_undo_what_is_newer(
    people: People, runtime: Runtime, ocs: ChargingServer, clock: Clock, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = make(admin, customer_id, uuid)
    ocs.make_account(uuid)
    for status in ("Suspended", "Active"):
        admin.patch(url, {"service_status": status})
    with runtime.db.write() as uow:
        mine = OutboxRow.subscriber == "core:charging.service_status"
        late = uow.session.scalars(
            select(OutboxRow).where(mine).order_by(OutboxRow.outbox_id)
        ).first()
        assert late is not None
        late.due_at = NOON + timedelta(seconds=1)
    deliver(runtime)
    clock.advance(seconds=2)
    deliver(runtime)
    assert ocs.account(uuid)["Disabled"] is False


def test_a_service_without_an_account_makes_none(
    people: People, runtime: Runtime, ocs: ChargingServer, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    admin.patch(make(admin, customer_id, uuid), {"service_status": "Suspended"})
    assert deliver(runtime) == []
    assert ocs.account(uuid) is None


def test_a_deleted_service_leaves_no_account_and_no_renewal(
    people: People, runtime: Runtime, ocs: ChargingServer, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    url = make(admin, customer_id, uuid)
    ocs.make_account(uuid)
    ocs.plan(f"ServiceID_{uuid}__ProductID_3__CustomerID_1__M", uuid, NOON + timedelta(days=3))
    admin.delete(url)
    deliver(runtime)
    assert ocs.account(uuid) is None
    assert ocs.ask("ApierV1.GetScheduledActions", Tenant="", Account=uuid)["result"] is None


def test_an_account_that_a_new_service_took_over_stays(
    people: People, runtime: Runtime, ocs: ChargingServer, uuid: str
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    ocs.make_account(uuid)
    admin.delete(make(admin, customer_id, uuid))
    make(admin, customer_id, uuid)
    deliver(runtime)
    assert ocs.account(uuid) is not None


class TestWithoutAChargingPlugin:
    @pytest.fixture
    def extra_settings(self) -> str:
        return ""

    def test_everything_but_usage_works(self, people: People, runtime: Runtime) -> None:
        admin = people.with_("admin", "cgrates_api_access")
        _, customer_id = people.customer("A")
        url = make(admin, customer_id, "alone")
        shown = admin.get(url)
        assert shown.status_code == 200
        assert not {"cgrates", "cgrates_error", "auto_renew"} & set(shown.json)
        assert admin.patch(url, {"service_status": "Suspended"}).status_code == 200
        assert admin.delete(url).status_code == 200
        assert deliver(runtime) == []
        for answer in (
            admin.get("/crm/service/auto_renews"),
            admin.delete("/crm/oam/remove_action_plan/ServiceID_x__ProductID_1__CustomerID_1__M"),
        ):
            assert answer.status_code == 503
            assert answer.json["code"] == "no-plugin"
