"""Who takes the money: saved payment methods, charges and refunds (guide 29, 31)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from omnicore.sdk.money import Money


class Outcome(StrEnum):
    """How a call to a vendor ended, as far as the vendor can honestly say."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"  # the payer must confirm, e.g. 3-D Secure
    DECLINED = "declined"  # the vendor said no; asking again will not help
    NOT_SENT = "not_sent"  # nothing reached the vendor; safe to repeat
    UNKNOWN = "unknown"  # it may have happened; only the reconciler may act


@dataclass(frozen=True, kw_only=True)
class PaymentMethodDetails:
    """What may be kept of a payment method; never a full number or a code."""

    token: str
    payment_type: str
    brand: str = ""
    last4: str = ""
    exp_month: int | None = None
    exp_year: int | None = None


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Take ``money`` from a saved method. ``idempotency_key`` was stored before the call."""

    money: Money
    method_token: str
    customer_reference: str
    idempotency_key: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Give back what the payment ``reference`` took; the full amount when ``money`` is None."""

    reference: str
    idempotency_key: str
    money: Money | None = None


@dataclass(frozen=True, kw_only=True)
class VendorResult:
    """An outcome, the vendor's reference, and what the payer's browser needs to go on."""

    outcome: Outcome
    reference: str = ""
    reason: str = ""
    client_data: Mapping[str, Any] = field(default_factory=dict)


class PaymentVendor(ABC):
    """One account at one payment vendor. Money outcomes are returned, not raised."""

    key: ClassVar[str]
    currencies: ClassVar[frozenset[str] | None] = None
    """ISO 4217 codes it takes; None for any."""

    @abstractmethod
    def attach(self, customer_reference: str, token: str) -> PaymentMethodDetails:
        """Keep a method for later; ``token`` comes from the vendor's own form."""

    @abstractmethod
    def detach(self, token: str) -> None:
        """Forget a method at the vendor. Safe to repeat."""

    @abstractmethod
    def charge(self, charge: Charge) -> VendorResult:
        """Take money once for one idempotency key."""

    @abstractmethod
    def refund(self, refund: Refund) -> VendorResult:
        """Give money back once for one idempotency key."""

    @abstractmethod
    def find(self, idempotency_key: str) -> VendorResult:
        """Say what became of an earlier call. Must not change anything."""

    @abstractmethod
    def lookup(self, reference: str) -> tuple[VendorResult, Money]:
        """The present state and amount of a payment by the vendor's reference."""
