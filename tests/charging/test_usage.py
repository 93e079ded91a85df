"""Balances and renewals within a service: right units, right words, right order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnicore.charging import usage, wording
from omnicore.sdk.ports.charging import Balance, BalanceKind, ChargingAccount, Renewal
from tests.conftest import NOON

GB = Decimal(1024**3)


def bucket(**values: Any) -> Balance:
    defaults = {"kind": BalanceKind.DATA, "id": "DATA_20GB", "value": GB, "native_kind": "*data"}
    return Balance(**(defaults | values))


def block(*balances: Balance, renewals: tuple[Renewal, ...] = ()) -> dict[str, Any]:
    account = ChargingAccount(account_id="U", balances=balances)
    return usage.shown(account, renewals, NOON, "USD")


def test_both_families_show_a_bucket_each_in_its_own_unit() -> None:
    native = {"ID": "VOICE_500MIN", "Value": 30_000_000_000_000, "ExpirationDate": "2026-06-01"}
    shown = block(
        bucket(
            kind=BalanceKind.VOICE,
            id="VOICE_500MIN",
            value=Decimal(30000),
            total=Decimal(36000),
            native_kind="*voice",
            native=native,
            expires_at=NOON + timedelta(days=11),
        )
    )["BalanceMap"]
    assert shown["*voice"] == [native]
    (readable,) = shown["VOICE"]
    assert readable["Value"] == 30000
    assert (readable["unit"], readable["value"], readable["total"], readable["used"]) == (
        "seconds",
        30000,
        36000,
        6000,
    )
    assert readable["ExpirationDate"] == readable["ExpiryTime"] == NOON + timedelta(days=11)
    assert readable["custom_Description_String"] == "500 minutes remaining"
    assert readable["custom_Expiration"] == "in 11 days"


@pytest.mark.parametrize(
    ("balance", "words"),
    [
        (bucket(value=Decimal(13421772800)), "12.5 GB remaining"),
        (bucket(value=Decimal(5368709120)), "5 GB remaining"),
        (bucket(value=Decimal(300 * 1024**2)), "300 MB remaining"),
        (bucket(value=Decimal(0)), "0 MB remaining"),
        (bucket(unlimited=True), "Unlimited"),
        (bucket(kind=BalanceKind.SMS, value=Decimal(50)), "50 SMS remaining"),
        (bucket(kind=BalanceKind.MONETARY, value=Decimal("25.5")), "$25.50 credit"),
        (bucket(kind=BalanceKind.MONETARY, value=Decimal("-1.005")), "-$1.01 credit"),
        (bucket(kind=BalanceKind.OTHER, value=Decimal(3)), "3 remaining"),
    ],
)
def test_a_balance_in_words(balance: Balance, words: str) -> None:
    assert wording.remaining(balance, "USD") == words


@pytest.mark.parametrize(
    ("kind", "id_", "name"),
    [
        (BalanceKind.DATA, "DATA_10GB", "10GB Data"),
        (BalanceKind.DATA, "DATA_20GB_Monthly_9f31c2aa", "20GB Monthly Data"),
        (BalanceKind.VOICE, "VOICE_UNLIMITED", "Unlimited Calls"),
        (BalanceKind.MONETARY, "PREPAID_CREDIT", "Prepaid Credit"),
        (BalanceKind.SMS, "", "SMS"),
    ],
)
def test_a_name_is_read_from_the_id(kind: BalanceKind, id_: str, name: str) -> None:
    assert wording.name(bucket(kind=kind, id=id_)) == name


def test_buckets_come_as_they_are_used_up_and_expired_ones_do_not_count() -> None:
    shown = block(
        bucket(id="monthly", value=GB * Decimal("12.5"), total=GB * 20, weight=10.0),
        bucket(id="top-up", value=GB, weight=30.0, expires_at=NOON - timedelta(days=1)),
        bucket(id="bonus", value=GB * 5, total=GB * 5, weight=20.0),
    )
    assert [row["ID"] for row in shown["BalanceMap"]["DATA"]] == ["top-up", "bonus", "monthly"]
    assert [row["expired"] for row in shown["BalanceMap"]["DATA"]] == [True, False, False]
    total = shown["Totals"]["DATA"]
    assert total["custom_Description_String"] == "17.5 GB remaining"
    assert total["total"] == GB * 25


def test_no_account_is_an_empty_block() -> None:
    assert usage.shown(None, (), NOON, "USD") == {
        "BalanceMap": {},
        "Totals": {},
        "ActionPlans": [],
        "Disabled": None,
    }


def test_a_kind_of_the_backends_own_keeps_its_name() -> None:
    balance = bucket(kind=BalanceKind.OTHER, native_kind="*generic", native={"Value": 3})
    assert set(block(balance)["BalanceMap"]) == {"*generic", "GENERIC"}


@pytest.mark.parametrize(
    "plan_id",
    [
        "ServiceID_abc-123__ProductID_456__CustomerID_789__MonthlyRenewal",
        "ProductID_5__ProductName_Mega",
        "ActionPlan_Monthly_abc_5",
        "something else entirely",
    ],
)
def test_plans_of_any_style_are_shown(plan_id: str) -> None:
    when = NOON + timedelta(days=11)
    (plan,) = block(renewals=(Renewal(plan_id=plan_id, next_run=when),))["ActionPlans"]
    assert plan["ActionPlanId"] == plan_id
    assert plan["custom_NextExecTime_hr"] == "in 11 days"
    assert isinstance(plan["ActionPlanId_split_dict"], dict)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=-1), "now"),
        (timedelta(seconds=30), "in 1 minute"),
        (timedelta(minutes=59), "in 59 minutes"),
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(hours=20), "tomorrow"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=30), "in 30 days"),
        (timedelta(days=276), "Feb 1, 2027"),
    ],
)
def test_a_moment_in_words(ahead: timedelta, words: str) -> None:
    assert wording.moment(NOON + ahead, NOON) == words


BALANCES = st.builds(
    Balance,
    kind=st.sampled_from(BalanceKind),
    id=st.text(max_size=30),
    value=st.decimals(-(10**15), 10**15, places=3),
    total=st.none() | st.decimals(0, 10**15, places=3),
    expires_at=st.none() | st.datetimes(timezones=st.just(NOON.tzinfo)),
    weight=st.floats(0, 100),
    unlimited=st.booleans(),
    native_kind=st.sampled_from(["*data", "*voice", "*generic", "DATA", ""]),
    native=st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(BALANCES, max_size=5))
def test_no_bucket_of_any_backend_is_lost_or_breaks_the_page(balances: list[Balance]) -> None:
    shown = block(*balances)
    readable = [
        row
        for rows in shown["BalanceMap"].values()
        for row in rows
        if "custom_Description_String" in row
    ]
    assert len(readable) == len(balances)
    for kind in (BalanceKind.DATA, BalanceKind.SMS):
        live = [
            b for b in balances if b.kind is kind and not (b.expires_at and b.expires_at <= NOON)
        ]
        if live:
            assert shown["Totals"][kind.value]["value"] == sum(b.value for b in live)
