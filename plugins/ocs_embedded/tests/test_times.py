"""Times in the engine's spellings, and when a timing runs next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from omnicore_ocs_embedded import timings
from omnicore_ocs_embedded.errors import RpcError
from omnicore_ocs_embedded.times import (
    ZERO_TIME,
    format_time,
    parse_duration,
    parse_expiry,
    read_time,
)

NOW = datetime(2026, 1, 31, 10, 15, 30, 123400, tzinfo=UTC)
SECOND = 1_000_000_000


def test_the_zero_time_is_never():
    assert format_time(None) == ZERO_TIME
    assert read_time(ZERO_TIME) is None


def test_times_are_written_with_the_digits_they_need():
    assert format_time(NOW) == "2026-01-31T10:15:30.1234Z"
    assert format_time(NOW.replace(microsecond=0)) == "2026-01-31T10:15:30Z"
    assert read_time(format_time(NOW)) == NOW


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("720h", 720 * 3600 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("1.5s", 1_500_000_000),
        ("-2ms", -2_000_000),
        ("0", 0),
    ],
)
def test_durations_are_gos(text, nanoseconds):
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "+", "h", "1x", "5", "1h 2m"])
def test_other_durations_are_refused(text):
    with pytest.raises(RpcError, match="time: "):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("*unlimited", None),
        ("*now", NOW),
        ("+24h", datetime(2026, 2, 1, 10, 15, 30, 123400, tzinfo=UTC)),
        ("*daily", datetime(2026, 2, 1, 10, 15, 30, 123400, tzinfo=UTC)),
        ("*monthly", datetime(2026, 3, 3, 10, 15, 30, 123400, tzinfo=UTC)),
        ("*monthly_estimated", datetime(2026, 2, 28, 10, 15, 30, 123400, tzinfo=UTC)),
        ("*yearly", datetime(2027, 1, 31, 10, 15, 30, 123400, tzinfo=UTC)),
        ("*month_end", datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("*month_end+1h", datetime(2026, 2, 1, 0, 59, 59, tzinfo=UTC)),
        ("*mo+24h", datetime(2026, 3, 4, 10, 15, 30, 123400, tzinfo=UTC)),
        ("2026-12-23T10:15:00Z", datetime(2026, 12, 23, 10, 15, tzinfo=UTC)),
        ("2026-12-23T10:15:00+02:00", datetime(2026, 12, 23, 8, 15, tzinfo=UTC)),
        ("2026-12-23 10:15:00", datetime(2026, 12, 23, 10, 15, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ],
)
def test_expiries_are_read_in_every_form(text, expected):
    assert parse_expiry(text, NOW, master=True) == expected


def test_v010_does_not_estimate_months():
    with pytest.raises(RpcError, match="Unsupported time format"):
        parse_expiry("*monthly_estimated", NOW, master=False)


def item(**given):
    return {"Years": "", "Months": "", "MonthDays": "", "WeekDays": "", **given}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"Time": "10:15:31", "MonthDays": "*any"},
            ["2026-01-31 10:15:31", "2026-02-01 10:15:31"],
        ),
        (
            {"Time": "00:00:00", "MonthDays": "1;15"},
            ["2026-02-01 00:00:00", "2026-02-15 00:00:00"],
        ),
        ({"Time": "00:00:00", "Months": "3"}, ["2026-03-01 00:00:00", "2027-03-01 00:00:00"]),
        ({"Time": "00:00:00", "WeekDays": "1"}, ["2026-02-02 00:00:00", "2026-02-09 00:00:00"]),
        ({"Time": "00:00:00", "Years": "2027"}, ["2027-01-01 00:00:00", None]),
        ({"Time": "*every_minute"}, ["2026-01-31 10:16:30", "2026-01-31 10:17:30"]),
        ({"Time": "*hourly"}, ["2026-01-31 11:15:30", "2026-01-31 12:15:30"]),
        ({"Time": "*daily"}, ["2026-02-01 10:15:30", "2026-02-02 10:15:30"]),
        ({"Time": "*weekly"}, ["2026-02-07 10:15:30", "2026-02-14 10:15:30"]),
        ({"Time": "*monthly"}, ["2026-03-31 10:15:30", "2026-05-31 10:15:30"]),
        ({"Time": "*monthly_estimated"}, ["2026-02-28 10:15:30", "2026-03-31 10:15:30"]),
        ({"Time": "*month_end"}, ["2026-02-28 10:15:30", "2026-03-31 10:15:30"]),
        ({"Time": "*yearly"}, ["2027-01-31 10:15:30", "2028-01-31 10:15:30"]),
        ({"Time": "+24h"}, ["2026-02-01 10:15:30"]),
        ({"Time": "+30d"}, ["2026-01-31 10:15:30"]),
        ({"Time": "*asap"}, [None]),
    ],
)
def test_timings_run_when_the_engine_would_run_them(given, expected):
    found = []
    after: datetime | None = NOW
    timing = timings.build(item(**given), NOW)
    while len(found) < len(expected):
        after = timings.next_run(timing, after) if after else None
        found.append(after and after.strftime("%Y-%m-%d %H:%M:%S"))
    assert found == expected
