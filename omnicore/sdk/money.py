"""Amounts of money: a Decimal that never travels without its currency.

Rounding is half-up to the currency's exponent (ISO 4217, list one).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_NO_MINOR_UNIT = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def exponent(currency: str) -> int:
    """Digits after the point of ``currency`` (ISO 4217): 2 unless it is an exception."""
    code = currency.upper()
    if code in _NO_MINOR_UNIT:
        return 0
    return 3 if code in _THREE_DIGITS else 2


def rounded(amount: Decimal, currency: str) -> Decimal:
    """``amount`` rounded half-up to the exponent of ``currency``."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, order=True)
class Money:
    """An amount in currency units and its ISO 4217 code: ``Money(Decimal("9.99"), "EUR")``."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"money needs a Decimal, not {type(self.amount).__name__}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def _same(self, other: Money) -> None:
        if self.currency.upper() != other.currency.upper():
            raise ValueError(f"{self.currency} and {other.currency} do not add up")

    def minor_units(self) -> int:
        """The amount in cents (or what the currency has); refuses to round.

        :raises ValueError: when the amount has more digits than the currency.
        """
        scaled = self.amount.scaleb(exponent(self.currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{self.amount} is not a whole number of minor units")
        return int(scaled)

    @classmethod
    def from_minor_units(cls, units: int, currency: str) -> Money:
        """The other way: 999 minor units of EUR are 9.99 EUR."""
        return cls(Decimal(units).scaleb(-exponent(currency)), currency)
