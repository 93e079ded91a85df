"""The engine's numbers and times in the words of the SDK, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from omnicore.sdk.ports.charging import Balance, BalanceGrant, BalanceKind

NATIVE_KINDS = {
    BalanceKind.DATA: "*data",
    BalanceKind.VOICE: "*voice",
    BalanceKind.SMS: "*sms",
    BalanceKind.MONETARY: "*monetary",
}
_KINDS = {
    **{native: kind for kind, native in NATIVE_KINDS.items()},
    # Keys that the guide prints; engines behind a REST layer use them.
    **{kind.value: kind for kind in NATIVE_KINDS},
    "DATA_DONGLE": BalanceKind.DATA,
}
_NS_PER_SECOND = 1_000_000_000
_BYTES_PER_GB = 1024**3


def read_time(text: str | None) -> datetime | None:
    """Aware UTC; None for nothing and for Go's zero time."""
    if not text or text.startswith("0001-01-01"):
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def write_time(moment: datetime | None) -> str:
    """The engine's spelling of an expiry, to the second; None never expires."""
    if moment is None:
        return "*unlimited"
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, kw_only=True)
class Units:
    """How this deployment counts money, and where a number stands for no limit."""

    monetary_cents: bool
    unlimited_threshold: Decimal

    def balance(self, native_kind: str, native: Mapping[str, Any]) -> Balance:
        """A bucket of ``BalanceMap[native_kind]``.

        The engine knows what is left and not what was granted, so ``total`` is None.
        """
        kind = _KINDS.get(native_kind, BalanceKind.OTHER)
        raw = Decimal(str(native.get("Value") or 0))
        value = raw / self._native_per_unit(kind)
        return Balance(
            kind=kind,
            id=str(native.get("ID") or ""),
            value=value,
            expires_at=read_time(native.get("ExpirationDate") or native.get("ExpiryTime")),
            weight=float(native.get("Weight") or 0),
            unlimited=self._is_unlimited(kind, raw, value),
            native_kind=native_kind,
            native=native,
        )

    def native_value(self, grant: BalanceGrant) -> int | float:
        """The number to send for a grant."""
        value = grant.value * self._native_per_unit(grant.kind)
        return int(value) if value == value.to_integral_value() else float(value)

    def _native_per_unit(self, kind: BalanceKind) -> int:
        if kind is BalanceKind.VOICE:
            return _NS_PER_SECOND
        return 100 if kind is BalanceKind.MONETARY and self.monetary_cents else 1

    def _is_unlimited(self, kind: BalanceKind, raw: Decimal, value: Decimal) -> bool:
        """Compare what people read, GB for data. Plays also write the bare threshold."""
        if raw == self.unlimited_threshold:
            return True
        shown = value / _BYTES_PER_GB if kind is BalanceKind.DATA else value
        return shown >= self.unlimited_threshold
