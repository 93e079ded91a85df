"""Routes of the billing room."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.billing.schemas import (
    StatisticsQuery,
    StatisticsView,
    TransactionChange,
    TransactionFilter,
    TransactionInput,
    TransactionView,
    VoidedView,
)
from omnicore.billing.service import statistics, transactions
from omnicore.db.listing import ListQuery, Page
from omnicore.web.gate import reading, requires, writing
from omnicore.web.paging import (
    ListQuerySchema,
    PagedQuerySchema,
    bare,
    enveloped,
    page_schema,
)

blp = Blueprint("billing", __name__, url_prefix="/crm", description="What customers owe")

BLUEPRINTS = [blp]

FILTERS = ("service_id", "invoiced", "void")
"""Parameters of the query string that are short forms of ``filters``."""


@blp.route("/transaction/", methods=["PUT", "POST"])
@requires("create_customer_transaction")
@blp.arguments(TransactionInput)
@blp.response(200, TransactionView)
def create_transaction(values: dict[str, Any]) -> dict[str, Any]:
    """Record a charge or a credit"""
    with writing() as uow:
        return transactions.shown(uow, transactions.create(uow, values))


@blp.route("/transaction/", methods=["GET"])
@requires("view_customer_transaction", own="view_own_customer_transaction")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.arguments(TransactionFilter, location="query")
@blp.response(200, page_schema(TransactionView))
def list_transactions(query: ListQuery, narrow: dict[str, Any]) -> Response:
    """Transactions, newest first, without void ones"""
    return enveloped(_listed(query, narrow))


@blp.route("/transaction/paginated", methods=["GET"])
@requires("view_customer_transaction", own="view_own_customer_transaction")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.arguments(TransactionFilter, location="query")
@blp.response(200, page_schema(TransactionView))
def list_transactions_paginated(query: ListQuery, narrow: dict[str, Any]) -> Response:
    """Transactions, page by page"""
    return enveloped(_listed(query, narrow))


@blp.route("/transaction/customer_id/<int:customer_id>", methods=["GET"])
@requires("view_customer_transaction", own="view_own_customer_transaction")
@blp.arguments(ListQuerySchema(), location="query")
@blp.arguments(TransactionFilter, location="query")
@blp.response(200, TransactionView(many=True))
def list_transactions_of_customer(
    query: ListQuery, narrow: dict[str, Any], customer_id: int
) -> Response:
    """The transactions of one customer as a bare array"""
    return bare(_listed(query, narrow | {"customer_id": customer_id}))


@blp.route("/transaction/statistics", methods=["GET"])
@requires("view_customer_transaction", own="view_own_customer_transaction")
@blp.arguments(StatisticsQuery, location="query")
@blp.response(200, StatisticsView)
def transaction_statistics(query: dict[str, Any]) -> dict[str, Decimal]:
    """Sums of what was charged: all, not invoiced, this month, last month"""
    with reading() as uow:
        return statistics.transactions(uow, query["customer_id"])


@blp.route("/transaction/transaction_id/<int:transaction_id>", methods=["GET"])
@requires("view_customer_transaction", own="view_own_customer_transaction")
@blp.response(200, TransactionView)
def read_transaction(transaction_id: int) -> dict[str, Any]:
    """One transaction"""
    with reading() as uow:
        return transactions.read(uow, transaction_id)


@blp.route("/transaction/transaction_id/<int:transaction_id>", methods=["PATCH", "PUT"])
@requires("update_customer_transaction")
@blp.arguments(TransactionChange)
@blp.response(200, TransactionView)
def update_transaction(values: dict[str, Any], transaction_id: int) -> dict[str, Any]:
    """Correct a transaction that is on no invoice"""
    with writing() as uow:
        return transactions.shown(uow, transactions.update(uow, transaction_id, values))


@blp.route("/transaction/transaction_id/<int:transaction_id>", methods=["DELETE"])
@requires("delete_customer_transaction")
@blp.response(200, VoidedView)
def void_transaction(transaction_id: int) -> dict[str, Any]:
    """Void a transaction that is on no invoice; the row stays"""
    with writing() as uow:
        voided = transactions.shown(uow, transactions.void(uow, transaction_id))
    return voided | {"result": "success"}


def _listed(query: ListQuery, narrow: dict[str, Any]) -> Page:
    named = {name: [value] for name, value in narrow.items() if name in FILTERS}
    with reading() as uow:
        return transactions.listing(
            uow,
            replace(query, filters=dict(query.filters) | named),
            narrow.get("customer_id"),
            narrow.get("start_date"),
            narrow.get("end_date"),
        )
