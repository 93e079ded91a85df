"""The charging port over CGRateS, v0.10 and v0.11."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from omnicore.sdk.errors import PortError, PortRefused, PortTimeout
from omnicore.sdk.ports.charging import (
    Balance,
    BalanceGrant,
    ChargingAccount,
    ChargingBackend,
    Renewal,
)
from omnicore_ocs_cgrates import tenancy
from omnicore_ocs_cgrates.rpc import PLUGIN, JsonRpc, engine_error
from omnicore_ocs_cgrates.settings import CgratesSettings
from omnicore_ocs_cgrates.transport import HttpTransport
from omnicore_ocs_cgrates.units import NATIVE_KINDS, Units, read_time, write_time

_NOT_FOUND = "NOT_FOUND"
_LATEST = datetime.max.replace(tzinfo=UTC)


class CgratesBackend(ChargingBackend):
    """One engine and one tenant. An engine's "no" is ``PortRefused`` with ``ocs_error``."""

    key = "cgrates"

    def __init__(self, settings: CgratesSettings, now: Callable[[], datetime]) -> None:
        transport = HttpTransport(settings.host, settings.port, settings.timeout_s)
        self._rpc = JsonRpc(transport, settings.address, settings.retries)
        self._tenant = settings.tenant
        self._units = Units(
            monetary_cents=settings.monetary_cents,
            unlimited_threshold=settings.unlimited_threshold,
        )
        self._now = now

    @property
    def tenant(self) -> str:
        """``ocs.ocsTenant``."""
        return self._tenant

    def account(self, account_id: str) -> ChargingAccount | None:
        """The account with its live balances, higher weight first, then sooner expiry."""
        native = self._read("ApierV2.GetAccount", Account=account_id)
        if native is None:
            return None
        return ChargingAccount(
            account_id=account_id,
            disabled=bool(native.get("Disabled")),
            allow_negative=bool(native.get("AllowNegative")),
            balances=self._balances(native),
            native=native,
        )

    def ensure_account(self, account_id: str, *, allow_negative: bool = False) -> None:
        """Create the account if it is missing; one that exists keeps its options."""
        if self._read("ApierV2.GetAccount", Account=account_id) is None:
            options = {"AllowNegative": allow_negative}
            self._write("ApierV2.SetAccount", Account=account_id, ExtraOptions=options)

    def set_disabled(self, account_id: str, disabled: bool) -> None:
        """Stop or resume rating. Plans go on, as the engine's flag does not stop them."""
        if self._read("ApierV2.GetAccount", Account=account_id) is None:
            # SetAccount would create it.
            raise PortRefused(f"no account {account_id}", plugin=PLUGIN, ocs_error=_NOT_FOUND)
        self._write("ApierV2.SetAccount", Account=account_id, ExtraOptions={"Disabled": disabled})

    def remove_account(self, account_id: str) -> None:
        """Remove the plans and action sets that are this account's own, then the account.

        The engine's RemoveAccount leaves plans, and its scheduler runs what it once read: so
        the scheduler is reloaded whenever it still holds something of this account.
        """
        plans = self._read("ApierV1.GetAccountActionPlan", Account=account_id) or []
        for plan_id in dict.fromkeys(plan["ActionPlanId"] for plan in plans):
            if self._is_only_account_of(plan_id, account_id):
                self._write("ApierV1.RemoveActionPlan", ID=plan_id)
        own = sorted({p["ActionsId"] for p in plans if account_id in p["ActionsId"]})
        if own:
            self._write("ApierV1.RemoveActions", ActionIDs=own)
        self._write("ApierV2.RemoveAccount", Account=account_id)
        if plans or self._read("ApierV1.GetScheduledActions", Account=account_id):
            self._write("SchedulerSv1.Reload")

    def grant(self, account_id: str, grant: BalanceGrant) -> None:
        """Add a balance of its own, named ``{id}_{key}``.

        The engine would pour a second one of the same name into the first and keep the old
        expiry; so a grant that is there already is refused.

        :raises PortRefused: the grant is there, or the engine said no.
        :raises PortTimeout: it may have happened.
        """
        kind = NATIVE_KINDS.get(grant.kind)
        if kind is None:
            raise PortRefused(f"no balance of kind {grant.kind} here", plugin=PLUGIN)
        name = grant.id if grant.id.endswith(grant.key) else f"{grant.id}_{grant.key}"
        if self._has_balance(account_id, name):
            raise PortRefused(f"balance {name} was granted before", plugin=PLUGIN)
        balance = {
            "ID": name,
            "Value": self._units.native_value(grant),
            "ExpiryTime": write_time(grant.expires_at),
            "Weight": grant.weight,
            "DestinationIDs": "*any",
        }
        params = {"Account": account_id, "BalanceType": kind, "Balance": balance}
        self._write("ApierV1.AddBalance", repeatable=False, **params)

    def renewals(self, account_id: str) -> Sequence[Renewal]:
        """From GetAccountActionPlan, soonest first."""
        found = self._read("ApierV1.GetAccountActionPlan", Account=account_id) or []
        return _soonest_first(
            Renewal(
                plan_id=plan["ActionPlanId"],
                next_run=read_time(plan.get("NextExecTime")),
                account_id=account_id,
                actions_id=plan.get("ActionsId") or "",
                native=plan,
            )
            for plan in found
        )

    def scheduled_renewals(self) -> Sequence[Renewal]:
        """The scheduler's queue: plans with an account of ours, and plans with none at all.

        A plan without accounts belongs to no tenant and fires all the same; a filter by
        tenant hides it, so the whole queue is asked as well.
        """
        ours = self._read("ApierV1.GetScheduledActions") or []
        everything = self._refusable("ApierV1.GetScheduledActions", {}) or []
        orphans = [entry for entry in everything if not entry.get("Accounts")]
        return _soonest_first(
            Renewal(
                plan_id=entry["ActionPlanID"],
                next_run=read_time(entry.get("NextRunTime")),
                actions_id=entry.get("ActionsID") or "",
                native=entry,
            )
            for entry in [*ours, *orphans]
        )

    def remove_renewal(self, plan_id: str) -> None:
        """Remove the plan and reload the scheduler, which would run it once more otherwise."""
        self._write("ApierV1.RemoveActionPlan", ID=plan_id)
        self._write("SchedulerSv1.Reload")

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """A native call with our tenant; tried again only when it changes nothing."""
        ready = tenancy.with_tenant(params, self._tenant, PLUGIN)
        tenancy.require_id(method, ready, PLUGIN)
        return self._rpc.call(method, ready, repeatable=not self.changes_state(method))

    def changes_state(self, method: str) -> bool:
        """Whatever does not begin with Get and is no Ping or Status."""
        return tenancy.changes_state(method)

    def ping(self) -> None:
        """``CoreSv1.Ping`` must answer ``Pong``."""
        self._rpc.call("CoreSv1.Ping", {}, repeatable=True)

    def _read(self, method: str, **params: Any) -> Any:
        """The result, or None for ``NOT_FOUND``."""
        return self._refusable(method, {"Tenant": self._tenant, **params})

    def _refusable(self, method: str, params: Mapping[str, Any]) -> Any:
        try:
            return self._rpc.call(method, params, repeatable=True)
        except PortRefused as error:
            if engine_error(error) == _NOT_FOUND:
                return None
            raise

    def _write(self, method: str, *, repeatable: bool = True, **params: Any) -> None:
        """A write; the engine says ``OK`` or an error."""
        full = {"Tenant": self._tenant, **params}
        result = self._rpc.call(method, full, repeatable=repeatable)
        if result != "OK":
            raise PortTimeout(f"{method}: the engine did not say OK", plugin=PLUGIN)

    def _has_balance(self, account_id: str, name: str) -> bool:
        try:
            account = self.account(account_id)
        except PortTimeout as error:
            # A time-out of a grant means that it may have happened; this one did not begin.
            raise PortError(f"nothing was granted: {error}", plugin=PLUGIN) from error
        return account is not None and any(balance.id == name for balance in account.balances)

    def _balances(self, native: Mapping[str, Any]) -> list[Balance]:
        now = self._now()
        several = [
            self._units.balance(kind, bucket)
            for kind, buckets in (native.get("BalanceMap") or {}).items()
            for bucket in buckets or []
        ]
        live = [b for b in several if b.expires_at is None or b.expires_at > now]
        return sorted(live, key=lambda b: (-b.weight, b.expires_at or _LATEST))

    def _is_only_account_of(self, plan_id: str, account_id: str) -> bool:
        plans = self._read("ApierV1.GetActionPlan", ID=plan_id) or []
        accounts = {key for plan in plans for key in plan.get("AccountIDs") or {}}
        return accounts <= {f"{self._tenant}:{account_id}"}


def _soonest_first(renewals: Any) -> list[Renewal]:
    return sorted(renewals, key=lambda renewal: renewal.next_run or _LATEST)
