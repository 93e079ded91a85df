"""Methods for sessions: start, update and end one, and list what is active.

There are no tariffs here: usage is taken from the balances of its own kind, one unit for one.
"""

from __future__ import annotations

import hashlib
from typing import Any

from omnicore_ocs_embedded import balances
from omnicore_ocs_embedded.balances import Document
from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.errors import EXISTS, NOT_FOUND, RpcError, missing
from omnicore_ocs_embedded.rpc import Table
from omnicore_ocs_embedded.structs import ANY, INT, STRING, STRINGS, MapOf, Struct
from omnicore_ocs_embedded.times import ZERO_TIME, format_time, parse_duration

_EVENT = Struct(
    "CGREvent",
    {
        "Tenant": STRING,
        "ID": STRING,
        "Event": MapOf(ANY),
        "APIOpts": MapOf(ANY),
        "Opts": MapOf(ANY),
    },
)
_FILTER = Struct(
    "SessionFilter",
    {"Tenant": STRING, "Limit": INT, "Filters": STRINGS, "APIOpts": MapOf(ANY)},
)
_SHOWN = (
    "ToR",
    "OriginID",
    "OriginHost",
    "Source",
    "RequestType",
    "Category",
    "Account",
    "Subject",
    "Destination",
)
_KNOWN = {*_SHOWN, "Tenant", "SetupTime", "AnswerTime", "Usage"}


def _read(engine: Engine, argument: Document) -> tuple[Document, str, int]:
    """Event, session key and usage; the tenant is the argument's, the event's or the default."""
    event = argument["Event"]
    absent = [name for name in ("Account", "OriginID") if not event.get(name)]
    if absent:
        raise missing(absent)
    tenant = argument["Tenant"] or event.get("Tenant") or engine.tenant
    usage = event.get("Usage", 0)
    amount = usage if isinstance(usage, (int, float)) else _usage(str(usage))
    return {**event, "Tenant": tenant}, f"{tenant}:{event['OriginID']}", int(amount)


def _usage(text: str) -> int:
    return int(text) if text.isdigit() else parse_duration(text or "0")


def _cgrid(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _account_key(session: Document) -> str:
    return f"{session['Tenant']}:{session['Account']}"


def initiate(engine: Engine, argument: Document) -> Document:
    event, key, usage = _read(engine, argument)
    session = _new_session(engine, event, key)
    with engine.guard(_account_key(session)), engine.store.transaction():
        if engine.store.get("session", key) is not None:
            raise RpcError(EXISTS)
        granted = _debit(engine, session, key, usage)
    return {"Attributes": None, "ResourceAllocation": None, "MaxUsage": granted}


def _new_session(engine: Engine, event: Document, key: str) -> Document:
    now = format_time(engine.clock.now())
    usual = {
        "ToR": "*data",
        "Source": "SessionS_",
        "RequestType": "*prepaid",
        "Subject": event["Account"],
    }
    return {
        "CGRID": _cgrid(f"{key}{event.get('OriginHost', '')}"),
        "RunID": "*default",
        **{name: event.get(name, usual.get(name, "")) for name in _SHOWN},
        "Tenant": event["Tenant"],
        "SetupTime": event.get("SetupTime", now),
        "AnswerTime": event.get("AnswerTime", now),
        "ExtraFields": {name: value for name, value in event.items() if name not in _KNOWN},
        "debited": [],
    }


def update(engine: Engine, argument: Document) -> Document:
    event, key, usage = _read(engine, argument)
    with engine.guard(_account_key(event)):
        session = engine.store.get("session", key)
        if session is None:
            return initiate(engine, argument)
        return {"Attributes": None, "MaxUsage": _debit(engine, session, key, usage)}


def terminate(engine: Engine, argument: Document) -> str:
    """End it. A total usage that is named is what counts: the rest is debited or given back."""
    event, key, usage = _read(engine, argument)
    with engine.guard(_account_key(event)), engine.store.transaction():
        session = engine.store.get("session", key)
        if session is None:
            raise RpcError(NOT_FOUND)
        used = sum(part for _, part in session["debited"])
        account = engine.account(_account_key(session))
        if "Usage" in event and account is not None:
            if usage > used:
                balances.use(account, session["ToR"], usage - used, engine.clock.now())
            else:
                _give_back(account, session, used - usage)
            engine.save_account(account)
        engine.store.delete("session", key)
    return "OK"


def _debit(engine: Engine, session: Document, key: str, usage: int) -> int:
    """Take ``usage`` and remember the session; how much could be taken."""
    with engine.guard(_account_key(session)), engine.store.transaction():
        account = engine.account(_account_key(session))
        if account is None:
            raise RpcError("RALS_ERROR:ACCOUNT_NOT_FOUND")
        if account["Disabled"]:
            raise RpcError("RALS_ERROR:ACCOUNT_DISABLED")
        now = engine.clock.now()
        taken = balances.use(account, session["ToR"], usage, now)
        granted = sum(part for _, part in taken)
        if granted < usage and account["AllowNegative"] and session["ToR"] == "*monetary":
            owed = {"ID": balances.DEFAULT_ID}
            balances.add(
                account,
                "*monetary",
                owed,
                granted - usage,
                now,
                reset=False,
                master=engine.master,
            )
            granted = usage
        if usage and not granted:
            raise RpcError(f"RALS_ERROR:{_why_not(account, session['ToR'])}")
        session["debited"] += taken
        engine.save_account(account)
        engine.store.put("session", key, session)
    return int(granted)


def _why_not(account: Document, kind: str) -> str:
    several = (account["BalanceMap"] or {}).get(kind) or []
    blocked = any(balance["Blocker"] and balance["Value"] <= 0 for balance in several)
    return "INSUFFICIENT_CREDIT_BALANCE_BLOCKER" if blocked else "INSUFFICIENT_CREDIT"


def _give_back(account: Document, session: Document, amount: float) -> None:
    several = (account["BalanceMap"] or {}).get(session["ToR"]) or []
    by_uuid = {balance["Uuid"]: balance for balance in several}
    for uuid, part in reversed(session["debited"]):
        back = min(part, amount)
        if back > 0 and uuid in by_uuid:
            by_uuid[uuid]["Value"] = balances.number(by_uuid[uuid]["Value"] + back)
            amount -= back


def get_active(engine: Engine, argument: Document) -> list[Document]:
    tenant = argument["Tenant"] or engine.tenant
    found = [
        _shown(session)
        for _, session in engine.store.items("session", f"{tenant}:")
        if all(_passes(session, text) for text in argument["Filters"] or [])
    ]
    if not found:
        raise RpcError(NOT_FOUND)
    return found[: argument["Limit"] or None]


def get_active_count(engine: Engine, argument: Document) -> int:
    try:
        return len(get_active(engine, argument))
    except RpcError:
        return 0


def _passes(session: Document, text: str) -> bool:
    """An inline ``*string`` filter; any other form is skipped, as the engine skips a bad one."""
    kind, _, rest = text.partition(":")
    element, _, values = rest.partition(":")
    if kind != "*string" or not element.startswith("~*req.") or not values:
        return True
    name = element.removeprefix("~*req.")
    value = session.get(name, session["ExtraFields"].get(name))
    return value in values.split("|")


def _shown(session: Document) -> Document:
    used = sum(part for _, part in session["debited"])
    shown: dict[str, Any] = {k: v for k, v in session.items() if k != "debited"}
    return {
        **shown,
        "Usage": balances.number(used),
        "NodeID": "embedded",
        "LoopIndex": 0,
        "DurationIndex": 0,
        "MaxRate": 0,
        "MaxRateUnit": 0,
        "MaxCostSoFar": 0,
        "DebitInterval": 0,
        "NextAutoDebit": ZERO_TIME,
    }


def register(table: Table) -> None:
    """Put the methods of this module into ``table``."""
    table.service("SessionSv1.InitiateSession", _EVENT, ("Event",))(initiate)
    table.service("SessionSv1.UpdateSession", _EVENT, ("Event",))(update)
    table.service("SessionSv1.TerminateSession", _EVENT, ("Event",))(terminate)
    table.service("SessionSv1.GetActiveSessions", _FILTER)(get_active)
    table.service("SessionSv1.GetActiveSessionsCount", _FILTER)(get_active_count)
