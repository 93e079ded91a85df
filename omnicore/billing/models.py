"""Transactions: every charge and credit, one row each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key, Owned, Stamped


class TransactionType(StrEnum):
    """Which way money goes (guide 32)."""

    DEBIT = "debit"
    CREDIT = "credit"


class CreditType(StrEnum):
    """How a credit came in (guide 32)."""

    CASH = "Cash"
    CARD = "Card"
    BANK_TRANSFER = "Bank Transfer"


class Transaction(Base, Owned, Stamped):
    """A charge (positive) or a credit (negative), in units of the deployment's currency.

    ``retail_cost`` is before tax; ``tax_amount`` is rounded here, on the line, so that sums of
    lines are exact. Void rows stay, out of lists and sums. ``created_by_provision`` is the
    provisioning job that recorded it.
    """

    __tablename__ = "customer_transaction"
    __audit__ = "transaction"
    __table_args__ = (
        Index("ix_customer_transaction_open", "customer_id", "invoice_id", "void"),
        Index("ix_customer_transaction_day", "transaction_date", "transaction_id"),
    )

    transaction_id: Mapped[int] = mapped_column(Key, primary_key=True)
    invoice_id: Mapped[int | None] = mapped_column(Key, index=True)
    service_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("customer_service.service_id", ondelete="SET NULL"), index=True
    )
    site_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("customer_site.site_id", ondelete="SET NULL"), index=True
    )
    product_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("product.product_id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    retail_cost: Mapped[Decimal]
    wholesale_cost: Mapped[Decimal | None]
    tax_percentage: Mapped[Decimal] = mapped_column(default=Decimal(0))
    tax_amount: Mapped[Decimal] = mapped_column(default=Decimal(0))
    void: Mapped[bool] = mapped_column(default=False)
    transaction_date: Mapped[date] = mapped_column(Date)
    credit_type: Mapped[CreditType | None] = mapped_column(String(20))
    created_by_provision: Mapped[int | None] = mapped_column(Key, index=True)
