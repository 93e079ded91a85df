"""Balances of an account: matching, changing and using them, by the engine's rules."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnicore_ocs_embedded.errors import NOT_FOUND, RpcError
from omnicore_ocs_embedded.times import ZERO_TIME, format_time, parse_expiry, read_time

DEFAULT_ID = "*default"
_SETS = ("DestinationIDs", "Categories", "SharedGroups", "TimingIDs")

Document = dict[str, Any]


def number(value: float) -> int | float:
    """A float64 as Go writes it: without a fraction when it has none."""
    value = float(value)
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def new_balance(*, master: bool) -> Document:
    """An empty balance with every member that the engine shows."""
    return {
        "Uuid": "",
        "ID": "",
        "Value": 0,
        "ExpirationDate": ZERO_TIME,
        "Weight": 0,
        "DestinationIDs": None,
        "RatingSubject": "",
        "Categories": None,
        "SharedGroups": None,
        "Timings": None,
        "TimingIDs": None,
        "Disabled": False,
        "Factors" if master else "Factor": None,
        "Blocker": False,
    }


def read_filter(balance: Mapping[str, Any] | None, now: datetime, *, master: bool) -> Document:
    """The ``Balance`` map of a call: only what it names, converted.

    :raises RpcError: for a value that cannot be converted.
    """
    given = balance or {}
    result: Document = {}
    for key in ("ID", "RatingSubject"):
        if key in given:
            result[key] = str(given[key])
    if "UUID" in given:
        result["Uuid"] = str(given["UUID"])
    for key in ("Value", "Weight"):
        if key in given:
            result[key] = number(_to_float(given[key]))
    for key in ("Disabled", "Blocker"):
        if key in given:
            result[key] = _to_bool(given[key])
    for key in _SETS:
        if given.get(key):
            result[key] = _to_set(str(given[key]))
    if "ExpiryTime" in given:
        moment = parse_expiry(str(given["ExpiryTime"]), now, master=master)
        result["ExpirationDate"] = format_time(moment)
    return result


def expired(balance: Mapping[str, Any], now: datetime) -> bool:
    """Whether it ended before ``now``; the zero time never ends."""
    end = read_time(balance["ExpirationDate"])
    return end is not None and end < now


def matches(balance: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """UUID decides, else ID decides, else everything that the filter names."""
    for key in ("Uuid", "ID"):
        if wanted.get(key):
            return bool(balance[key] == wanted[key])
    for key in ("ExpirationDate", "Weight", "Blocker", "Disabled", "RatingSubject"):
        if key in wanted and balance[key] != wanted[key]:
            return False
    return all(
        set(wanted[key]) <= set(balance[key] or {}) for key in _SETS if wanted.get(key) is not None
    )


def add(
    account: Document,
    kind: str,
    wanted: Mapping[str, Any],
    amount: float,
    now: datetime,
    *,
    reset: bool,
    master: bool,
) -> None:
    """Top up by ``amount`` (debit when negative): every match, or a new balance.

    A match keeps its expiry and weight, whatever ``wanted`` says.
    """
    found = False
    for balance in _of_kind(account, kind):
        if not expired(balance, now) and matches(balance, wanted):
            start = 0 if reset else balance["Value"]
            balance["Value"] = number(float(start) + amount)
            found = True
    if found:
        return
    fresh = new_balance(master=master)
    if wanted.get("ID") == DEFAULT_ID:
        fresh["ID"] = DEFAULT_ID
    else:
        fresh.update({key: {} for key in _SETS})
        fresh.update({key: value for key, value in wanted.items() if key != "Uuid"})
    fresh.update(Uuid=str(uuid.uuid4()), Value=number(amount))
    _of_kind(account, kind).append(fresh)


def assign(
    account: Document, kind: str, wanted: Mapping[str, Any], now: datetime, *, master: bool
) -> None:
    """Set what ``wanted`` names on one balance, found by UUID or ID, or on a new one.

    :raises RpcError: when a UUID is named that does not exist.
    """
    everything = [b for several in (account["BalanceMap"] or {}).values() for b in several]
    key = "Uuid" if wanted.get("Uuid") else "ID"
    target = next(
        (b for b in everything if b[key] == wanted.get(key) and not expired(b, now)), None
    )
    if target is None:
        if key == "Uuid":
            raise RpcError(f"cannot find balance with uuid: <{wanted['Uuid']}>")
        target = new_balance(master=master)
        target["Uuid"] = str(uuid.uuid4())
        _of_kind(account, kind).append(target)
    if wanted.get("ID") == DEFAULT_ID:
        wanted = {key: wanted[key] for key in ("ID", "Value") if key in wanted}
    target.update({key: value for key, value in wanted.items() if key != "Uuid"})


def remove(account: Document, kind: str, wanted: Mapping[str, Any]) -> None:
    """Remove every match.

    :raises RpcError: ``NOT_FOUND`` when nothing matched.
    """
    before = (account["BalanceMap"] or {}).get(kind) or []
    kept = [balance for balance in before if not matches(balance, wanted)]
    if len(kept) == len(before):
        raise RpcError(NOT_FOUND)
    account["BalanceMap"][kind] = kept


def drop_expired(account: Document, now: datetime) -> None:
    """What the engine does whenever it writes an account."""
    for kind, several in (account["BalanceMap"] or {}).items():
        account["BalanceMap"][kind] = [b for b in several if not expired(b, now)]


def use(account: Document, kind: str, amount: float, now: datetime) -> list[tuple[str, float]]:
    """Use up to ``amount``, higher weight first; a blocker stops lower weights.

    :return: UUID and amount of each balance that was used.
    """
    usable = [
        b
        for b in (account["BalanceMap"] or {}).get(kind) or []
        if not b["Disabled"] and not expired(b, now) and (b["Value"] > 0 or b["Blocker"])
    ]
    taken: list[tuple[str, float]] = []
    for balance in sorted(usable, key=lambda b: -b["Weight"]):
        part = min(amount, float(balance["Value"]))
        if part > 0:
            balance["Value"] = number(balance["Value"] - part)
            taken.append((balance["Uuid"], part))
            amount -= part
        if amount <= 0 or balance["Blocker"]:
            break
    return taken


def _of_kind(account: Document, kind: str) -> list[Document]:
    if account["BalanceMap"] is None:
        account["BalanceMap"] = {}
    several: list[Document] = account["BalanceMap"].setdefault(kind, [])
    return several


def _to_float(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise RpcError(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if value in ("", "0", "f", "F", "false", "FALSE", "False"):
        return False
    raise RpcError(f'strconv.ParseBool: parsing "{value}": invalid syntax')


def _to_set(text: str) -> dict[str, bool]:
    return {item.lstrip("!"): not item.startswith("!") for item in text.split(";")}
