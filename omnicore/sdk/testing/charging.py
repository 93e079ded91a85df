"""The contract of a charging backend, as tests.

A vendor's whole test file::

    class TestMyBackend(ChargingBackendContract):
        @pytest.fixture
        def sandbox(self): ...

        @pytest.fixture
        def backend(self, sandbox): ...

Give the backend short time-outs (half a second will do), as some tests wait for them.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar

import pytest

from omnicore.sdk.errors import PortError, PortRefused, PortTimeout
from omnicore.sdk.ports.charging import (
    BalanceKind,
    ChargingBackend,
)
from omnicore.sdk.testing.charging_sandbox import (
    AMOUNTS,
    SILENT,
    Behaviour,
    ChargingSandbox,
    a_grant,
    a_plan_id,
    days_away,
    in_days,
    plan_ids,
    the_balance,
)
from omnicore.sdk.testing.contract import Contract

__all__ = [
    "AMOUNTS",
    "SILENT",
    "Behaviour",
    "ChargingBackendContract",
    "ChargingSandbox",
    "a_grant",
    "a_plan_id",
    "days_away",
    "in_days",
    "plan_ids",
    "the_balance",
]


class ChargingBackendContract(Contract):
    """Give it ``backend`` and ``sandbox``, override no test."""

    patience_s: ClassVar[float] = 15.0
    """No call may take longer, however the other side behaves."""

    @pytest.fixture
    def sandbox(self) -> ChargingSandbox:
        raise NotImplementedError

    @pytest.fixture
    def backend(self, sandbox: ChargingSandbox) -> ChargingBackend:
        raise NotImplementedError

    @pytest.fixture
    def account_id(self) -> str:
        return str(uuid.uuid4())

    @pytest.fixture
    def account(self, backend: ChargingBackend, account_id: str) -> str:
        """The id of an account that exists."""
        backend.ensure_account(account_id)
        return account_id

    def test_the_key_is_a_slug_and_the_tenant_has_a_name(self, backend: ChargingBackend) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", backend.key)
        assert backend.tenant

    def test_ping_returns_when_the_backend_answers(self, backend: ChargingBackend) -> None:
        backend.ping()

    def test_an_unknown_account_is_none_and_looking_creates_nothing(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account_id: str
    ) -> None:
        assert backend.account(account_id) is None
        assert sandbox.writes() == 0

    def test_ensure_account_creates_it_once_and_keeps_what_is_there(
        self, backend: ChargingBackend, account_id: str
    ) -> None:
        backend.ensure_account(account_id, allow_negative=True)
        backend.grant(account_id, a_grant())
        backend.ensure_account(account_id)
        found = backend.account(account_id)
        assert found is not None
        assert (found.account_id, found.allow_negative, found.disabled) == (account_id, True, False)
        assert len(found.balances) == 1

    def test_disabling_and_enabling_keep_the_balances(
        self, backend: ChargingBackend, account: str
    ) -> None:
        backend.grant(account, a_grant())
        states = []
        for disabled in (True, True, False, False):
            backend.set_disabled(account, disabled)
            found = backend.account(account)
            assert found is not None
            states.append((found.disabled, len(found.balances)))
        assert states == [(True, 1), (True, 1), (False, 1), (False, 1)]

    def test_disabling_an_unknown_account_is_refused_and_creates_nothing(
        self, backend: ChargingBackend, account_id: str
    ) -> None:
        with pytest.raises(PortRefused):
            backend.set_disabled(account_id, True)
        assert backend.account(account_id) is None

    @pytest.mark.parametrize("kind", list(AMOUNTS))
    def test_a_grant_comes_back_in_the_same_unit(
        self, backend: ChargingBackend, account: str, kind: BalanceKind
    ) -> None:
        expires_at = in_days(30)
        backend.grant(account, a_grant(kind=kind, expires_at=expires_at, weight=20.0))
        balance = the_balance(backend, account)
        assert (balance.kind, balance.value) == (kind, AMOUNTS[kind])
        assert balance.expires_at is not None
        assert balance.expires_at.utcoffset() == timedelta(0)
        assert abs(balance.expires_at - expires_at) < timedelta(seconds=2)
        assert balance.weight == 20.0
        assert not balance.unlimited

    @pytest.mark.parametrize("kind", list(AMOUNTS))
    def test_a_bucket_made_elsewhere_is_read_in_our_unit(
        self,
        backend: ChargingBackend,
        sandbox: ChargingSandbox,
        account: str,
        kind: BalanceKind,
    ) -> None:
        sandbox.bucket(account, kind, AMOUNTS[kind])
        balance = the_balance(backend, account)
        assert (balance.kind, balance.value) == (kind, AMOUNTS[kind])

    def test_a_grant_without_expiry_never_expires(
        self, backend: ChargingBackend, account: str
    ) -> None:
        backend.grant(account, a_grant(expires_at=None))
        assert the_balance(backend, account).expires_at is None

    def test_a_bucket_carries_what_the_backend_said(
        self, backend: ChargingBackend, account: str
    ) -> None:
        backend.grant(account, a_grant(name="DATA_20GB"))
        balance = the_balance(backend, account)
        assert balance.native_kind
        assert json.loads(json.dumps(dict(balance.native)))
        assert "DATA_20GB" in balance.id

    def test_grants_of_one_name_stay_apart(self, backend: ChargingBackend, account: str) -> None:
        expiries = [in_days(10), in_days(40)]
        for expires_at in expiries:
            backend.grant(account, a_grant(name="MONTHLY", expires_at=expires_at))
        found = backend.account(account)
        assert found is not None
        days = [(b.expires_at - in_days(0)).days for b in found.balances if b.expires_at]
        assert len(days) == 2
        assert max(days) - min(days) in (29, 30)

    def test_the_same_grant_is_not_given_twice(
        self, backend: ChargingBackend, account: str
    ) -> None:
        grant = a_grant()
        backend.grant(account, grant)
        with pytest.raises(PortRefused):
            backend.grant(account, grant)
        assert the_balance(backend, account).value == grant.value

    def test_higher_weight_comes_first(self, backend: ChargingBackend, account: str) -> None:
        for weight in (10.0, 30.0, 20.0):
            backend.grant(account, a_grant(weight=weight))
        found = backend.account(account)
        assert found is not None
        assert [balance.weight for balance in found.balances] == [30.0, 20.0, 10.0]

    def test_renewals_of_an_account_come_soonest_first(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account: str
    ) -> None:
        late, soon = a_plan_id(account), a_plan_id(account)
        sandbox.plan(late, account, in_days(60))
        sandbox.plan(soon, account, in_days(20))
        found = backend.renewals(account)
        assert [renewal.plan_id for renewal in found] == [soon, late]
        assert [renewal.account_id for renewal in found] == [account, account]
        assert [days_away(renewal) for renewal in found] == [20, 60]

    def test_an_account_without_renewals_has_an_empty_list(
        self, backend: ChargingBackend, account: str
    ) -> None:
        assert list(backend.renewals(account)) == []

    def test_scheduled_renewals_name_every_plan_soonest_first(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account: str
    ) -> None:
        plans = {a_plan_id(account): days for days in (50, 15)}
        for plan_id, days in plans.items():
            sandbox.plan(plan_id, account, in_days(days))
        found = [r for r in backend.scheduled_renewals() if r.plan_id in plans]
        assert [days_away(renewal) for renewal in found] == [15, 50]

    def test_a_removed_renewal_stays_removed_and_nothing_else_goes(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account: str
    ) -> None:
        gone, stays = a_plan_id(account), a_plan_id(account)
        for plan_id in (gone, stays):
            sandbox.plan(plan_id, account, in_days(20))
        backend.grant(account, a_grant())
        backend.remove_renewal(gone)
        backend.remove_renewal(gone)
        assert plan_ids(backend.renewals(account)) == {stays}
        assert plan_ids(backend.scheduled_renewals()) & {gone, stays} == {stays}
        assert the_balance(backend, account)

    def test_a_removed_account_takes_balances_and_renewals_with_it(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account: str
    ) -> None:
        backend.grant(account, a_grant())
        plan_id = a_plan_id(account)
        sandbox.plan(plan_id, account, in_days(20))
        backend.remove_account(account)
        assert backend.account(account) is None
        assert list(backend.renewals(account)) == []
        assert plan_id not in plan_ids(backend.scheduled_renewals())

    def test_removing_an_account_again_is_harmless(
        self, backend: ChargingBackend, account: str
    ) -> None:
        backend.remove_account(account)
        backend.remove_account(account)
        assert backend.account(account) is None

    def test_an_account_that_comes_back_starts_empty(
        self, backend: ChargingBackend, account: str
    ) -> None:
        backend.grant(account, a_grant())
        backend.remove_account(account)
        backend.ensure_account(account)
        found = backend.account(account)
        assert found is not None
        assert list(found.balances) == []

    def test_an_account_of_another_tenant_is_not_ours(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account_id: str
    ) -> None:
        sandbox.foreign_account(account_id)
        assert backend.account(account_id) is None

    def test_a_native_call_is_made_for_our_tenant(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account_id: str
    ) -> None:
        backend.call(*sandbox.native_write(account_id))
        assert backend.account(account_id) is not None
        assert backend.call(*sandbox.native_read(account_id))

    def test_a_native_call_for_another_tenant_never_leaves(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account_id: str
    ) -> None:
        sandbox.foreign_account(account_id)
        backend.ensure_account(account_id)
        with pytest.raises(PortRefused):
            backend.call(*sandbox.native_read(account_id, tenant=sandbox.other_tenant))

    def test_a_native_error_is_a_refusal(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account_id: str
    ) -> None:
        with pytest.raises(PortRefused):
            backend.call(*sandbox.native_read(account_id))

    def test_only_known_reads_count_as_changing_nothing(
        self, backend: ChargingBackend, sandbox: ChargingSandbox
    ) -> None:
        assert not backend.changes_state(sandbox.native_read("a")[0])
        assert backend.changes_state(sandbox.native_write("a")[0])
        assert backend.changes_state("Something.NobodyKnows")

    @pytest.mark.parametrize("behaviour", SILENT)
    def test_a_silent_backend_is_a_port_error_in_time(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, behaviour: Behaviour
    ) -> None:
        sandbox.will(behaviour)
        began = time.monotonic()
        for call in (backend.ping, backend.scheduled_renewals, lambda: backend.account("a")):
            with pytest.raises(PortError):
                call()
        assert time.monotonic() - began < 3 * self.patience_s

    def test_a_read_that_gets_no_answer_in_time_is_a_time_out(
        self, backend: ChargingBackend, sandbox: ChargingSandbox
    ) -> None:
        sandbox.will(Behaviour.HANG)
        with pytest.raises(PortTimeout):
            backend.account("a")

    def test_a_no_is_a_refusal_and_not_a_missing_account(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account: str
    ) -> None:
        sandbox.will(Behaviour.REFUSE)
        with pytest.raises(PortRefused):
            backend.account(account)
        with pytest.raises(PortRefused):
            backend.grant(account, a_grant())

    @pytest.mark.parametrize("behaviour", SILENT)
    def test_a_grant_without_answer_is_unknown_and_sent_once(
        self,
        backend: ChargingBackend,
        sandbox: ChargingSandbox,
        account: str,
        behaviour: Behaviour,
    ) -> None:
        before = sandbox.writes()
        sandbox.will(behaviour, writes_only=True)
        with pytest.raises(PortTimeout):
            backend.grant(account, a_grant())
        assert sandbox.writes() - before == 1

    @pytest.mark.parametrize("behaviour", SILENT)
    def test_a_native_write_without_answer_is_unknown_and_sent_once(
        self,
        backend: ChargingBackend,
        sandbox: ChargingSandbox,
        account: str,
        behaviour: Behaviour,
    ) -> None:
        before = sandbox.writes()
        sandbox.will(behaviour)
        with pytest.raises(PortTimeout):
            backend.call(*sandbox.native_write(account))
        assert sandbox.writes() - before == 1

    def test_a_grant_without_answer_is_unknown_and_can_be_settled(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account: str
    ) -> None:
        grant, before = a_grant(), sandbox.writes()
        sandbox.will(Behaviour.WORK_AND_HANG, writes_only=True)
        with pytest.raises(PortTimeout):
            backend.grant(account, grant)
        assert sandbox.writes() - before == 1
        sandbox.will(Behaviour.WORK)
        assert the_balance(backend, account).value == grant.value
        with pytest.raises(PortRefused):
            backend.grant(account, grant)
        assert the_balance(backend, account).value == grant.value

    def test_the_backend_is_itself_again_after_a_failure(
        self, backend: ChargingBackend, sandbox: ChargingSandbox, account: str
    ) -> None:
        for behaviour in SILENT:
            sandbox.will(behaviour)
            with pytest.raises(PortError):
                backend.account(account)
        sandbox.will(Behaviour.WORK)
        assert backend.account(account) is not None

    def test_threads_may_use_it_at_the_same_time(
        self, backend: ChargingBackend, account: str
    ) -> None:
        grants = [a_grant() for _ in range(16)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda grant: backend.grant(account, grant), grants))
            found = list(pool.map(backend.account, [account] * 16))
        counts = {len(one.balances) for one in found if one is not None}
        assert counts == {16}
