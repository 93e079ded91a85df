"""Who counts the traffic: accounts, balances and renewals of services (guide 16, 21, 22).

One deployment has one charging backend. An account is named by the service's UUID.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar


class BalanceKind(StrEnum):
    """What a balance counts, and its unit in :class:`Balance`."""

    DATA = "DATA"  # bytes
    VOICE = "VOICE"  # seconds
    SMS = "SMS"  # messages
    MONETARY = "MONETARY"  # currency units
    OTHER = "OTHER"  # whatever the backend says


@dataclass(frozen=True, kw_only=True)
class Balance:
    """One bucket of an account.

    ``value`` is what is left, in the unit of ``kind``; ``total`` is what was granted, when
    the backend knows. ``expires_at`` None means never. Higher ``weight`` is used first.
    ``unlimited`` says that the number stands for no limit.
    ``native`` is the bucket as the backend gave it and ``native_kind`` its key there.
    """

    kind: BalanceKind
    id: str
    value: Decimal
    total: Decimal | None = None
    expires_at: datetime | None = None
    weight: float = 0.0
    unlimited: bool = False
    native_kind: str = ""
    native: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """A scheduled action on an account: a renewal, in the words of the guide.

    ``account_id`` is None where the backend's list does not name one. ``native`` is the
    backend's own record.
    """

    plan_id: str
    next_run: datetime | None = None
    account_id: str | None = None
    actions_id: str = ""
    native: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChargingAccount:
    """An account with its balances."""

    account_id: str
    disabled: bool = False
    allow_negative: bool = False
    balances: Sequence[Balance] = ()
    native: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BalanceGrant:
    """Something to add to an account, in the units of :class:`BalanceKind`.

    ``key`` makes the grant recognisable: a backend that can tell refuses the second one.
    """

    kind: BalanceKind
    id: str
    value: Decimal
    key: str
    expires_at: datetime | None = None
    weight: float = 10.0


class ChargingBackend(ABC):
    """One charging system with one tenant."""

    key: ClassVar[str]

    @property
    @abstractmethod
    def tenant(self) -> str:
        """The tenant every call is made for."""

    @abstractmethod
    def account(self, account_id: str) -> ChargingAccount | None:
        """The account, or None when there is none. Changes nothing."""

    @abstractmethod
    def ensure_account(self, account_id: str, *, allow_negative: bool = False) -> None:
        """Create the account if it is missing. Safe to repeat."""

    @abstractmethod
    def set_disabled(self, account_id: str, disabled: bool) -> None:
        """Stop or resume charging; balances stay. Safe to repeat.

        :raises PortRefused: when there is no such account.
        """

    @abstractmethod
    def remove_account(self, account_id: str) -> None:
        """Remove the account, its balances and its renewals. Safe to repeat."""

    @abstractmethod
    def grant(self, account_id: str, grant: BalanceGrant) -> None:
        """Add a balance. Not repeatable: a time-out means it may have happened."""

    @abstractmethod
    def renewals(self, account_id: str) -> Sequence[Renewal]:
        """The renewals of one account, soonest first."""

    @abstractmethod
    def scheduled_renewals(self) -> Sequence[Renewal]:
        """All renewals of the tenant, soonest first."""

    @abstractmethod
    def remove_renewal(self, plan_id: str) -> None:
        """Remove one renewal so that it stays removed. Safe to repeat."""

    @abstractmethod
    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """A native call, for the staff's proxy; the tenant is filled in when absent.

        :raises PortRefused: when the backend answers with an error, and when ``params``
            name another tenant.
        """

    @abstractmethod
    def changes_state(self, method: str) -> bool:
        """Whether a native method may change anything; in doubt, yes."""

    @abstractmethod
    def ping(self) -> None:
        """Return when the backend answers, raise ``PortError`` when it does not."""
