"""Methods for action sets, action plans and the scheduler."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from omnicore_ocs_embedded import timings
from omnicore_ocs_embedded.api_accounts import ACCOUNT, key_of
from omnicore_ocs_embedded.balances import Document
from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.errors import EXISTS, NOT_FOUND, RpcError
from omnicore_ocs_embedded.rpc import Table
from omnicore_ocs_embedded.scheduler import Entry
from omnicore_ocs_embedded.structs import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    STRING,
    STRINGS,
    Kind,
    ListOf,
    Struct,
)
from omnicore_ocs_embedded.times import format_time, parse_expiry

_ACTION = Struct(
    "V1TPAction",
    {
        "Identifier": STRING,
        "BalanceId": STRING,
        "BalanceUuid": STRING,
        "BalanceType": STRING,
        "Units": FLOAT,
        "ExpiryTime": STRING,
        "Filters": STRINGS,
        "Filter": STRING,
        "TimingTags": STRING,
        "DestinationIds": STRING,
        "RatingSubject": STRING,
        "Categories": STRING,
        "SharedGroups": STRING,
        "BalanceWeight": ANY,
        "ExtraParameters": STRING,
        "BalanceBlocker": STRING,
        "BalanceDisabled": STRING,
        "Weight": FLOAT,
    },
)
_SET_ACTIONS = Struct(
    "V1AttrSetActions", {"ActionsId": STRING, "Overwrite": BOOL, "Actions": ListOf(_ACTION)}
)
_PLAN_ITEM = Struct(
    "AttrActionPlan",
    {
        "ActionsId": STRING,
        "Years": STRING,
        "Months": STRING,
        "MonthDays": STRING,
        "WeekDays": STRING,
        "Time": STRING,
        "Weight": FLOAT,
    },
)
_PLAN_FIELDS: Mapping[str, Kind] = {
    "Id": STRING,
    "ActionPlan": ListOf(_PLAN_ITEM),
    "Overwrite": BOOL,
    "ReloadScheduler": BOOL,
}
_SET_PLAN = Struct("AttrSetActionPlan", _PLAN_FIELDS)
_SET_PLAN_ACCOUNTS = Struct("AttrSetActionPlanAccounts", {**_PLAN_FIELDS, "AccountIDs": STRINGS})
_REMOVE_TIMING = Struct(
    "AttrRemoveActionTiming",
    {
        **ACCOUNT,
        "ActionPlanId": STRING,
        "ActionTimingId": STRING,
        "ReloadScheduler": BOOL,
    },
)
_SCHEDULED = Struct(
    "ArgsGetScheduledActions",
    {**ACCOUNT, "TimeStart": STRING, "TimeEnd": STRING, "Limit": INT, "Offset": INT},
)


def set_actions(engine: Engine, argument: Document) -> str:
    if any(not action["Identifier"] for action in argument["Actions"]):
        raise RpcError("MANDATORY_IE_MISSING: [Identifier]")
    if not argument["Overwrite"] and engine.store.get("actions", argument["ActionsId"]):
        raise RpcError(EXISTS)
    engine.store.put("actions", argument["ActionsId"], argument["Actions"])
    return "OK"


def get_actions(engine: Engine, actions_id: str) -> list[Document]:
    stored: list[Document] | None = engine.store.get("actions", actions_id)
    if stored is None:
        raise RpcError(NOT_FOUND)
    return stored


def remove_actions(engine: Engine, argument: Document) -> str:
    for actions_id in argument["ActionIDs"]:
        engine.store.delete("actions", actions_id)
    return "OK"


def execute_action(engine: Engine, argument: Document) -> str:
    engine.run_action_set(argument["ActionsId"], [key_of(argument)])
    return "OK"


def set_action_plan(engine: Engine, argument: Document) -> str:
    plan_id, now = argument["Id"], engine.clock.now()
    for item in argument["ActionPlan"]:
        absent = [name for name in ("ActionsId", "Time") if not item[name]]
        if absent:
            names = " ".join(absent)
            raise RpcError(f"MANDATORY_IE_MISSING:Action:{item['ActionsId']}:[{names}]")
    with engine.store.transaction():
        present = engine.store.get("plan", plan_id)
        if present is not None and not argument["Overwrite"]:
            raise RpcError(EXISTS)
        for item in argument["ActionPlan"]:
            if engine.store.get("actions", item["ActionsId"]) is None:
                raise RpcError(f"BROKEN_REFERENCE:{item['ActionsId']}")
            timings.check_format(item["Time"], master=engine.master)
        for key in (present or {}).get("AccountIDs") or {}:
            engine.detach(key, plan_id)
        engine.store.put("plan", plan_id, _plan(plan_id, argument["ActionPlan"], now))
        for key in argument.get("AccountIDs") or []:
            engine.attach(key, plan_id)
    if argument["ReloadScheduler"]:
        engine.scheduler.reload()
    return "OK"


def _plan(plan_id: str, items: list[Document], now: Any) -> Document:
    return {
        "Id": plan_id,
        "AccountIDs": None,
        "ActionTimings": [
            {
                "Uuid": str(uuid.uuid4()),
                "Timing": {"Timing": timings.build(item, now), "Rating": None, "Weight": 0},
                "ActionsID": item["ActionsId"],
                "ExtraData": None,
                "Weight": item["Weight"],
            }
            for item in items
        ],
    }


def get_action_plan(engine: Engine, argument: Document) -> list[Document]:
    if argument["ID"] in ("", "*"):
        return [plan for _, plan in engine.store.items("plan")]
    plan = engine.store.get("plan", argument["ID"])
    if plan is None:
        raise RpcError(NOT_FOUND)
    return [plan]


def remove_action_plan(engine: Engine, argument: Document) -> str:
    plan_id = argument["ID"]
    with engine.store.transaction():
        plan = engine.store.get("plan", plan_id) or {}
        for key in plan.get("AccountIDs") or {}:
            engine.detach(key, plan_id)
        engine.store.delete("plan", plan_id)
    return "OK"


def remove_action_timing(engine: Engine, argument: Document) -> str:
    plan_id = argument["ActionPlanId"]
    with engine.store.transaction():
        plan = engine.store.get("plan", plan_id)
        if plan is None:
            raise RpcError(NOT_FOUND)
        if argument["Account"]:
            engine.detach(key_of(argument), plan_id)
        elif argument["ActionTimingId"]:
            kept = [t for t in plan["ActionTimings"] if t["Uuid"] != argument["ActionTimingId"]]
            engine.store.put("plan", plan_id, {**plan, "ActionTimings": kept})
        else:
            remove_action_plan(engine, {"ID": plan_id})
    if argument["ReloadScheduler"]:
        engine.scheduler.reload()
    return "OK"


def get_account_action_plan(engine: Engine, argument: Document) -> list[Document]:
    now = engine.clock.now()
    return [
        {
            "ActionPlanId": plan_id,
            "Uuid": timing["Uuid"],
            "ActionsId": timing["ActionsID"],
            "NextExecTime": format_time(timings.next_run(timing["Timing"]["Timing"], now)),
        }
        for plan_id in engine.plans_of(key_of(argument))
        for timing in engine.store.get("plan", plan_id)["ActionTimings"]
    ]


def get_scheduled_actions(engine: Engine, argument: Document) -> list[Document]:
    now = engine.clock.now()
    start, end = (
        parse_expiry(argument[name], now, master=engine.master) for name in ("TimeStart", "TimeEnd")
    )
    found = [
        entry
        for entry in engine.scheduler.entries()
        if _has_account(entry, argument["Tenant"], argument["Account"])
        and (start is None or entry.at >= start)
        and (end is None or entry.at < end)
    ]
    last = argument["Offset"] + argument["Limit"] if argument["Limit"] else None
    page = found[argument["Offset"] : last]
    if not page:
        raise RpcError(NOT_FOUND)
    return [
        {
            "NextRunTime": format_time(entry.at),
            "Accounts": len(entry.accounts),
            "ActionPlanID": entry.plan_id,
            "ActionTimingUUID": entry.timing["Uuid"],
            "ActionsID": entry.timing["ActionsID"],
        }
        for entry in page
    ]


def _has_account(entry: Entry, tenant: str, account: str) -> bool:
    """A filter by tenant or account hides plans that have no account."""
    if not tenant and not account:
        return True
    return any(
        (not tenant or key.partition(":")[0] == tenant)
        and (not account or key.partition(":")[2] == account)
        for key in entry.accounts
    )


def reload_scheduler(engine: Engine, _argument: Any) -> str:
    engine.scheduler.reload()
    return "OK"


def register(table: Table) -> None:
    """Put the methods of this module into ``table``."""
    by_id = Struct("AttrGetActionPlan", {"ID": STRING})
    execute = Struct("AttrExecuteAction", {**ACCOUNT, "ActionsId": STRING})
    remove = Struct("AttrRemoveActions", {"ActionIDs": STRINGS})
    both = ("Tenant", "Account")
    table.apier("SetActions", _SET_ACTIONS, ("ActionsId", "Actions"))(set_actions)
    table.apier("GetActions", STRING)(get_actions)
    table.apier("RemoveActions", remove, ("ActionIDs",))(remove_actions)
    table.apier("ExecuteAction", execute, (*both, "ActionsId"))(execute_action)
    plan = ("Id", "ActionPlan")
    table.apier("SetActionPlan", _SET_PLAN, plan)(set_action_plan)
    if table.master:
        table.apier("SetActionPlanAccounts", _SET_PLAN_ACCOUNTS, plan)(set_action_plan)
    table.apier("GetActionPlan", by_id)(get_action_plan)
    table.apier("RemoveActionPlan", by_id, ("ID",))(remove_action_plan)
    timing = ("Tenant", "ActionPlanId")
    table.apier("RemoveActionTiming", _REMOVE_TIMING, timing)(remove_action_timing)
    account = Struct("AttrAcntAction", ACCOUNT)
    table.apier("GetAccountActionPlan", account, both)(get_account_action_plan)
    table.apier("GetScheduledActions", _SCHEDULED)(get_scheduled_actions)
    table.service("SchedulerSv1.Reload", ANY)(reload_scheduler)
