"""Balances and moments in words that people read (guide 16)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from omnicore.sdk.money import exponent, rounded
from omnicore.sdk.ports.charging import Balance, BalanceKind

GIB = Decimal(1024**3)
MIB = Decimal(1024**2)
MINUTE = Decimal(60)
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
NOUNS = {
    BalanceKind.DATA: "Data",
    BalanceKind.VOICE: "Calls",
    BalanceKind.SMS: "SMS",
    BalanceKind.MONETARY: "Credit",
}
_PREFIXES = frozenset({"data", "voice", "sms", "monetary"})
_GRANT_KEY = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){0,3}(-?[0-9a-f]{12})?", re.IGNORECASE)


def name(balance: Balance) -> str:
    """``DATA_20GB_Monthly_9f31c2aa`` is called ``20GB Monthly Data``.

    The kind in front and the key of the grant at the end are left out.
    """
    words = [word for word in re.split(r"[_\s]+", balance.id) if word]
    if len(words) > 1 and _GRANT_KEY.fullmatch(words[-1]) and not words[-1].isalpha():
        words.pop()
    if words and words[0].lower() in _PREFIXES:
        words.pop(0)
    noun = NOUNS.get(balance.kind, "")
    if noun and noun.lower() not in (word.lower() for word in words):
        words.append(noun)
    return " ".join(word.capitalize() if _shouted(word) else word for word in words)


def remaining(balance: Balance, currency: str) -> str:
    """``12.5 GB remaining``, ``$25.50 credit``, ``Unlimited``."""
    if balance.unlimited:
        return "Unlimited"
    if balance.kind is BalanceKind.MONETARY:
        return f"{money(balance.value, currency)} credit"
    return f"{amount(balance.kind, balance.value)} remaining"


def amount(kind: BalanceKind, value: Decimal) -> str:
    """A number of bytes, seconds or messages with the unit that people use."""
    if kind is BalanceKind.DATA:
        whole, unit = (GIB, "GB") if abs(value) >= GIB else (MIB, "MB")
        return f"{short(value / whole)} {unit}"
    if kind is BalanceKind.VOICE:
        return f"{short(value / MINUTE)} minutes"
    return f"{short(value)} SMS" if kind is BalanceKind.SMS else short(value)


def money(value: Decimal, currency: str) -> str:
    """``$25.50``, or ``25.50 CHF`` where no sign is known."""
    text = f"{abs(rounded(value, currency)):,.{exponent(currency)}f}"
    sign = "-" if value < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"


def short(value: Decimal) -> str:
    """At most two digits after the point, none that says nothing."""
    text = f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(when: datetime, now: datetime) -> str:
    """``in 11 days``, ``tomorrow``, ``Feb 1, 2025`` when it is more than 30 days away."""
    ahead = when - now
    if ahead <= timedelta(0):
        return "now"
    if ahead < timedelta(hours=1):
        return _counted(int(ahead.total_seconds() // 60) or 1, "minute")
    days = (when.date() - now.date()).days
    if days == 0 or ahead < timedelta(hours=12):
        return _counted(int(ahead.total_seconds() // 3600), "hour")
    if days == 1:
        return "tomorrow"
    return _counted(days, "day") if days <= 30 else day(when)


def expiry(when: datetime | None, now: datetime) -> str:
    """When a balance ends: as :func:`moment`, or ``Never``, or ``Expired Feb 1, 2025``."""
    if when is None:
        return "Never"
    return f"Expired {day(when)}" if when <= now else moment(when, now)


def day(when: datetime) -> str:
    """``Feb 1, 2025``, in UTC."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{months[when.month - 1]} {when.day}, {when.year}"


def _counted(number: int, unit: str) -> str:
    return f"in {number} {unit}{'' if number == 1 else 's'}"


def _shouted(word: str) -> bool:
    return word.isalpha() and (word.islower() or (word.isupper() and len(word) > 3))
