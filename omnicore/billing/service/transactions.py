"""Charges and credits: recorded, corrected, voided (guide 32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select

from omnicore.activity import recorder
from omnicore.billing.errors import TransactionInvoiced, TransactionVoid
from omnicore.billing.models import Transaction, TransactionType
from omnicore.catalog.models import Product
from omnicore.customers.models import Customer, Site
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import Invalid
from omnicore.sdk.events import TransactionCreated
from omnicore.sdk.money import rounded
from omnicore.services.models import Service

ZERO = Decimal(0)
HUNDRED = Decimal(100)
FOR_STAFF = frozenset({"wholesale_cost", "created_by_provision"})

STAFF_LIST = Listing(
    columns=columns_of(
        Transaction,
        "transaction_id",
        "customer_id",
        "service_id",
        "site_id",
        "product_id",
        "invoice_id",
        "title",
        "description",
        "retail_cost",
        "wholesale_cost",
        "tax_percentage",
        "tax_amount",
        "credit_type",
        "transaction_date",
        "void",
        "created_by_provision",
        "created",
        "last_modified",
    ),
    key="transaction_id",
    search=(
        Transaction.title,
        Transaction.description,
        Transaction.transaction_id,
        Transaction.invoice_id,
    ),
    filters={"invoiced": Transaction.invoice_id.is_not(None)},
)
CUSTOMER_LIST = replace(
    STAFF_LIST,
    columns={k: v for k, v in STAFF_LIST.columns.items() if k not in FOR_STAFF},
)


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Transaction:
    """Record a charge or a credit.

    ``values``: ``customer_id``, ``title`` and ``retail_cost`` (Decimal) at least; see
    ``schemas.TransactionInput`` for the rest. With ``transaction_type`` the amount is entered
    positive and gets its sign here (a ``credit_type`` alone means a credit); without, its sign
    says what it is. A provisioning job that
    records the same revenue twice gets the first row again (see :func:`_recorded_by_job`).

    :raises NotFound: for a customer, service, site or product that the caller cannot see.
    :raises Invalid: for an amount that does not fit its type, or somebody else's service or site.
    """
    customer_id = _customer(uow, values["customer_id"])
    _refuse_invoice(values)
    product, service = _links(uow, values, customer_id)
    amount = _signed(
        rounded(values["retail_cost"], uow.settings.crm.currency),
        values.get("transaction_type"),
        values.get("credit_type"),
    )
    before = _recorded_by_job(uow, customer_id, values, amount)
    if before is not None:
        return before
    stored = {k: v for k, v in values.items() if k != "transaction_type"}
    stored["transaction_date"] = values.get("transaction_date") or uow.now().date()
    row = Transaction(**stored)
    row.retail_cost = amount
    row.credit_type = row.credit_type if amount < 0 else None
    row.created_by_provision = uow.actor.provision_id
    _tax(uow, row, values.get("tax_percentage"), product, service)
    uow.add(row)
    uow.emit(
        TransactionCreated(
            transaction_id=row.transaction_id, customer_id=customer_id, retail_cost=row.retail_cost
        )
    )
    return row


def update(uow: UnitOfWork, transaction_id: int, values: Mapping[str, Any]) -> Transaction:
    """Correct a transaction that is on no invoice; its tax is worked out anew.

    ``{"void": True}`` voids it.

    :raises TransactionInvoiced, TransactionVoid: when it is too late.
    """
    row = _open(uow, transaction_id)
    _refuse_invoice(values)
    customer_id = row.customer_id if row.customer_id is not None else 0
    links = {name: getattr(row, name) for name in ("service_id", "site_id", "product_id")}
    product, service = _links(uow, links | dict(values), customer_id)
    for name, value in values.items():
        if name not in ("transaction_type", "retail_cost", "tax_percentage", "void"):
            setattr(row, name, value)
    if not {"retail_cost", "transaction_type"}.isdisjoint(values):
        row.retail_cost = _corrected(uow, row, values)
    row.credit_type = row.credit_type if row.retail_cost < 0 else None
    rate = values.get("tax_percentage")
    if rate is None and "product_id" not in values:
        rate = row.tax_percentage
    _tax(uow, row, rate, product, service)
    row.void = bool(values.get("void", False))
    uow.session.flush()
    return row


def void(uow: UnitOfWork, transaction_id: int) -> Transaction:
    """Void a transaction that should never have been; the row stays. Safe to repeat.

    :raises TransactionInvoiced: when it is on an invoice: a credit corrects it then.
    """
    row = uow.get(Transaction, transaction_id, lock=True)
    if not row.void:
        _open(uow, transaction_id).void = True
        uow.session.flush()
    return row


def void_of_failed_job(uow: UnitOfWork, provision_id: int) -> None:
    """Take back what a failed provisioning job recorded.

    What is on an invoice already stays, and the activity log says so.
    """
    where = (Transaction.created_by_provision == provision_id, Transaction.void.is_(False))
    for row in uow.session.scalars(select(Transaction).where(*where).with_for_update()):
        if row.invoice_id is None:
            row.void = True
            continue
        recorder.record(
            uow,
            "transaction",
            "flagged",
            f"Transaction {row.transaction_id} of failed provisioning job {provision_id} "
            f"is on invoice {row.invoice_id}: correct it by a credit",
            customer_id=row.customer_id,
            service_id=row.service_id,
        )


def read(uow: UnitOfWork, transaction_id: int) -> dict[str, Any]:
    """A transaction as the caller sees it."""
    return shown(uow, uow.get(Transaction, transaction_id))


def shown(uow: UnitOfWork, row: Transaction) -> dict[str, Any]:
    """The fields of a transaction that the caller sees."""
    names = _offered(uow).columns
    seen = {name: getattr(row, name) for name in names}
    return seen | {"transaction_type": _type_of(row.retail_cost)}


def listing(
    uow: UnitOfWork,
    query: ListQuery,
    customer_id: int | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
) -> Page:
    """Transactions, newest first; void ones only when a filter names ``void``."""
    where: list[ColumnElement[bool]] = []
    if "void" not in query.filters:
        where.append(Transaction.void.is_(False))
    if customer_id is not None:
        where.append(Transaction.customer_id == customer_id)
    if first_day is not None:
        where.append(Transaction.transaction_date >= first_day)
    if last_day is not None:
        where.append(Transaction.transaction_date <= last_day)
    found = page(uow, _offered(uow), query, *where)
    for row in found.rows:
        row["transaction_type"] = _type_of(row["retail_cost"])
    return found


def count_uninvoiced(uow: UnitOfWork, customer_id: int) -> int:
    """How many transactions of a customer wait for an invoice."""
    statement = select(func.count(Transaction.transaction_id)).where(
        Transaction.customer_id == customer_id,
        Transaction.invoice_id.is_(None),
        Transaction.void.is_(False),
    )
    return uow.session.scalar(statement) or 0


def _offered(uow: UnitOfWork) -> Listing:
    for_customer = uow.scope.customer_id is not None and uow.actor.provision_id is None
    return CUSTOMER_LIST if for_customer else STAFF_LIST


def _customer(uow: UnitOfWork, customer_id: int) -> int:
    """The customer's id; a job holds the row, so that its doubles come one after the other."""
    is_job = uow.actor.provision_id is not None
    return uow.get(Customer, customer_id, lock=is_job).customer_id


def _recorded_by_job(
    uow: UnitOfWork, customer_id: int, values: Mapping[str, Any], amount: Decimal
) -> Transaction | None:
    """The transaction by which this job has recorded the same revenue already.

    The same product and amount are the same revenue; where no product is named, the title
    must be the same too.
    """
    if uow.actor.provision_id is None:
        return None
    product_id = values.get("product_id")
    same: list[ColumnElement[bool]] = [
        Transaction.created_by_provision == uow.actor.provision_id,
        Transaction.customer_id == customer_id,
        Transaction.retail_cost == amount,
        Transaction.void.is_(False),
    ]
    if product_id is None:
        same += [Transaction.product_id.is_(None), Transaction.title == values["title"]]
    else:
        same.append(Transaction.product_id == product_id)
    return uow.session.scalars(select(Transaction).where(*same).limit(1)).first()


def _open(uow: UnitOfWork, transaction_id: int) -> Transaction:
    row = uow.get(Transaction, transaction_id, lock=True)
    if row.invoice_id is not None:
        raise TransactionInvoiced(
            f"transaction {transaction_id} is on invoice {row.invoice_id}; record a credit instead"
        )
    if row.void:
        raise TransactionVoid(f"transaction {transaction_id} is void")
    return row


def _refuse_invoice(values: Mapping[str, Any]) -> None:
    if values.get("invoice_id") is not None:
        raise Invalid.field("invoice_id", "transactions join an invoice when it is made")


def _links(
    uow: UnitOfWork, values: Mapping[str, Any], customer_id: int
) -> tuple[Product | None, Service | None]:
    service_id, site_id = values.get("service_id"), values.get("site_id")
    product_id = values.get("product_id")
    service = uow.get(Service, service_id) if service_id else None
    if service is not None and service.customer_id != customer_id:
        raise Invalid.field("service_id", "it belongs to another customer")
    if site_id and uow.get(Site, site_id).customer_id != customer_id:
        raise Invalid.field("site_id", "it belongs to another customer")
    return (uow.get(Product, product_id) if product_id else None), service


def _signed(amount: Decimal, kind: str | None, credit_type: str | None) -> Decimal:
    if kind is None:
        return -amount if credit_type and amount > 0 else amount
    if amount <= 0:
        raise Invalid.field("retail_cost", "a debit or credit is entered as a positive amount")
    if kind == TransactionType.DEBIT:
        return amount
    if credit_type is None:
        raise Invalid.field("credit_type", "a credit needs one: Cash, Card or Bank Transfer")
    return -amount


def _corrected(uow: UnitOfWork, row: Transaction, values: Mapping[str, Any]) -> Decimal:
    """The amount after a change; a credit stays one unless the change says otherwise."""
    given = values.get("retail_cost", abs(row.retail_cost))
    amount = rounded(given, uow.settings.crm.currency)
    kind = values.get("transaction_type")
    if kind is None and row.retail_cost < 0 and amount > 0:
        return -amount
    return _signed(amount, kind, row.credit_type)


def _tax(
    uow: UnitOfWork,
    row: Transaction,
    rate: Decimal | None,
    product: Product | None,
    service: Service | None,
) -> None:
    """Tax of a line: the given rate, else the product's; none on credits and untaxed services."""
    if rate is None:
        taxed = product is not None and (service is None or service.service_taxable)
        rate = product.tax_percentage if product is not None and taxed else ZERO
    row.tax_percentage = ZERO if row.retail_cost < 0 else rate
    row.tax_amount = rounded(
        row.retail_cost * row.tax_percentage / HUNDRED, uow.settings.crm.currency
    )


def _type_of(amount: Decimal) -> TransactionType:
    return TransactionType.CREDIT if amount < 0 else TransactionType.DEBIT
