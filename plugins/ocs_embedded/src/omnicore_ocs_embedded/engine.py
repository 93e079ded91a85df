"""The parts of the server put together: state, clock, locks, scheduler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omnicore_ocs_embedded import actions, balances
from omnicore_ocs_embedded.balances import Document
from omnicore_ocs_embedded.clock import Clock
from omnicore_ocs_embedded.errors import NOT_FOUND, RpcError
from omnicore_ocs_embedded.guardian import Guardian
from omnicore_ocs_embedded.scheduler import Scheduler
from omnicore_ocs_embedded.store import Store
from omnicore_ocs_embedded.times import format_time


class Engine:
    """One charging engine. ``mode`` says which release's quirks it shows."""

    def __init__(self, store: Store, clock: Clock, *, mode: str, tenant: str) -> None:
        self.store = store
        self.clock = clock
        self.master = mode == "master"
        self.mode = mode
        self.tenant = tenant
        self.guard = Guardian()
        self.started_at = clock.now()
        self.scheduler = Scheduler(store, clock, self.run_action_set)

    def account(self, key: str) -> Document | None:
        """The account ``tenant:account``, or None."""
        document: Document | None = self.store.get("account", key)
        return document

    def new_account(self, key: str) -> Document:
        """An account that was never written: maps and lists are null."""
        return {
            "ID": key,
            "BalanceMap": None,
            "UnitCounters": None,
            "ActionTriggers": None,
            "AllowNegative": False,
            "UpdateTime": format_time(self.clock.now()),
            "Disabled": False,
        }

    def save_account(self, account: Document) -> None:
        """Write it, without the balances that have expired."""
        now = self.clock.now()
        balances.drop_expired(account, now)
        account["UpdateTime"] = format_time(now)
        self.store.put("account", account["ID"], account)

    def remove_account(self, key: str) -> None:
        """Remove the account and detach it from its plans; the plans stay."""
        with self.store.transaction():
            for plan_id in self.plans_of(key):
                self.detach(key, plan_id)
            self.store.delete("account", key)

    def plans_of(self, key: str) -> list[str]:
        """Ids of the plans that the account is attached to."""
        return [plan_id for _, plan_id in self.store.items("attachment", f"{key}\n")]

    def attach(self, key: str, plan_id: str) -> None:
        """Attach the account to an existing plan."""
        plan = self.store.get("plan", plan_id)
        plan["AccountIDs"] = {**(plan["AccountIDs"] or {}), key: True}
        self.store.put("plan", plan_id, plan)
        self.store.put("attachment", f"{key}\n{plan_id}", plan_id)

    def detach(self, key: str, plan_id: str) -> None:
        """Detach the account from a plan, if it was attached."""
        self.store.delete("attachment", f"{key}\n{plan_id}")
        plan = self.store.get("plan", plan_id)
        if plan and (plan["AccountIDs"] or {}).pop(key, None):
            self.store.put("plan", plan_id, plan)

    def run_action_set(self, actions_id: str, keys: Sequence[str]) -> None:
        """Run a stored set for accounts, or without one when there are none.

        :raises RpcError: ``NOT_FOUND`` for an unknown set, ``PARTIALLY_EXECUTED``.
        """
        stored = self.store.get("actions", actions_id)
        if stored is None:
            raise RpcError(NOT_FOUND)
        self.run_actions(stored, keys)

    def run_actions(self, several: Sequence[Mapping[str, Any]], keys: Iterable[str]) -> None:
        """Run actions for accounts. An account whose set failed is not saved."""
        keys = list(keys)
        failed: RpcError | None = None
        for key in keys:
            try:
                self._run_for(several, key)
            except RpcError as error:
                failed = error
        if not keys:
            actions.run(several, None, self.clock.now(), master=self.master)
        if failed is not None:
            raise failed

    def _run_for(self, several: Sequence[Mapping[str, Any]], key: str) -> None:
        with self.guard(key):
            account = self.account(key)
            if account is None and not self.master:
                return
            account = account or self.new_account(key)
            if actions.run(several, account, self.clock.now(), master=self.master):
                self.remove_account(key)
            else:
                self.save_account(account)
