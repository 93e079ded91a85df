"""When an action of a plan runs next: the engine's timings, as it normalises them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from omnicore_ocs_embedded.errors import RpcError
from omnicore_ocs_embedded.times import span

ASAP = "*asap"
_CLOCK = re.compile(r"\d{1,2}:\d{1,2}:\d{1,2}")
_NAMED_IN_BOTH = (ASAP, "*every_minute", "*hourly")
_NAMED_IN_MASTER = ("*daily", "*weekly", "*monthly", "*monthly_estimated", "*month_end", "*yearly")
_A_CENTURY_OF_DAYS = 366 * 100

Timing = dict[str, Any]


def check_format(text: str, *, master: bool) -> None:
    """Refuse what the engine's mode does not know.

    :raises RpcError: ``UNSUPPORTED_FORMAT:<Time>``.
    """
    known = _NAMED_IN_BOTH + (_NAMED_IN_MASTER if master else ())
    if text in known or (master and text.startswith("+")):
        return
    if not _CLOCK.fullmatch(text) or not _is_clock(text):
        raise RpcError(f"UNSUPPORTED_FORMAT:{text}")


def build(item: Mapping[str, Any], now: datetime) -> Timing:
    """The timing of one plan item; named times are fixed to the moment of the call."""
    text = item["Time"]
    timing: Timing = {
        "ID": "",
        "Years": _numbers(item["Years"]),
        "Months": _numbers(item["Months"]),
        "MonthDays": _numbers(item["MonthDays"]),
        "WeekDays": _numbers(item["WeekDays"]),
        "StartTime": text,
        "EndTime": "",
    }
    if text.startswith("*") and text != ASAP:
        timing["StartTime"] = now.strftime("%H:%M:%S")
        timing["ID"] = text
        weekday = now.isoweekday() % 7
        fixed: dict[str, dict[str, list[int]]] = {
            "*weekly": {"WeekDays": [weekday]},
            "*monthly": {"MonthDays": [now.day]},
            "*monthly_estimated": {"MonthDays": [now.day]},
            "*month_end": {"MonthDays": [-1]},
            "*yearly": {"Months": [now.month], "MonthDays": [now.day]},
        }
        timing.update(fixed.get(text, {}))
    return timing


def next_run(timing: Mapping[str, Any], after: datetime) -> datetime | None:
    """The first moment later than ``after``; None for ``*asap`` and for the past only.

    A one-shot ``+<duration>`` counts from ``after``; one that does not parse fires at once.
    """
    start = timing["StartTime"]
    if start == ASAP:
        return None
    if start.startswith("+"):
        try:
            return after + span(start[1:])
        except RpcError:
            return after
    hours, minutes, seconds = (int(part) for part in (start or "00:00:00").split(":"))
    clock = time_of_day(hours, minutes, seconds, tzinfo=UTC)
    if timing["ID"] == "*every_minute":
        return _next_step(after, clock, minutes=1)
    if timing["ID"] == "*hourly":
        return _next_step(after, clock, minutes=60)
    return _next_day(timing, after, clock)


def _next_step(after: datetime, clock: time_of_day, *, minutes: int) -> datetime:
    """Every minute at the call's second, or every hour at its minute and second."""
    step = timedelta(minutes=minutes)
    first = datetime.combine(after.date(), clock)
    return first + step * ((after - first) // step + 1)


def _next_day(timing: Mapping[str, Any], after: datetime, clock: time_of_day) -> datetime | None:
    years, months, days = (timing[name] for name in ("Years", "Months", "MonthDays"))
    if years and not months:
        months = [1]
    if months and not days:
        days = [1]
    clip = timing["ID"] == "*monthly_estimated"
    day = after.date()
    if datetime.combine(day, clock) <= after:
        day += timedelta(days=1)
    for _ in range(_A_CENTURY_OF_DAYS):
        if years and day.year not in years:
            if day.year > max(years):
                return None
            day = date(day.year + 1, 1, 1)
            continue
        if _fits(day, months, days, timing["WeekDays"], clip=clip):
            return datetime.combine(day, clock)
        day += timedelta(days=1)
    return None


def _fits(
    day: date, months: list[int], days: list[int], weekdays: list[int], *, clip: bool
) -> bool:
    if months and day.month not in months:
        return False
    last = calendar.monthrange(day.year, day.month)[1]
    wanted = {last if d == -1 or (clip and d > last) else d for d in days}
    by_day, by_weekday = day.day in wanted, day.isoweekday() % 7 in weekdays
    if days and weekdays:
        return by_day or by_weekday
    return by_day if days else by_weekday if weekdays else True


def _numbers(text: str) -> list[int]:
    """``"1;15"`` to numbers; ``*any`` and nothing are the empty list, others are skipped."""
    return [int(part) for part in text.split(";") if re.fullmatch(r"-?\d+", part)]


def _is_clock(text: str) -> bool:
    hours, minutes, seconds = (int(part) for part in text.split(":"))
    return hours < 24 and minutes < 60 and seconds < 60
