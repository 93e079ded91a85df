"""Sums over transactions, exact to the cent on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, literal_column, select

from omnicore.billing.models import Transaction
from omnicore.db.uow import UnitOfWork

SCALE = 10_000
"""Ten-thousandths of a currency unit: amounts are stored with four digits."""


def transactions(uow: UnitOfWork, customer_id: int | None = None) -> dict[str, Decimal]:
    """Sums of ``retail_cost`` without void ones: all, not invoiced, this and last month.

    Months are those of ``transaction_date``, in UTC.
    """
    this_month = uow.now().date().replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    where: list[ColumnElement[bool]] = [Transaction.void.is_(False)]
    if customer_id is not None:
        where.append(Transaction.customer_id == customer_id)
    sums = select(
        _sum(None).label("total"),
        _sum(Transaction.invoice_id.is_(None)).label("uninvoiced"),
        _sum(_between(this_month, _next(this_month))).label("this_month"),
        _sum(_between(last_month, this_month)).label("last_month"),
    ).where(*where)
    found = uow.session.execute(sums).mappings().one()
    return {name: Decimal(int(value or 0)) / SCALE for name, value in found.items()}


def _sum(when: ColumnElement[bool] | None) -> ColumnElement[int]:
    """A sum of whole ten-thousandths: SQLite would add decimals as floats."""
    units = cast(func.round(Transaction.retail_cost * literal_column(str(SCALE))), BigInteger)
    return func.sum(units if when is None else case((when, units), else_=0))


def _between(first: date, after: date) -> ColumnElement[bool]:
    return and_(Transaction.transaction_date >= first, Transaction.transaction_date < after)


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
