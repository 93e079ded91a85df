"""Action plans: what is accepted, when they run, and that the queue only changes on reload."""

from __future__ import annotations

import queue
import uuid

import pytest

FIRST = {"MonthDays": "1", "Time": "00:00:00"}


def post(receiver):
    return {"Identifier": "*http_post", "ExtraParameters": receiver.url}


def attach(client, account, plan_id, **options):
    client.ok("ApierV2.SetAccount", **account, ActionPlanIds=[plan_id], **options)


def at(client, moment):
    client.control("POST", "clock", {"set": moment})


@pytest.fixture
def timed(start):
    """A server of its own whose clock stands at a known time."""
    client = start("--faults")
    at(client, "2026-11-23T10:00:00Z")
    return client


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"Id": "x"}, "MANDATORY_IE_MISSING: [ActionPlan]"),
        ({"ActionPlan": [FIRST]}, "MANDATORY_IE_MISSING: [Id]"),
        ({"Id": "x", "ActionPlan": [FIRST]}, "MANDATORY_IE_MISSING:Action::[ActionsId]"),
        (
            {"Id": "x", "ActionPlan": [{"ActionsId": "nope"}]},
            "MANDATORY_IE_MISSING:Action:nope:[Time]",
        ),
        (
            {"Id": "x", "ActionPlan": [{"ActionsId": "nope", "Time": "*asap"}]},
            "BROKEN_REFERENCE:nope",
        ),
    ],
)
def test_a_plan_that_lacks_something_is_refused(ocs, plan, error):
    assert ocs.error("ApierV1.SetActionPlan", **plan) == error


def test_the_guides_flat_form_of_a_plan_is_refused(ocs):
    flat = {"Id": "x", "ActionsId": "y", "Timing": {}, "ActionTriggers": []}
    error = ocs.error("ApierV1.SetActionPlan", **flat)
    assert error == "MANDATORY_IE_MISSING: [ActionPlan]"


@pytest.mark.parametrize(
    ("text", "in_v010", "in_master"),
    [
        ("00:00:00", True, True),
        ("*asap", True, True),
        ("*hourly", True, True),
        ("*monthly", False, True),
        ("*monthly_estimated", False, True),
        ("+720h", False, True),
        ("*now", False, False),
        ("25:00:00", False, False),
        ("noon", False, False),
    ],
)
def test_each_mode_knows_its_times(v010, master, text, in_v010, in_master):
    for client, known in ((v010, in_v010), (master, in_master)):
        item = {"ActionsId": client.actions({"Identifier": "*log"}), "Time": text}
        plan = {"Id": uuid.uuid4().hex, "ActionPlan": [item]}
        error = client.ask("ApierV1.SetActionPlan", plan)["error"]
        assert error == (None if known else f"UNSUPPORTED_FORMAT:{text}")


def test_a_plan_is_not_replaced_unless_asked_and_then_loses_its_accounts(ocs, account):
    actions_id = ocs.actions({"Identifier": "*log"})
    plan_id = ocs.plan(actions_id, **FIRST)
    attach(ocs, account, plan_id)
    again = {"Id": plan_id, "ActionPlan": [{"ActionsId": actions_id, **FIRST}]}
    assert ocs.error("ApierV1.SetActionPlan", **again) == "EXISTS"
    assert len(ocs.ok("ApierV1.GetAccountActionPlan", **account)) == 1
    ocs.ok("ApierV1.SetActionPlan", **again, Overwrite=True)
    assert ocs.ok("ApierV1.GetAccountActionPlan", **account) == []


def test_a_plan_reads_as_the_engine_shows_it(ocs, account):
    actions_id = ocs.actions({"Identifier": "*log"})
    plan_id = ocs.plan(actions_id, **FIRST, Weight=10)
    attach(ocs, account, plan_id)
    (plan,) = ocs.ok("ApierV1.GetActionPlan", ID=plan_id)
    (timing,) = plan["ActionTimings"]
    assert plan["AccountIDs"] == {f"{account['Tenant']}:{account['Account']}": True}
    assert timing.pop("Uuid")
    assert timing == {
        "Timing": {
            "Timing": {
                "ID": "",
                "Years": [],
                "Months": [],
                "MonthDays": [1],
                "WeekDays": [],
                "StartTime": "00:00:00",
                "EndTime": "",
            },
            "Rating": None,
            "Weight": 0,
        },
        "ActionsID": actions_id,
        "ExtraData": None,
        "Weight": 10,
    }
    assert ocs.error("ApierV1.GetActionPlan", ID="nope") == "NOT_FOUND"
    assert plan_id in [plan["Id"] for plan in ocs.ok("ApierV1.GetActionPlan", ID="*")]


def test_overwriting_an_accounts_plans_detaches_the_others(ocs, account):
    actions_id = ocs.actions({"Identifier": "*log"})
    plans = [ocs.plan(actions_id, **FIRST) for _ in range(3)]

    def attached():
        found = ocs.ok("ApierV1.GetAccountActionPlan", **account)
        return {plan["ActionPlanId"] for plan in found}

    attach(ocs, account, plans[0])
    attach(ocs, account, plans[1])
    assert attached() == set(plans[:2])
    attach(ocs, account, plans[2], ActionPlansOverwrite=True)
    assert attached() == {plans[2]}


def test_an_account_sees_its_plan_and_the_time_it_runs_next(timed, account):
    actions_id = timed.actions({"Identifier": "*log"})
    plan_id = timed.plan(actions_id, **FIRST)
    attach(timed, account, plan_id)
    (found,) = timed.ok("ApierV1.GetAccountActionPlan", **account)
    assert found.pop("Uuid")
    assert found == {
        "ActionPlanId": plan_id,
        "ActionsId": actions_id,
        "NextExecTime": "2026-12-01T00:00:00Z",
    }


def test_the_queue_is_a_snapshot_that_only_a_reload_renews(timed, account):
    plan_id = timed.plan(timed.actions({"Identifier": "*log"}), **FIRST)
    attach(timed, account, plan_id)
    assert timed.error("ApierV1.GetScheduledActions") == "NOT_FOUND"
    timed.ok("SchedulerSv1.Reload")
    (found,) = timed.ok("ApierV1.GetScheduledActions")
    assert found["ActionPlanID"] == plan_id
    assert (found["NextRunTime"], found["Accounts"]) == ("2026-12-01T00:00:00Z", 1)
    timed.ok("ApierV1.RemoveActionPlan", ID=plan_id)
    assert len(timed.ok("ApierV1.GetScheduledActions")) == 1
    timed.ok("SchedulerSv1.Reload")
    assert timed.error("ApierV1.GetScheduledActions") == "NOT_FOUND"


def test_a_renewal_runs_when_its_time_comes_and_again_a_month_later(timed, account, receiver):
    topup = {"Identifier": "*topup", "BalanceType": "*data", "BalanceId": "A", "Units": 5}
    actions_id = timed.actions({**topup, "Weight": 20}, {**post(receiver), "Weight": 10})
    plan_id = timed.plan(actions_id, **FIRST)
    attach(timed, account, plan_id, ReloadScheduler=True)
    values = []
    for moment in ("2026-12-01T00:00:01Z", "2027-01-01T00:00:01Z"):
        at(timed, moment)
        values.append(receiver.next_body()["BalanceMap"]["*data"][0]["Value"])
    assert values == [5, 10]
    assert timed.ok("ApierV1.GetScheduledActions")[0]["NextRunTime"] == "2027-02-01T00:00:00Z"


def test_a_removed_plan_still_fires_without_a_reload(timed, account, receiver):
    plan_id = timed.plan(timed.actions(post(receiver)), **FIRST)
    attach(timed, account, plan_id, ReloadScheduler=True)
    timed.ok("ApierV1.RemoveActionPlan", ID=plan_id)
    at(timed, "2026-12-01T00:00:01Z")
    assert receiver.next_body()["ID"].endswith(account["Account"])


def test_a_removed_plan_stays_silent_after_a_reload(timed, account, receiver):
    plan_id = timed.plan(timed.actions(post(receiver)), **FIRST)
    attach(timed, account, plan_id, ReloadScheduler=True)
    timed.ok("ApierV1.RemoveActionPlan", ID=plan_id)
    other = timed.plan(timed.actions(post(receiver)), MonthDays="2", Time="00:00:00")
    attach(timed, {**account, "Account": "other"}, other, ReloadScheduler=True)
    at(timed, "2026-12-01T00:00:01Z")
    at(timed, "2026-12-02T00:00:01Z")
    assert receiver.next_body()["ID"].endswith("other")
    assert receiver.bodies.empty()


def test_a_plan_whose_account_was_removed_still_posts_an_empty_body(timed, account, receiver):
    plan_id = timed.plan(timed.actions(post(receiver)), **FIRST)
    attach(timed, account, plan_id)
    timed.ok("ApierV2.RemoveAccount", **account)
    timed.ok("SchedulerSv1.Reload")
    assert timed.ok("ApierV1.GetScheduledActions")[0]["Accounts"] == 0
    assert timed.error("ApierV1.GetScheduledActions", Tenant=account["Tenant"]) == "NOT_FOUND"
    at(timed, "2026-12-01T00:00:01Z")
    assert receiver.next_body() is None


def test_a_disabled_account_is_renewed_all_the_same(timed, account, receiver):
    plan_id = timed.plan(timed.actions(post(receiver)), **FIRST)
    attach(timed, account, plan_id, ExtraOptions={"Disabled": True}, ReloadScheduler=True)
    at(timed, "2026-12-01T00:00:01Z")
    assert receiver.next_body()["Disabled"] is True


def test_an_asap_plan_runs_once_at_the_next_reload_and_is_not_attached(timed, account, receiver):
    plan_id = timed.plan(timed.actions(post(receiver)), Time="*asap")
    attach(timed, account, plan_id)
    with pytest.raises(queue.Empty):
        receiver.next_body(0.3)
    timed.ok("SchedulerSv1.Reload")
    assert receiver.next_body()["ID"].endswith(account["Account"])
    timed.ok("SchedulerSv1.Reload")
    assert timed.ok("ApierV1.GetAccountActionPlan", **account) == []
    with pytest.raises(queue.Empty):
        receiver.next_body(0.3)


def test_a_one_shot_counts_from_the_reload_and_runs_once(timed, account, receiver):
    plan_id = timed.plan(timed.actions(post(receiver)), Time="+720h")
    attach(timed, account, plan_id)
    at(timed, "2026-11-24T10:00:00Z")
    timed.ok("SchedulerSv1.Reload")
    run_time = timed.ok("ApierV1.GetScheduledActions")[0]["NextRunTime"]
    assert run_time.startswith("2026-12-24T10:00:0")
    at(timed, "2026-12-24T10:00:02Z")
    assert receiver.next_body()
    assert timed.error("ApierV1.GetScheduledActions") == "NOT_FOUND"


def test_scheduled_actions_are_filtered_paged_and_sorted(timed, account):
    actions_id = timed.actions({"Identifier": "*log"})
    plans = [timed.plan(actions_id, MonthDays=day, Time="00:00:00") for day in ("3", "1", "2")]
    for number, plan_id in enumerate(plans):
        attach(timed, {**account, "Account": f"a{number}"}, plan_id)
    timed.ok("SchedulerSv1.Reload")

    def ids(**params):
        return [e["ActionPlanID"] for e in timed.ok("ApierV1.GetScheduledActions", **params)]

    assert ids() == [plans[1], plans[2], plans[0]]
    assert ids(Offset=1, Limit=1) == [plans[2]]
    assert ids(Tenant=account["Tenant"], Account="a0") == [plans[0]]
    assert ids(TimeStart="2026-12-02T00:00:00Z", TimeEnd="2026-12-03T00:00:00Z") == [plans[2]]


def test_one_account_can_leave_a_shared_plan(ocs, account):
    plan_id = ocs.plan(ocs.actions({"Identifier": "*log"}), **FIRST)
    other = {**account, "Account": uuid.uuid4().hex}
    for one in (account, other):
        attach(ocs, one, plan_id)
    ocs.ok("ApierV1.RemoveActionTiming", **account, ActionPlanId=plan_id)
    assert ocs.ok("ApierV1.GetAccountActionPlan", **account) == []
    assert len(ocs.ok("ApierV1.GetAccountActionPlan", **other)) == 1


def test_only_master_sets_a_plan_with_its_accounts(v010, master, account):
    key = f"{account['Tenant']}:{account['Account']}"
    for client in (v010, master):
        item = {"ActionsId": client.actions({"Identifier": "*log"}), **FIRST}
        plan = {"Id": uuid.uuid4().hex, "ActionPlan": [item], "AccountIDs": [key]}
        error = client.ask("APIerSv1.SetActionPlanAccounts", plan)["error"]
        unknown = "rpc: can't find method APIerSv1.SetActionPlanAccounts"
        assert error == (None if client is master else unknown)
    assert len(master.ok("ApierV1.GetAccountActionPlan", **account)) == 1
