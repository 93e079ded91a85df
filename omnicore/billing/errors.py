"""Refusals of the billing room."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict


class TransactionInvoiced(Conflict):
    """What is on an invoice is not changed or voided any more; a credit corrects it."""

    code, title = "transaction-invoiced", "The transaction is on an invoice"


class TransactionVoid(Conflict):
    """A void transaction is not changed any more."""

    code, title = "transaction-void", "The transaction is void"
