"""What an action set does to an account: one small function for each identifier."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omnicore_ocs_embedded import balances, callbacks
from omnicore_ocs_embedded.balances import Document
from omnicore_ocs_embedded.errors import PARTIALLY_EXECUTED, RpcError


@dataclass(frozen=True)
class Step:
    """One action while it runs. ``account`` is None when the plan has no accounts."""

    account: Document | None
    action: Mapping[str, Any]
    wanted: Document
    now: datetime
    master: bool

    @property
    def subject(self) -> Document:
        """The account.

        :raises RpcError: when the action runs without one.
        """
        if self.account is None:
            raise RpcError("nil account")
        return self.account


def in_order(actions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Higher weight first."""
    return sorted(actions, key=lambda action: -action["Weight"])


def run(
    actions: Sequence[Mapping[str, Any]],
    account: Document | None,
    now: datetime,
    *,
    master: bool,
) -> bool:
    """Run the set on ``account`` in memory; the caller saves it, or not.

    :return: True when the set removed the account.
    :raises RpcError: ``PARTIALLY_EXECUTED`` when an action failed; the rest did not run.
    """
    removed = False
    for action in in_order(actions):
        identifier = action["Identifier"]
        handler = _HANDLERS.get(identifier)
        if handler is None:
            raise RpcError(PARTIALLY_EXECUTED)
        try:
            wanted = _filter_of(action, now, master=master)
            handler(Step(account, action, wanted, now, master))
        except RpcError as error:
            raise RpcError(PARTIALLY_EXECUTED) from error
        removed = removed or identifier == "*remove_account"
    return removed


def _filter_of(action: Mapping[str, Any], now: datetime, *, master: bool) -> Document:
    """An action's own spelling of a balance, or the one that an API call made ready."""
    if "wanted" in action:
        ready: Document = action["wanted"]
        return ready
    names = {
        "BalanceId": "ID",
        "BalanceUuid": "UUID",
        "ExpiryTime": "ExpiryTime",
        "DestinationIds": "DestinationIDs",
        "RatingSubject": "RatingSubject",
        "Categories": "Categories",
        "SharedGroups": "SharedGroups",
        "TimingTags": "TimingIDs",
        "BalanceWeight": "Weight",
        "BalanceBlocker": "Blocker",
        "BalanceDisabled": "Disabled",
    }
    given = {theirs: action[ours] for ours, theirs in names.items() if action[ours]}
    wanted = balances.read_filter(given, now, master=master)
    wanted["Value"] = balances.number(action["Units"])
    return wanted


def _change(sign: int, *, reset: bool) -> Callable[[Step], None]:
    def change(step: Step) -> None:
        kind = step.action["BalanceType"]
        amount = step.wanted.get("Value", 0)
        amount = sign * (abs(amount) if sign > 0 else amount)
        balances.add(
            step.subject,
            kind,
            step.wanted,
            amount,
            step.now,
            reset=reset,
            master=step.master,
        )

    return change


def _set_balance(step: Step) -> None:
    kind = step.action["BalanceType"]
    if not kind:
        raise RpcError("missing balance type")
    balances.assign(step.subject, kind, step.wanted, step.now, master=step.master)


def _remove_balance(step: Step) -> None:
    balances.remove(step.subject, step.action["BalanceType"], step.wanted)


def _reset_account(step: Step) -> None:
    account = step.subject
    for kind in account["BalanceMap"] or {}:
        zero = balances.new_balance(master=step.master)
        zero["Uuid"] = str(uuid.uuid4())
        account["BalanceMap"][kind] = [zero]
    account["UnitCounters"] = None


def _flag(name: str, value: bool) -> Callable[[Step], None]:
    def flag(step: Step) -> None:
        step.subject[name] = value

    return flag


def _reset_counters(step: Step) -> None:
    step.subject["UnitCounters"] = None


def _remove_expired(step: Step) -> None:
    balances.drop_expired(step.subject, step.now)


def _http_post(step: Step) -> None:
    if not callbacks.post(step.action["ExtraParameters"], step.account):
        raise RpcError("the callback failed")


def _http_post_async(step: Step) -> None:
    callbacks.post_async(step.action["ExtraParameters"], step.account)


def _nothing(step: Step) -> None:
    """Records that nobody reads here: log lines, CDRs, published events."""


_HANDLERS: dict[str, Callable[[Step], None]] = {
    "*topup": _change(+1, reset=False),
    "*topup_reset": _change(+1, reset=True),
    "*debit": _change(-1, reset=False),
    "*debit_reset": _change(-1, reset=True),
    "*set_balance": _set_balance,
    "*remove_balance": _remove_balance,
    "*reset_account": _reset_account,
    "*remove_account": _nothing,
    "*reset_counters": _reset_counters,
    "*enable_account": _flag("Disabled", False),
    "*disable_account": _flag("Disabled", True),
    "*allow_negative": _flag("AllowNegative", True),
    "*deny_negative": _flag("AllowNegative", False),
    "*remove_expired": _remove_expired,
    "*http_post": _http_post,
    "*http_post_async": _http_post_async,
    "*cdrlog": _nothing,
    "*log": _nothing,
    "*publish_account": _nothing,
}
