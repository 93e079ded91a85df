"""What the contract of a charging backend is tested against, and what its tests are made of."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from omnicore.sdk.ports.charging import (
    Balance,
    BalanceGrant,
    BalanceKind,
    ChargingBackend,
    Renewal,
)


class Behaviour(StrEnum):
    """What the sandbox does with every call from now on."""

    WORK = "work"
    HANG = "hang"  # does nothing and never answers
    WORK_AND_HANG = "work_and_hang"  # does what it is asked and never answers
    SAY_NOTHING = "say_nothing"  # answers without content
    MUMBLE = "mumble"  # answers what cannot be read
    CUT = "cut"  # breaks the connection
    REFUSE = "refuse"  # says no


class ChargingSandbox(Protocol):
    """A stand-in for the charging system that a test can script and inspect.

    It may be shared by tests: they use accounts and plans of their own.
    """

    other_tenant: str
    """A tenant that is not the backend's."""

    def will(self, behaviour: Behaviour, *, writes_only: bool = False) -> None:
        """Behave so until told otherwise; a new test starts with ``WORK``.

        With ``writes_only`` calls that change nothing go on working.
        """

    def writes(self) -> int:
        """How many calls that may change something arrived since the test began."""

    def foreign_account(self, account_id: str) -> None:
        """Make an account of this name for ``other_tenant``."""

    def bucket(self, account_id: str, kind: BalanceKind, value: Decimal) -> None:
        """Add a balance past the backend, as a rating engineer would.

        :param value: in the unit of ``kind``; convert it as the system's own manual says.
        """

    def plan(self, plan_id: str, account_id: str, next_run: datetime) -> None:
        """Schedule a renewal of an account of the backend's tenant, running once a year."""

    def native_read(self, account_id: str, tenant: str | None = None) -> tuple[str, Any]:
        """Method and parameters of a native call that reads an account."""

    def native_write(self, account_id: str) -> tuple[str, Any]:
        """Method and parameters of a native call that creates an account."""


AMOUNTS: Mapping[BalanceKind, Decimal] = {
    BalanceKind.DATA: Decimal(21_474_836_480),
    BalanceKind.VOICE: Decimal(30_000),
    BalanceKind.SMS: Decimal(250),
    BalanceKind.MONETARY: Decimal("25.50"),
}
SILENT = (Behaviour.HANG, Behaviour.SAY_NOTHING, Behaviour.MUMBLE, Behaviour.CUT)


def a_grant(
    *,
    kind: BalanceKind = BalanceKind.DATA,
    name: str = "PLAN",
    expires_at: datetime | None = datetime(2100, 1, 1, tzinfo=UTC),
    weight: float = 10.0,
) -> BalanceGrant:
    """A grant with a key of its own."""
    return BalanceGrant(
        kind=kind,
        id=name,
        value=AMOUNTS[kind],
        key=uuid.uuid4().hex[:12],
        expires_at=expires_at,
        weight=weight,
    )


def a_plan_id(account_id: str) -> str:
    """An id as the core writes it."""
    return f"ServiceID_{account_id}__ProductID_1__CustomerID_2__{uuid.uuid4().hex[:8]}"


def in_days(days: int) -> datetime:
    """That many days from now, to the second."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def days_away(renewal: Renewal) -> int:
    """Whole days until it runs, rounded."""
    assert renewal.next_run is not None
    return round((renewal.next_run - in_days(0)) / timedelta(days=1))


def plan_ids(renewals: Sequence[Renewal]) -> set[str]:
    """The plans of a list."""
    return {renewal.plan_id for renewal in renewals}


def the_balance(backend: ChargingBackend, account_id: str) -> Balance:
    """The one balance that the account must have."""
    found = backend.account(account_id)
    assert found is not None
    (balance,) = found.balances
    return balance
