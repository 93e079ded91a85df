"""Accounts and balances behave as the engine's do, quirks included."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest

ZERO = "0001-01-01T00:00:00Z"


def add(client, account, kind="*data", **balance):
    return client.ok("ApierV1.AddBalance", **account, BalanceType=kind, Balance=balance)


def test_a_fresh_account_has_null_maps(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    found = ocs.ok("ApierV2.GetAccount", **account)
    assert found.pop("UpdateTime").endswith("Z")
    assert found == {
        "ID": f"{account['Tenant']}:{account['Account']}",
        "BalanceMap": None,
        "UnitCounters": None,
        "ActionTriggers": None,
        "AllowNegative": False,
        "Disabled": False,
    }


def test_options_that_are_not_given_stay(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account, ExtraOptions={"AllowNegative": True})
    ocs.ok("ApierV2.SetAccount", **account, ExtraOptions={"Disabled": True})
    found = ocs.ok("ApierV2.GetAccount", **account)
    assert (found["AllowNegative"], found["Disabled"]) == (True, True)


def test_removing_what_is_not_there_is_ok(ocs, account):
    assert ocs.ok("ApierV1.RemoveAccount", **account) == "OK"
    assert ocs.ok("ApierV1.RemoveActionPlan", ID="no such plan") == "OK"


def test_a_removed_account_is_not_found(ocs, account):
    add(ocs, account, ID="A", Value=1)
    ocs.ok("ApierV2.RemoveAccount", **account)
    assert ocs.error("ApierV2.GetAccount", **account) == "NOT_FOUND"


def test_adding_a_balance_creates_the_account_and_shows_every_member(master, account):
    add(master, account, ID="DATA", Value=5368709120, Weight=20, DestinationIDs="*any;NAT")
    (found,) = master.balances(account["Account"])
    assert len(found.pop("Uuid")) == 36
    assert found == {
        "ID": "DATA",
        "Value": 5368709120,
        "ExpirationDate": ZERO,
        "Weight": 20,
        "DestinationIDs": {"*any": True, "NAT": True},
        "RatingSubject": "",
        "Categories": {},
        "SharedGroups": {},
        "Timings": None,
        "TimingIDs": {},
        "Disabled": False,
        "Factors": None,
        "Blocker": False,
    }


def test_v010_has_one_factor(v010, account):
    add(v010, account, ID="A", Value=1)
    (found,) = v010.balances(account["Account"])
    assert "Factor" in found
    assert "Factors" not in found


def test_the_same_id_adds_up_and_keeps_expiry_and_weight(ocs, account):
    add(ocs, account, ID="A", Value=10, ExpiryTime="2030-01-01T00:00:00Z", Weight=10)
    add(ocs, account, ID="A", Value=5, ExpiryTime="2040-01-01T00:00:00Z", Weight=99)
    (found,) = ocs.balances(account["Account"])
    assert found["Value"] == 15
    assert (found["ExpirationDate"], found["Weight"]) == ("2030-01-01T00:00:00Z", 10)


def test_without_id_a_relative_expiry_makes_a_new_balance_each_time(ocs, account):
    for _ in range(2):
        add(ocs, account, Value=10, ExpiryTime="+720h")
    assert [b["Value"] for b in ocs.balances(account["Account"])] == [10, 10]


def test_without_id_an_equal_balance_is_topped_up(ocs, account):
    for _ in range(2):
        add(ocs, account, Value=10, ExpiryTime="2030-01-01T00:00:00Z")
    assert [b["Value"] for b in ocs.balances(account["Account"])] == [20]


def test_overwrite_starts_from_zero(ocs, account):
    add(ocs, account, ID="A", Value=10)
    params = {"BalanceType": "*data", "Balance": {"ID": "A", "Value": 3}, "Overwrite": True}
    ocs.ok("ApierV1.AddBalance", **account, **params)
    assert ocs.balances(account["Account"])[0]["Value"] == 3


def test_values_may_be_text_inside_the_balance_and_the_outer_one_wins_unsigned(ocs, account):
    add(ocs, account, ID="A", Value="1250.5")
    params = {"BalanceType": "*data", "Value": -7.0, "Balance": {"ID": "B", "Value": 3}}
    ocs.ok("ApierV1.AddBalance", **account, **params)
    assert [b["Value"] for b in ocs.balances(account["Account"])] == [1250.5, 7]


def test_a_value_of_zero_makes_an_empty_balance(ocs, account):
    add(ocs, account, kind="*monetary", ID="Z", Value=0)
    assert ocs.balances(account["Account"], "*monetary")[0]["Value"] == 0


def test_a_debit_goes_down(ocs, account):
    add(ocs, account, ID="A", Value=10)
    params = {"BalanceType": "*data", "Balance": {"ID": "A", "Value": 4}}
    ocs.ok("ApierV1.DebitBalance", **account, **params)
    assert ocs.balances(account["Account"])[0]["Value"] == 6


def test_set_balance_sets_what_it_names(ocs, account):
    add(ocs, account, ID="A", Value=10, Weight=5)
    params = {"BalanceType": "*data", "Balance": {"ID": "A", "ExpiryTime": "2030-01-01T00:00:00Z"}}
    ocs.ok("ApierV1.SetBalance", **account, **params)
    (found,) = ocs.balances(account["Account"])
    expected = (10, 5, "2030-01-01T00:00:00Z")
    assert (found["Value"], found["Weight"], found["ExpirationDate"]) == expected


def test_set_balance_needs_an_id(ocs, account):
    error = ocs.error("ApierV1.SetBalance", **account, BalanceType="*data", Balance={"Value": 1})
    assert error == "MANDATORY_IE_MISSING: [BalanceID or BalanceUUID]"


def test_balances_are_removed_by_id(ocs, account):
    add(ocs, account, ID="A", Value=1)
    add(ocs, account, ID="B", Value=2)
    named = {"BalanceType": "*data", "Balance": {"ID": "A"}}
    ocs.ok("ApierV1.RemoveBalances", **account, **named)
    assert [b["ID"] for b in ocs.balances(account["Account"])] == ["B"]
    assert ocs.error("ApierV1.RemoveBalances", **account, **named) == "NOT_FOUND"


def test_a_relative_expiry_counts_from_now(ocs, account):
    add(ocs, account, ID="A", Value=1, ExpiryTime="+1h30m")
    text = ocs.balances(account["Account"])[0]["ExpirationDate"]
    left = datetime.fromisoformat(text) - datetime.now(UTC)
    assert timedelta(minutes=89) < left <= timedelta(minutes=90)


@pytest.mark.parametrize(
    ("expiry", "error"),
    [
        ("+30d", 'time: unknown unit "d" in duration "30d"'),
        ("+5", 'time: missing unit in duration "5"'),
        ("next week", "Unsupported time format"),
    ],
)
def test_an_expiry_that_is_not_understood_adds_nothing(ocs, account, expiry, error):
    balance = {"ID": "A", "Value": 1, "ExpiryTime": expiry}
    params = {"BalanceType": "*data", "Balance": balance}
    assert ocs.error("ApierV1.AddBalance", **account, **params) == error
    assert ocs.error("ApierV2.GetAccount", **account) == "NOT_FOUND"


def test_an_expired_balance_is_listed_until_the_account_is_written(start, account):
    client = start("--faults")
    add(client, account, ID="OLD", Value=1, ExpiryTime="+1h")
    client.control("POST", "clock", {"advance_s": 7200})
    assert [b["ID"] for b in client.balances(account["Account"])] == ["OLD"]
    add(client, account, ID="NEW", Value=1)
    assert [b["ID"] for b in client.balances(account["Account"])] == ["NEW"]


def test_an_expired_balance_of_the_same_id_is_not_topped_up(start, account):
    client = start("--faults")
    add(client, account, ID="A", Value=100, ExpiryTime="+1h")
    client.control("POST", "clock", {"advance_s": 7200})
    add(client, account, ID="A", Value=5, ExpiryTime="+1h")
    assert [b["Value"] for b in client.balances(account["Account"])] == [5]


def test_parallel_additions_all_count(master, account):
    def add_ten(client):
        for _ in range(10):
            add(client, account, ID="A", Value=1)
        client.close()

    clients = [type(master)(master.process) for _ in range(4)]
    threads = [threading.Thread(target=add_ten, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert master.balances(account["Account"])[0]["Value"] == 40


def test_accounts_are_listed_by_tenant_with_paging_and_filter(ocs):

    tenant = uuid.uuid4().hex
    for name in ("a", "b", "c"):
        options = {"Disabled": name == "b"}
        ocs.ok("ApierV2.SetAccount", Tenant=tenant, Account=name, ExtraOptions=options)

    def ids(**params):
        found = ocs.ok("ApierV2.GetAccounts", Tenant=tenant, **params)
        return [account["ID"].partition(":")[2] for account in found]

    assert ids() == ["a", "b", "c"]
    assert ids(Offset=1, Limit=1) == ["b"]
    assert ids(Filter={"Disabled": False}) == ["a", "c"]
    assert ids(AccountIDs=["c", "nobody"]) == ["c"]
    assert ocs.ok("ApierV1.GetAccountsCount", Tenant=tenant) == 3


def test_the_first_version_of_get_account_has_the_older_shape(ocs, account):
    add(ocs, account, ID="A", Value=1, DestinationIDs="*any")
    found = ocs.ok("ApierV1.GetAccount", **account)
    assert found["Id"] == f"*out:{account['Tenant']}:{account['Account']}"
    assert found["BalanceMap"]["*data*out"][0]["DestinationIds"] == "*any"


def test_resetting_triggers_needs_an_account(ocs, account):
    method = "APIerSv1.ResetAccountActionTriggers"
    assert ocs.error(method, **account, Executed=False) == "NOT_FOUND"
    ocs.ok("ApierV2.SetAccount", **account)
    assert ocs.ok(method, **account, Executed=False) == "OK"


def test_an_unknown_plan_or_trigger_leaves_the_account_alone(ocs, account):
    for unknown in ({"ActionPlanIds": ["nope"]}, {"ActionTriggerIDs": ["nope"]}):
        assert ocs.error("ApierV2.SetAccount", **account, **unknown) == "SERVER_ERROR: NOT_FOUND"
    assert ocs.error("ApierV2.GetAccount", **account) == "NOT_FOUND"
