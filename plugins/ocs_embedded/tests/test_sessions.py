"""Sessions use balances up, higher weight first, and are listed while they last."""

from __future__ import annotations

import uuid

import pytest


@pytest.fixture
def session(account):
    """A call's worth of arguments."""
    origin_id = uuid.uuid4().hex

    def build(**event):
        base = {"Account": account["Account"], "OriginID": origin_id, "ToR": "*data"}
        return {"Tenant": account["Tenant"], "ID": uuid.uuid4().hex, "Event": {**base, **event}}

    return build


def fill(client, account, kind="*data", **balance):
    params = {"BalanceType": kind, "Balance": {"ID": uuid.uuid4().hex, **balance}}
    client.ok("ApierV1.AddBalance", **account, **params)


def values(client, account, kind="*data"):
    return [b["Value"] for b in client.balances(account["Account"], kind)]


def test_usage_is_taken_from_the_higher_weight_first(ocs, account, session):
    fill(ocs, account, Value=100, Weight=10)
    fill(ocs, account, Value=30, Weight=20)
    answer = ocs.ok("SessionSv1.InitiateSession", **session(Usage=50))
    assert answer["MaxUsage"] == 50
    assert values(ocs, account) == [80, 0]


def test_voice_usage_may_be_a_duration(ocs, account, session):
    fill(ocs, account, "*voice", Value=600_000_000_000)
    ocs.ok("SessionSv1.InitiateSession", **session(ToR="*voice", Usage="1m"))
    ocs.ok("SessionSv1.UpdateSession", **session(ToR="*voice", Usage="30s"))
    assert values(ocs, account, "*voice") == [510_000_000_000]


def test_too_little_credit_shortens_the_session_and_none_refuses_it(ocs, account, session):
    fill(ocs, account, Value=30)
    assert ocs.ok("SessionSv1.InitiateSession", **session(Usage=50))["MaxUsage"] == 30
    error = ocs.error("SessionSv1.UpdateSession", **session(Usage=1))
    assert error == "RALS_ERROR:INSUFFICIENT_CREDIT"


def test_a_blocker_keeps_the_lower_weights_for_other_things(ocs, account, session):
    fill(ocs, account, Value=100, Weight=10)
    fill(ocs, account, Value=0, Weight=20, Blocker=True)
    error = ocs.error("SessionSv1.InitiateSession", **session(Usage=5))
    assert error == "RALS_ERROR:INSUFFICIENT_CREDIT_BALANCE_BLOCKER"
    assert values(ocs, account) == [100, 0]


def test_a_disabled_or_unknown_account_is_not_served(ocs, account, session):
    error = ocs.error("SessionSv1.InitiateSession", **session(Usage=1))
    assert error == "RALS_ERROR:ACCOUNT_NOT_FOUND"
    fill(ocs, account, Value=10)
    ocs.ok("ApierV2.SetAccount", **account, ExtraOptions={"Disabled": True})
    error = ocs.error("SessionSv1.InitiateSession", **session(Usage=1))
    assert error == "RALS_ERROR:ACCOUNT_DISABLED"
    assert values(ocs, account) == [10]


@pytest.mark.parametrize(("allowed", "left"), [(True, -3), (False, 0)])
def test_money_goes_below_zero_only_where_allowed(ocs, account, session, allowed, left):
    ocs.ok("ApierV2.SetAccount", **account, ExtraOptions={"AllowNegative": allowed})
    params = {"BalanceType": "*monetary", "Balance": {"ID": "*default", "Value": 2}}
    ocs.ok("ApierV1.AddBalance", **account, **params)
    ocs.ok("SessionSv1.InitiateSession", **session(ToR="*monetary", Usage=5))
    assert values(ocs, account, "*monetary") == [left]


def test_the_end_of_a_session_settles_what_was_really_used(ocs, account, session):
    fill(ocs, account, Value=100)
    ocs.ok("SessionSv1.InitiateSession", **session(Usage=50))
    assert ocs.ok("SessionSv1.TerminateSession", **session(Usage=20)) == "OK"
    assert values(ocs, account) == [80]
    assert ocs.error("SessionSv1.TerminateSession", **session()) == "NOT_FOUND"


def test_active_sessions_are_listed_by_account(ocs, account, session):
    query = {
        "Tenant": account["Tenant"],
        "Filters": [f"*string:~*req.Account:{account['Account']}"],
    }
    assert ocs.error("SessionSv1.GetActiveSessions", **query) == "NOT_FOUND"
    fill(ocs, account, Value=100)
    event = session(Usage=7, OriginHost="pgw01", Destination="internet", IMSI="313380000000001")
    ocs.ok("SessionSv1.InitiateSession", **event)
    (found,) = ocs.ok("SessionSv1.GetActiveSessions", **query)
    shown = {name: found[name] for name in ("Account", "ToR", "Usage", "OriginHost", "RunID")}
    assert shown == {
        "Account": account["Account"],
        "ToR": "*data",
        "Usage": 7,
        "OriginHost": "pgw01",
        "RunID": "*default",
    }
    assert found["ExtraFields"] == {"IMSI": "313380000000001"}
    assert ocs.ok("SessionSv1.GetActiveSessionsCount", **query) == 1
    ocs.ok("SessionSv1.TerminateSession", **session())
    assert ocs.ok("SessionSv1.GetActiveSessionsCount", **query) == 0


def test_a_filter_that_is_not_understood_is_skipped(ocs, account, session):
    fill(ocs, account, Value=100)
    ocs.ok("SessionSv1.InitiateSession", **session(Usage=1))
    query = {"Tenant": account["Tenant"], "Filters": ["nonsense"]}
    found = ocs.ok("SessionSv1.GetActiveSessions", **query)
    assert account["Account"] in {session["Account"] for session in found}
    ocs.ok("SessionSv1.TerminateSession", **session())


def test_the_same_session_does_not_start_twice(ocs, account, session):
    fill(ocs, account, Value=100)
    ocs.ok("SessionSv1.InitiateSession", **session(Usage=1))
    assert ocs.error("SessionSv1.InitiateSession", **session(Usage=1)) == "EXISTS"
    ocs.ok("SessionSv1.TerminateSession", **session())
