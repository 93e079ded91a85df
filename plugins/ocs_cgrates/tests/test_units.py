"""The engine's numbers in people's units, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from omnicore_ocs_cgrates.units import Units, read_time, write_time

from omnicore.sdk.ports.charging import BalanceGrant, BalanceKind

UNITS = Units(monetary_cents=False, unlimited_threshold=Decimal(99999999))
CENTS = Units(monetary_cents=True, unlimited_threshold=Decimal(99999999))
GB = 1024**3


@pytest.mark.parametrize(
    ("native_kind", "native", "kind", "value"),
    [
        ("*data", 13421772800, BalanceKind.DATA, Decimal(13421772800)),
        ("*voice", 30000000000000, BalanceKind.VOICE, Decimal(30000)),
        ("*voice", 1, BalanceKind.VOICE, Decimal("1e-9")),
        ("*sms", 250, BalanceKind.SMS, Decimal(250)),
        ("*monetary", 25.5, BalanceKind.MONETARY, Decimal("25.5")),
        ("*monetary", 0.1, BalanceKind.MONETARY, Decimal("0.1")),
        ("*generic", 3, BalanceKind.OTHER, Decimal(3)),
        ("DATA_DONGLE", GB, BalanceKind.DATA, Decimal(GB)),
        ("VOICE", 60_000_000_000, BalanceKind.VOICE, Decimal(60)),
    ],
)
def test_a_native_bucket_is_read_in_its_kinds_unit(native_kind, native, kind, value):
    bucket = {"ID": "A", "Value": native, "Weight": 10, "ExpirationDate": "0001-01-01T00:00:00Z"}
    balance = UNITS.balance(native_kind, bucket)
    assert (balance.kind, balance.value, balance.native_kind) == (kind, value, native_kind)
    assert (balance.native, balance.expires_at, balance.total) == (bucket, None, None)


def test_cents_are_read_and_written_as_currency_units():
    balance = CENTS.balance("*monetary", {"ID": "A", "Value": 1550})
    assert balance.value == Decimal("15.50")
    grant = BalanceGrant(kind=BalanceKind.MONETARY, id="A", value=Decimal("15.50"), key="k")
    assert CENTS.native_value(grant) == 1550
    assert UNITS.native_value(grant) == 15.5


def test_a_whole_number_is_sent_as_one():
    grant = BalanceGrant(kind=BalanceKind.VOICE, id="A", value=Decimal(90), key="k")
    assert repr(UNITS.native_value(grant)) == "90000000000"


@pytest.mark.parametrize(
    ("native_kind", "native", "unlimited"),
    [
        ("*sms", 99999999, True),
        ("*sms", 99999998, False),
        ("*voice", 99999999, True),
        ("*voice", 99999999 * 10**9, True),
        ("*voice", 30000000000000, False),
        ("*data", 99999999, True),
        ("*data", 20 * GB, False),
        ("*data", 99999999 * GB, True),
        ("*monetary", 100, False),
    ],
)
def test_from_the_threshold_on_a_bucket_is_unlimited(native_kind, native, unlimited):
    assert UNITS.balance(native_kind, {"ID": "A", "Value": native}).unlimited is unlimited


@pytest.mark.parametrize("key", ["ExpirationDate", "ExpiryTime"])
def test_both_names_of_the_expiry_are_read(key):
    balance = UNITS.balance("*data", {"ID": "A", "Value": 1, key: "2026-12-23T10:15:00Z"})
    assert balance.expires_at == datetime(2026, 12, 23, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-12-23T10:15:00.123456789Z", "2026-12-23T12:15:00.123456789+02:00"]
)
def test_times_with_nanoseconds_and_zones_become_utc(text):
    assert read_time(text) == datetime(2026, 12, 23, 10, 15, 0, 123456, tzinfo=UTC)


def test_expiries_are_written_in_utc():
    moment = datetime(2026, 12, 23, 12, 15, tzinfo=timezone(timedelta(hours=2)))
    assert write_time(moment) == "2026-12-23T10:15:00Z"
    assert write_time(None) == "*unlimited"
