"""Methods for accounts and balances."""

from __future__ import annotations

from collections.abc import Mapping

from omnicore_ocs_embedded import balances
from omnicore_ocs_embedded.balances import Document
from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.errors import NOT_FOUND, RpcError, missing, server_error
from omnicore_ocs_embedded.rpc import V1_SERVICES, V2_SERVICES, Table
from omnicore_ocs_embedded.structs import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    STRING,
    STRINGS,
    Kind,
    ListOf,
    MapOf,
    Struct,
)
from omnicore_ocs_embedded.timings import ASAP

ACCOUNT: Mapping[str, Kind] = {"Tenant": STRING, "Account": STRING}
_BOTH = ("Tenant", "Account")
_SET_ACCOUNT = Struct(
    "AttrSetAccount",
    {
        **ACCOUNT,
        "ActionPlanIDs": STRINGS,
        "ActionPlansOverwrite": BOOL,
        "ActionTriggerIDs": STRINGS,
        "ActionTriggerOverwrite": BOOL,
        "ExtraOptions": MapOf(BOOL),
        "ReloadScheduler": BOOL,
    },
)
_SET_ACCOUNT_V1 = Struct(
    "AttrSetAccount",
    {
        **ACCOUNT,
        "ActionPlanID": STRING,
        "ActionPlansOverwrite": BOOL,
        "ActionTriggersID": STRING,
        "ExtraOptions": MapOf(BOOL),
        "ReloadScheduler": BOOL,
    },
)
_BALANCE: Mapping[str, Kind] = {
    **ACCOUNT,
    "BalanceType": STRING,
    "Balance": MapOf(ANY),
    "Cdrlog": BOOL,
}
_ADD_BALANCE = Struct(
    "AttrAddBalance",
    {**_BALANCE, "Value": FLOAT, "Overwrite": BOOL, "ActionExtraData": MapOf(ANY)},
)
_SET_BALANCE = Struct("AttrSetBalance", {**_BALANCE, "Value": FLOAT, "ActionExtraData": MapOf(ANY)})
_SET_BALANCES = Struct(
    "AttrSetBalances",
    {
        **ACCOUNT,
        "Balances": ListOf(
            Struct(
                "AttrBalance",
                {"BalanceType": STRING, "Value": FLOAT, "Balance": MapOf(ANY), "Cdrlog": BOOL},
            )
        ),
    },
)
_GET_ACCOUNTS = Struct(
    "AttrGetAccounts",
    {
        "Tenant": STRING,
        "AccountIDs": STRINGS,
        "Offset": INT,
        "Limit": INT,
        "Filter": MapOf(BOOL),
    },
)


def key_of(argument: Document) -> str:
    """``tenant:account``, the engine's id of an account."""
    return f"{argument['Tenant']}:{argument['Account']}"


def set_account(engine: Engine, argument: Document) -> str:
    key, plan_ids = key_of(argument), argument["ActionPlanIDs"] or []
    with engine.guard(key), engine.store.transaction():
        account = engine.account(key) or engine.new_account(key)
        changed = _attach_plans(engine, key, plan_ids, overwrite=argument["ActionPlansOverwrite"])
        if any(argument["ActionTriggerIDs"] or []):
            # No method here makes triggers, so a named one is never there.
            raise server_error(NOT_FOUND)
        options = argument["ExtraOptions"] or {}
        for name in ("AllowNegative", "Disabled"):
            account[name] = options.get(name, account[name])
        engine.save_account(account)
    if changed and argument["ReloadScheduler"]:
        engine.scheduler.reload()
    return "OK"


def set_account_v1(engine: Engine, argument: Document) -> str:
    plans = [argument.pop("ActionPlanID")]
    triggers = [argument.pop("ActionTriggersID")]
    plural = {"ActionPlanIDs": [p for p in plans if p], "ActionTriggerIDs": triggers}
    return set_account(engine, {**argument, **plural})


def _attach_plans(engine: Engine, key: str, plan_ids: list[str], *, overwrite: bool) -> bool:
    plans = {plan_id: engine.store.get("plan", plan_id) for plan_id in plan_ids}
    if any(plan is None for plan in plans.values()):
        raise server_error(NOT_FOUND)
    present = engine.plans_of(key)
    dropped = [plan_id for plan_id in present if overwrite and plan_id not in plans]
    for plan_id in dropped:
        engine.detach(key, plan_id)
    added = [plan_id for plan_id in plans if plan_id not in present]
    for plan_id in added:
        timings = plans[plan_id]["ActionTimings"]
        at_once = [t for t in timings if t["Timing"]["Timing"]["StartTime"] == ASAP]
        for timing in at_once:
            task = {"AccountID": key, "ActionsID": timing["ActionsID"]}
            engine.store.put("task", f"{timing['Uuid']}\n{key}", task)
        if len(at_once) < len(timings):
            engine.attach(key, plan_id)
    return bool(dropped or added)


def remove_account(engine: Engine, argument: Document) -> str:
    key = key_of(argument)
    with engine.guard(key):
        engine.remove_account(key)
    return "OK"


def get_account(engine: Engine, argument: Document) -> Document:
    account = engine.account(key_of(argument))
    if account is None:
        raise RpcError(NOT_FOUND)
    return account


def get_account_v1(engine: Engine, argument: Document) -> Document:
    """The older shape: a direction in the keys, strings instead of sets."""
    account = get_account(engine, argument)
    return {
        "Id": f"*out:{account['ID']}",
        "BalanceMap": {
            f"{kind}*out": [_old_balance(balance) for balance in several]
            for kind, several in (account["BalanceMap"] or {}).items()
        },
        "UnitCounters": {},
        "ActionTriggers": [],
        "AllowNegative": account["AllowNegative"],
        "Disabled": account["Disabled"],
    }


def _old_balance(balance: Document) -> Document:
    names = {
        "DestinationIDs": "DestinationIds",
        "Categories": "Category",
        "SharedGroups": "SharedGroup",
        "TimingIDs": "TimingIDs",
    }
    same = ("Uuid", "Value", "ExpirationDate", "Weight", "RatingSubject", "Timings", "Disabled")
    old = {name: balance[name] for name in same}
    old.update({theirs: ";".join(balance[ours] or {}) for ours, theirs in names.items()})
    return {"Id": balance["ID"], **old}


def get_accounts(engine: Engine, argument: Document) -> list[Document]:
    tenant, wanted = argument["Tenant"], argument["AccountIDs"]
    if wanted:
        several = [a for name in wanted if (a := engine.account(f"{tenant}:{name}"))]
    else:
        several = [account for _, account in engine.store.items("account", f"{tenant}:")]
    end = argument["Offset"] + argument["Limit"] if argument["Limit"] else None
    return [
        account
        for account in several[argument["Offset"] : end]
        if all(account.get(name) == flag for name, flag in (argument["Filter"] or {}).items())
    ]


def get_accounts_count(engine: Engine, argument: Document) -> int:
    return len(engine.store.items("account", f"{argument['Tenant']}:"))


def _wanted(engine: Engine, argument: Document) -> Document:
    now = engine.clock.now()
    wanted = balances.read_filter(argument["Balance"], now, master=engine.master)
    if argument["Value"]:
        wanted["Value"] = balances.number(abs(argument["Value"]))
    return wanted


def _modify(engine: Engine, argument: Document, identifier: str, wanted: Document) -> str:
    key = key_of(argument)
    action = {
        "Identifier": identifier,
        "Weight": 0,
        "BalanceType": argument["BalanceType"],
        "wanted": wanted,
    }
    with engine.guard(key), engine.store.transaction():
        if engine.account(key) is None:
            engine.save_account(engine.new_account(key))
        engine.run_actions([action], [key])
    return "OK"


def add_balance(engine: Engine, argument: Document) -> str:
    suffix = "_reset" if argument["Overwrite"] else ""
    return _modify(engine, argument, f"*topup{suffix}", _wanted(engine, argument))


def debit_balance(engine: Engine, argument: Document) -> str:
    suffix = "_reset" if argument["Overwrite"] else ""
    return _modify(engine, argument, f"*debit{suffix}", _wanted(engine, argument))


def set_balance(engine: Engine, argument: Document) -> str:
    wanted = _wanted(engine, argument)
    if not wanted.get("ID") and not wanted.get("Uuid"):
        raise missing(["BalanceID", "or", "BalanceUUID"])
    return _modify(engine, argument, "*set_balance", wanted)


def set_balances(engine: Engine, argument: Document) -> str:
    for item in argument["Balances"]:
        set_balance(engine, {**item, "Tenant": argument["Tenant"], "Account": argument["Account"]})
    return "OK"


def remove_balances(engine: Engine, argument: Document) -> str:
    key = key_of(argument)
    with engine.guard(key):
        account = engine.account(key)
        if account is None:
            raise RpcError(NOT_FOUND)
        now = engine.clock.now()
        wanted = balances.read_filter(argument["Balance"], now, master=engine.master)
        balances.remove(account, argument["BalanceType"], wanted)
        engine.save_account(account)
    return "OK"


def reset_action_triggers(engine: Engine, argument: Document) -> str:
    """Nothing to reset: no method here makes triggers. The account must exist all the same."""
    get_account(engine, argument)
    return "OK"


def register(table: Table) -> None:
    """Put the methods of this module into ``table``."""
    account = Struct("AttrGetAccount", ACCOUNT)
    remove = Struct("AttrRemoveAccount", {**ACCOUNT, "ReloadScheduler": BOOL})
    triggers = Struct(
        "AttrResetAccountActionTriggers",
        {**ACCOUNT, "GroupID": STRING, "UniqueID": STRING, "Executed": BOOL},
    )
    typed = (*_BOTH, "BalanceType")
    table.apier("SetAccount", _SET_ACCOUNT, _BOTH, V2_SERVICES)(set_account)
    table.apier("SetAccount", _SET_ACCOUNT_V1, _BOTH, V1_SERVICES)(set_account_v1)
    table.apier("RemoveAccount", remove, _BOTH)(remove_account)
    table.apier("GetAccount", account, _BOTH, V2_SERVICES)(get_account)
    table.apier("GetAccount", account, _BOTH, V1_SERVICES)(get_account_v1)
    table.apier("GetAccounts", _GET_ACCOUNTS, ("Tenant",))(get_accounts)
    table.apier("GetAccountsCount", _GET_ACCOUNTS, ("Tenant",))(get_accounts_count)
    table.apier("AddBalance", _ADD_BALANCE, typed)(add_balance)
    table.apier("DebitBalance", _ADD_BALANCE, typed)(debit_balance)
    table.apier("SetBalance", _SET_BALANCE, typed)(set_balance)
    table.apier("SetBalances", _SET_BALANCES, (*_BOTH, "Balances"))(set_balances)
    table.apier("RemoveBalances", _SET_BALANCE, typed)(remove_balances)
    table.apier("ResetAccountActionTriggers", triggers, _BOTH)(reset_action_triggers)
