"""What the client does beyond the contract, where the engine has traps."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from omnicore_ocs_cgrates import hooks

from omnicore.sdk.context import PluginContext
from omnicore.sdk.errors import PortRefused
from omnicore.sdk.ports.charging import BalanceKind
from omnicore.sdk.testing.charging import a_grant, a_plan_id, in_days, plan_ids

TENANT = "mnc380.mcc313.3gppnetwork.org"
OTHER_TENANT = "somebody.else"


@pytest.fixture
def name():
    return f"Local_Mobile_SIM_{uuid.uuid4().hex[:8]}"


def test_every_typed_call_names_the_tenant(sandbox, backend, name):
    backend.ensure_account(name)
    backend.grant(name, a_grant())
    backend.set_disabled(name, True)
    backend.renewals(name)
    backend.remove_renewal("a plan")
    backend.remove_account(name)
    calls = sandbox.calls()
    assert {call["params"][0].get("Tenant") for call in calls} == {TENANT}
    assert len(calls) > 8


def test_a_grant_is_named_by_its_id_and_key(sandbox, backend, name):
    backend.ensure_account(name)
    grant = a_grant(name="DATA_5GB_Boost")
    backend.grant(name, grant)
    (bucket,) = sandbox.rpc("ApierV2.GetAccount", Tenant=TENANT, Account=name)["BalanceMap"][
        "*data"
    ]
    assert bucket["ID"] == f"DATA_5GB_Boost_{grant.key}"


def test_voice_is_sent_in_nanoseconds_and_cents_as_cents(sandbox, make_backend, name):
    backend = make_backend(monetary_unit="cents")
    backend.grant(name, a_grant(kind=BalanceKind.VOICE))
    backend.grant(name, a_grant(kind=BalanceKind.MONETARY))
    buckets = sandbox.rpc("ApierV2.GetAccount", Tenant=TENANT, Account=name)["BalanceMap"]
    assert buckets["*voice"][0]["Value"] == 30_000 * 10**9
    assert buckets["*monetary"][0]["Value"] == 2550
    found = {b.kind: b.value for b in backend.account(name).balances}
    assert found == {BalanceKind.VOICE: Decimal(30_000), BalanceKind.MONETARY: Decimal("25.5")}


def test_a_balance_that_expired_is_not_shown(sandbox, backend, name):
    past = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    balance = {"ID": "OLD", "Value": 1, "ExpiryTime": "+300ms"}
    add = {"Tenant": TENANT, "Account": name, "BalanceType": "*data"}
    sandbox.rpc("ApierV1.AddBalance", **add, Balance={"ID": "NEW", "Value": 1})
    sandbox.rpc("ApierV1.SetBalance", **add, Balance={**balance, "ExpiryTime": past})
    assert [b.id for b in backend.account(name).balances] == ["NEW"]


def test_an_engine_balance_of_another_kind_is_shown_as_other(sandbox, backend, name):
    add = {"Tenant": TENANT, "Account": name, "BalanceType": "*generic"}
    sandbox.rpc("ApierV1.AddBalance", **add, Balance={"ID": "G", "Value": 3})
    (balance,) = backend.account(name).balances
    assert (balance.kind, balance.native_kind) == (BalanceKind.OTHER, "*generic")
    with pytest.raises(PortRefused):
        backend.grant(name, a_grant_of_other())


def a_grant_of_other():
    grant = a_grant()
    return type(grant)(kind=BalanceKind.OTHER, id="X", value=Decimal(1), key=grant.key)


def test_a_shared_plan_outlives_one_of_its_accounts(sandbox, backend, name):
    plan_id, other = a_plan_id("shared"), uuid.uuid4().hex
    sandbox.plan(plan_id, name, in_days(20))
    attach = {"Tenant": TENANT, "Account": other, "ActionPlanIDs": [plan_id]}
    sandbox.rpc("ApierV2.SetAccount", **attach, ReloadScheduler=True)
    backend.remove_account(name)
    assert plan_ids(backend.renewals(other)) == {plan_id}
    assert plan_id in plan_ids(backend.scheduled_renewals())


def test_an_accounts_own_action_sets_go_with_it_and_common_ones_stay(sandbox, backend, name):
    own, common = f"Action_AutoTopup_{name}_42", f"Action_Common_{uuid.uuid4().hex}"
    items = []
    for actions_id in (own, common):
        actions = [{"Identifier": "*log"}]
        sandbox.rpc("ApierV1.SetActions", ActionsId=actions_id, Actions=actions)
        items.append({"ActionsId": actions_id, "MonthDays": "1", "Time": "00:00:00"})
    plan_id = a_plan_id(name)
    sandbox.rpc("ApierV1.SetActionPlan", Id=plan_id, ActionPlan=items)
    sandbox.rpc("ApierV2.SetAccount", Tenant=TENANT, Account=name, ActionPlanIDs=[plan_id])
    backend.remove_account(name)
    found = []
    for actions_id in (own, common):
        call = {"method": "ApierV1.GetActions", "params": [actions_id]}
        found.append(sandbox.request("POST", "/jsonrpc", call)["error"])
    assert found == ["NOT_FOUND", None]


def test_removing_again_finishes_a_removal_that_died_before_its_reload(sandbox, backend, name):
    plan_id = a_plan_id(name)
    sandbox.plan(plan_id, name, in_days(20))
    sandbox.rpc("ApierV1.RemoveActionPlan", ID=plan_id)
    sandbox.rpc("ApierV2.RemoveAccount", Tenant=TENANT, Account=name)
    assert plan_id in plan_ids(backend.scheduled_renewals())
    backend.remove_account(name)
    assert plan_id not in plan_ids(backend.scheduled_renewals())


def test_removing_an_account_without_renewals_leaves_the_scheduler_alone(sandbox, backend, name):
    backend.ensure_account(name)
    backend.remove_account(name)
    assert "SchedulerSv1.Reload" not in {call["method"] for call in sandbox.calls()}


def test_a_plan_without_accounts_is_listed_as_it_will_fire(sandbox, backend, name):
    plan_id = a_plan_id(name)
    sandbox.plan(plan_id, name, in_days(20))
    sandbox.rpc("ApierV2.RemoveAccount", Tenant=TENANT, Account=name)
    sandbox.rpc("SchedulerSv1.Reload")
    (orphan,) = [r for r in backend.scheduled_renewals() if r.plan_id == plan_id]
    assert (orphan.account_id, orphan.native["Accounts"]) == (None, 0)
    backend.remove_renewal(plan_id)
    assert plan_id not in plan_ids(backend.scheduled_renewals())


def test_plans_of_another_tenant_are_not_listed(sandbox, backend, name):
    plan_id = a_plan_id(name)
    sandbox.plan(plan_id, name, in_days(20))
    sandbox.rpc("ApierV2.RemoveAccount", Tenant=TENANT, Account=name)
    attach = {"Tenant": OTHER_TENANT, "Account": name, "ActionPlanIDs": [plan_id]}
    sandbox.rpc("ApierV2.SetAccount", **attach, ReloadScheduler=True)
    assert plan_id not in plan_ids(backend.scheduled_renewals())


@pytest.mark.parametrize(
    "params",
    [
        {"Tenant": OTHER_TENANT},
        {"tenant": OTHER_TENANT},
        {"Event": {"Tenant": OTHER_TENANT}},
        {"Items": [{"TENANT": OTHER_TENANT}]},
        {"Tenant": 7},
    ],
)
def test_another_tenant_is_refused_at_any_depth_and_in_any_case(sandbox, backend, params):
    with pytest.raises(PortRefused, match="another tenant"):
        backend.call("SessionSv1.InitiateSession", params)
    assert sandbox.calls() == []


def test_our_tenant_may_be_named_in_any_case(backend, name):
    params = {"tenant": TENANT, "Tenant": "", "Account": name}
    assert backend.call("ApierV2.SetAccount", params) == "OK"
    assert backend.account(name) is not None


@pytest.mark.parametrize("params", [{}, {"ID": ""}, {"id": None}, {"Identifier": "x"}])
@pytest.mark.parametrize(
    "method",
    ["APIerSv1.SetFilter", "APIerSv1.GetAttributeProfile", "ApierV2.RemoveThresholdProfile"],
)
def test_a_profile_call_without_id_never_leaves(sandbox, backend, method, params):
    with pytest.raises(PortRefused, match="name an ID"):
        backend.call(method, params)
    assert sandbox.calls() == []


def test_a_profile_call_with_id_goes_through(backend, name):
    rules = [{"Type": "*string", "Element": "~*req.Account", "Values": [name]}]
    assert backend.call("APIerSv1.SetFilter", {"id": f"FLTR_{name}", "Rules": rules}) == "OK"
    assert backend.call("APIerSv1.GetFilter", {"ID": f"FLTR_{name}"})["Rules"] == rules


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("ApierV2.GetAccount", False),
        ("SessionSv1.GetActiveSessions", False),
        ("CoreSv1.Ping", False),
        ("CoreSv1.Status", False),
        ("ApierV1.AddBalance", True),
        ("CoreSv1.Pinger", True),
        ("ApierV1.getAccount", True),
        ("GetAccount", True),
        (".GetAccount", True),
        ("", True),
    ],
)
def test_in_doubt_a_method_changes_something(backend, method, changes):
    assert backend.changes_state(method) is changes


def a_context(tmp_path: Path, settings) -> PluginContext:
    return PluginContext(
        name="ocs_cgrates",
        settings=settings,
        logger=logging.getLogger("test"),
        now=lambda: datetime.now(UTC),
        data_dir=tmp_path,
        config_dir=tmp_path,
    )


def test_the_hooks_offer_one_backend_and_a_look_at_the_engine(tmp_path, sandbox, load_settings):
    context = a_context(tmp_path, load_settings())
    (backend,) = hooks.omnicore_charging_backends(context)
    assert (backend.key, backend.tenant) == ("cgrates", TENANT)
    (check,) = hooks.omnicore_health_checks(context)
    assert check.check().ok
    sandbox.faults({"kind": "empty"})
    assert not check.check().ok
    assert "ocs.cgrates" in check.check().detail
