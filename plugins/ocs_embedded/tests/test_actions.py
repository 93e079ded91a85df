"""Action sets and the callback, with the engine's order, time-outs, retries and lock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest


def run(client, account, *actions):
    return client.ok("APIerSv1.ExecuteAction", **account, ActionsId=client.actions(*actions))


def topup(**fields):
    return {"Identifier": "*topup", "BalanceType": "*data", "BalanceId": "A", **fields}


def test_higher_weight_runs_first(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    reset = {"Identifier": "*topup_reset", "BalanceType": "*data", "BalanceId": "A"}
    run(ocs, account, {**reset, "Units": 5, "Weight": 10}, topup(Units=100, Weight=20))
    assert [b["Value"] for b in ocs.balances(account["Account"])] == [5]


def test_a_topup_makes_the_balance_it_describes(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    run(
        ocs,
        account,
        topup(
            Units=7,
            ExpiryTime="2030-01-01T00:00:00Z",
            BalanceWeight="20",
            DestinationIds="*any",
            BalanceBlocker="true",
            BalanceDisabled="false",
        ),
    )
    (found,) = ocs.balances(account["Account"])
    assert (found["Value"], found["Weight"], found["Blocker"]) == (7, 20, True)
    assert found["ExpirationDate"] == "2030-01-01T00:00:00Z"
    assert found["DestinationIDs"] == {"*any": True}


def test_debits_go_down(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    run(ocs, account, topup(Units=10))
    debit = {"Identifier": "*debit", "BalanceType": "*data", "BalanceId": "A", "Units": 4}
    run(ocs, account, debit)
    assert ocs.balances(account["Account"])[0]["Value"] == 6
    run(ocs, account, {**debit, "Identifier": "*debit_reset"})
    assert ocs.balances(account["Account"])[0]["Value"] == -4


def test_flags_of_the_account_follow_their_actions(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    flags = []
    for names in (("*disable_account", "*allow_negative"), ("*enable_account", "*deny_negative")):
        run(ocs, account, *({"Identifier": name} for name in names))
        found = ocs.ok("ApierV2.GetAccount", **account)
        flags.append((found["Disabled"], found["AllowNegative"]))
    assert flags == [(True, True), (False, False)]


def test_resetting_an_account_leaves_one_empty_balance_of_each_kind(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    run(ocs, account, topup(Units=10), topup(Units=10, BalanceId="B"))
    run(ocs, account, {"Identifier": "*reset_account"})
    assert [b["Value"] for b in ocs.balances(account["Account"])] == [0]


def test_balances_are_set_and_removed_by_actions(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    run(ocs, account, topup(Units=10), topup(Units=10, BalanceId="B"))
    run(ocs, account, topup(Identifier="*set_balance", Units=3))
    run(ocs, account, {"Identifier": "*remove_balance", "BalanceType": "*data", "BalanceId": "B"})
    assert [(b["ID"], b["Value"]) for b in ocs.balances(account["Account"])] == [("A", 3)]


def test_an_account_can_remove_itself(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    run(ocs, account, {"Identifier": "*remove_account"})
    assert ocs.error("ApierV2.GetAccount", **account) == "NOT_FOUND"


def test_an_unknown_set_is_not_found(ocs, account):
    assert ocs.error("APIerSv1.ExecuteAction", **account, ActionsId="nope") == "NOT_FOUND"


def test_an_unknown_identifier_fails_only_when_it_runs_and_saves_nothing(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account)
    actions_id = ocs.actions(topup(Units=10, Weight=20), {"Identifier": "*conjure", "Weight": 10})
    error = ocs.error("APIerSv1.ExecuteAction", **account, ActionsId=actions_id)
    assert error == "PARTIALLY_EXECUTED"
    assert ocs.balances(account["Account"]) == []


def test_v010_skips_a_missing_account_and_master_creates_it(v010, master, account):
    run(v010, account, topup(Units=1))
    assert v010.error("ApierV2.GetAccount", **account) == "NOT_FOUND"
    run(master, account, topup(Units=1))
    assert len(master.balances(account["Account"])) == 1


def test_sets_are_not_replaced_unless_asked(ocs):
    actions_id = ocs.actions({"Identifier": "*log"})
    again = {"ActionsId": actions_id, "Actions": [{"Identifier": "*cdrlog"}]}
    assert ocs.error("ApierV1.SetActions", **again) == "EXISTS"
    assert ocs.ok("ApierV1.SetActions", **again, Overwrite=True) == "OK"
    answer = ocs.ask("ApierV1.GetActions", actions_id)
    assert [action["Identifier"] for action in answer["result"]] == ["*cdrlog"]
    ocs.ok("ApierV1.RemoveActions", ActionIDs=[actions_id])
    assert ocs.ask("ApierV1.GetActions", actions_id)["error"] == "NOT_FOUND"


def test_a_set_without_actions_or_identifier_is_refused(ocs):
    assert ocs.error("ApierV1.SetActions", ActionsId="x") == "MANDATORY_IE_MISSING: [Actions]"
    error = ocs.error("ApierV1.SetActions", ActionsId="x", Actions=[{"Weight": 1}])
    assert error == "MANDATORY_IE_MISSING: [Identifier]"


def test_the_callback_carries_the_account_as_it_is_at_that_moment(master, account, receiver):
    master.ok("ApierV2.SetAccount", **account)
    post = {"Identifier": "*http_post", "ExtraParameters": receiver.url, "Weight": 10}
    run(master, account, topup(Units=7, Weight=20), post, {"Identifier": "*cdrlog", "Weight": 5})
    body = receiver.next_body()
    assert body["ID"] == f"{account['Tenant']}:{account['Account']}"
    assert body["BalanceMap"]["*data"][0]["Value"] == 7


def test_a_failed_callback_is_sent_again_after_a_second(master, account, receiver):
    master.ok("ApierV2.SetAccount", **account)
    receiver.statuses = [500, 404]
    began = time.monotonic()
    run(master, account, {"Identifier": "*http_post", "ExtraParameters": receiver.url})
    assert 1.9 < time.monotonic() - began < 5
    bodies = [receiver.next_body(0.1) for _ in range(3)]
    assert bodies[0] == bodies[1] == bodies[2]
    assert receiver.bodies.empty()


def test_three_failed_callbacks_end_the_set_unsaved(master, account, receiver):
    master.ok("ApierV2.SetAccount", **account)
    receiver.statuses = [500, 500, 500, 500]
    post = {"Identifier": "*http_post", "ExtraParameters": receiver.url, "Weight": 10}
    actions_id = master.actions(topup(Units=7, Weight=20), post)
    error = master.error("APIerSv1.ExecuteAction", **account, ActionsId=actions_id)
    assert error == "PARTIALLY_EXECUTED"
    assert receiver.bodies.qsize() == 3
    assert master.balances(account["Account"]) == []


def test_a_callback_without_answer_is_given_up_after_two_seconds(master, account, receiver):
    master.ok("ApierV2.SetAccount", **account)
    receiver.may_answer.clear()
    actions_id = master.actions({"Identifier": "*http_post", "ExtraParameters": receiver.url})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(master.ok, "APIerSv1.ExecuteAction", **account, ActionsId=actions_id)
        receiver.next_body()
        began = time.monotonic()
        receiver.next_body()
        assert 2.8 < time.monotonic() - began < 4
        receiver.may_answer.set()
        assert running.result(10) == "OK"


def test_the_account_is_locked_while_its_callback_runs_but_can_be_read(master, account, receiver):
    master.ok("ApierV2.SetAccount", **account)
    receiver.may_answer.clear()
    actions_id = master.actions({"Identifier": "*http_post", "ExtraParameters": receiver.url})
    other = type(master)(master.process)
    third = type(master)(master.process)
    balance = {"BalanceType": "*data", "Balance": {"ID": "A", "Value": 1}}
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(master.ok, "APIerSv1.ExecuteAction", **account, ActionsId=actions_id)
        receiver.next_body()
        adding = pool.submit(other.ok, "ApierV1.AddBalance", **account, **balance)
        with pytest.raises(TimeoutError):
            adding.result(0.3)
        assert third.ok("ApierV2.GetAccount", **account)["BalanceMap"] is None
        receiver.may_answer.set()
        assert (running.result(10), adding.result(10)) == ("OK", "OK")
    assert third.balances(account["Account"])[0]["Value"] == 1
    other.close()
    third.close()


def test_an_asynchronous_callback_does_not_hold_the_set_up(master, account, receiver):
    master.ok("ApierV2.SetAccount", **account)
    receiver.may_answer.clear()
    post = {"Identifier": "*http_post_async", "ExtraParameters": receiver.url}
    run(master, account, post, topup(Units=1))
    assert receiver.next_body()["ID"].endswith(account["Account"])
    assert len(master.balances(account["Account"])) == 1
