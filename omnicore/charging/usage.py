"""Balances and renewals of a service, as the API shows them (guide 16, 22).

``BalanceMap`` has two families of keys: those of the charging system (``*data``) with its
own buckets as they came, and ``DATA``, ``VOICE``, ``SMS``, ``MONETARY`` in bytes, seconds,
messages and currency units, with readable ``custom_*`` fields beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from omnicore.charging import wording
from omnicore.sdk.plan_ids import parse_plan_id
from omnicore.sdk.ports.charging import Balance, BalanceKind, ChargingAccount, Renewal

UNITS = {BalanceKind.DATA: "bytes", BalanceKind.VOICE: "seconds", BalanceKind.SMS: "messages"}
FAMILIES = (BalanceKind.DATA, BalanceKind.VOICE, BalanceKind.SMS, BalanceKind.MONETARY)


def shown(
    account: ChargingAccount | None, renewals: Sequence[Renewal], now: datetime, currency: str
) -> dict[str, Any]:
    """The ``cgrates`` block: ``BalanceMap``, ``Totals`` and ``ActionPlans``.

    A service that has no account yet, or none any more, has an empty block.
    """
    balances = _in_order(account.balances if account else ())
    return {
        "BalanceMap": _native(balances) | _readable(balances, now, currency),
        "Totals": _totals(balances, now, currency),
        "ActionPlans": [plan(renewal, now) for renewal in renewals],
        "Disabled": account.disabled if account else None,
    }


def plan(renewal: Renewal, now: datetime) -> dict[str, Any]:
    """A renewal with the names of guide 16."""
    parts = parse_plan_id(renewal.plan_id)
    when = renewal.next_run
    return dict(renewal.native) | {
        "ActionPlanId": renewal.plan_id,
        "PlanName": parts.get("Name", renewal.plan_id),
        "NextExecTime": when,
        "custom_NextExecTime_hr": None if when is None else wording.moment(when, now),
        "ActionPlanId_split_dict": parts,
        "ActionName_hr": str(parts.get("Name", renewal.actions_id)).replace("_", " ").strip(),
    }


def _in_order(balances: Iterable[Balance]) -> list[Balance]:
    """As they are used up: higher weight first, then what expires sooner."""
    return sorted(
        balances,
        key=lambda b: (-b.weight, b.expires_at is None, b.expires_at and b.expires_at.timestamp()),
    )


def _family(balance: Balance) -> str:
    if balance.kind is BalanceKind.OTHER:
        return balance.native_kind.lstrip("*").upper() or BalanceKind.OTHER.value
    return balance.kind.value


def _native(balances: Iterable[Balance]) -> dict[str, Any]:
    families: dict[str, list[Any]] = {}
    for balance in balances:
        if balance.native_kind:
            families.setdefault(balance.native_kind, []).append(dict(balance.native))
    return families


def _readable(balances: Iterable[Balance], now: datetime, currency: str) -> dict[str, Any]:
    families: dict[str, list[Any]] = {}
    for balance in balances:
        families.setdefault(_family(balance), []).append(_bucket(balance, now, currency))
    return families


def _bucket(balance: Balance, now: datetime, currency: str) -> dict[str, Any]:
    used = None if balance.total is None else max(balance.total - balance.value, Decimal(0))
    return dict(balance.native) | {
        "ID": balance.id,
        "Value": balance.value,
        "ExpirationDate": balance.expires_at,
        "ExpiryTime": balance.expires_at,
        "Weight": balance.weight,
        "unit": _unit(balance.kind, currency),
        "value": balance.value,
        "total": balance.total,
        "used": used,
        "unlimited": balance.unlimited,
        "expired": _expired(balance, now),
        "custom_Name_hr": wording.name(balance),
        "custom_Expiration": wording.expiry(balance.expires_at, now),
        "custom_Description_String": wording.remaining(balance, currency),
    }


def _totals(balances: Sequence[Balance], now: datetime, currency: str) -> dict[str, Any]:
    """What is left of each kind; expired buckets do not count, unlimited ones make it so."""
    found = {}
    for kind in FAMILIES:
        live = [b for b in balances if b.kind is kind and not _expired(b, now)]
        if not live:
            continue
        granted = [b.total for b in live if b.total is not None]
        sum_ = Balance(
            kind=kind,
            id="",
            value=sum((b.value for b in live), Decimal(0)),
            unlimited=any(b.unlimited for b in live),
        )
        found[kind.value] = {
            "unit": _unit(kind, currency),
            "value": sum_.value,
            "total": sum(granted, Decimal(0)) if len(granted) == len(live) else None,
            "unlimited": sum_.unlimited,
            "custom_Description_String": wording.remaining(sum_, currency),
        }
    return found


def _unit(kind: BalanceKind, currency: str) -> str | None:
    return currency if kind is BalanceKind.MONETARY else UNITS.get(kind)


def _expired(balance: Balance, now: datetime) -> bool:
    return balance.expires_at is not None and balance.expires_at <= now
