"""Times and durations in the engine's spellings. ``None`` is Go's zero time: never."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

from omnicore_ocs_embedded.errors import RpcError

ZERO_TIME = "0001-01-01T00:00:00Z"

_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)([^\d.]*)")
_UNIX = {10: 1, 13: 1_000, 19: 1_000_000_000}


def format_time(moment: datetime | None) -> str:
    """RFC 3339 with as many digits as are needed, as Go writes it."""
    if moment is None:
        return ZERO_TIME
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def read_time(text: str) -> datetime | None:
    """The inverse of :func:`format_time`."""
    return None if text == ZERO_TIME else datetime.fromisoformat(text)


def parse_duration(text: str) -> int:
    """Nanoseconds of a Go duration such as ``1h30m``.

    :raises RpcError: with Go's words; there is no unit ``d``.
    """
    sign, rest = 1, text
    if rest[:1] in ("+", "-"):
        sign, rest = (-1 if rest[0] == "-" else 1), rest[1:]
    if rest == "0":
        return 0
    total, position = 0.0, 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None:
            raise RpcError(f'time: invalid duration "{text}"')
        number, unit = match.groups()
        if not unit:
            raise RpcError(f'time: missing unit in duration "{text}"')
        if unit not in _UNITS_NS:
            raise RpcError(f'time: unknown unit "{unit}" in duration "{text}"')
        total += float(number) * _UNITS_NS[unit]
        position = match.end()
    if not rest:
        raise RpcError(f'time: invalid duration "{text}"')
    return sign * round(total)


def span(text: str) -> timedelta:
    """A Go duration, to the microsecond."""
    return timedelta(microseconds=parse_duration(text) / 1_000)


def add_months(moment: datetime, months: int, *, clip: bool = False) -> datetime:
    """Go's ``AddDate``: an overflowing day runs into the next month, or is clipped."""
    month0 = moment.month - 1 + months
    year, month = moment.year + month0 // 12, month0 % 12 + 1
    last = calendar.monthrange(year, month)[1]
    day = min(moment.day, last)
    moved = moment.replace(year=year, month=month, day=day)
    return moved if clip else moved + timedelta(days=moment.day - day)


def parse_expiry(text: str, now: datetime, *, master: bool) -> datetime | None:
    """The moment that an expiry string means at ``now``; None for never.

    :raises RpcError: when the engine does not know the form.
    """
    text = text.strip()
    if text in ("", "*unlimited"):
        return None
    if text.startswith("+"):
        return now + span(text[1:])
    if text.startswith("*"):
        return _named(text, now, master=master)
    if text.isdigit() and len(text) in _UNIX:
        return datetime.fromtimestamp(int(text) / _UNIX[len(text)], UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RpcError("Unsupported time format") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _named(text: str, now: datetime, *, master: bool) -> datetime:
    if text.startswith("*month_end"):
        end = now.replace(
            day=calendar.monthrange(now.year, now.month)[1],
            hour=23,
            minute=59,
            second=59,
            microsecond=0,
        )
        return end + (span(text[11:]) if text[10:11] == "+" else timedelta())
    if text.startswith("*mo+"):
        return add_months(now, 1) + span(text[4:])
    if text == "*monthly_estimated" and master:
        return add_months(now, 1, clip=True)
    simple = {
        "*now": now,
        "*daily": now + timedelta(days=1),
        "*monthly": add_months(now, 1),
        "*yearly": add_months(now, 12),
    }
    if text not in simple:
        raise RpcError("Unsupported time format")
    return simple[text]
