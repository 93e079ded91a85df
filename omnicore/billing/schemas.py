"""What goes in and out of the billing room."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from omnicore.billing.models import CreditType, TransactionType
from omnicore.web.fields import Choice, Day, Link, Moment, Partial, Price, Text, View


class CreditChoice(Choice):
    """How a credit came in; ``Cash Payment`` is ``Cash``, as the pages of the guide word it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            value = value.strip().removesuffix(" Payment").removesuffix(" payment")
        return super()._deserialize(value, *args, **kwargs)


class TransactionView(View):
    """A charge or a credit; a customer's own view lacks the wholesale cost."""

    transaction_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    service_id = ma.fields.Integer(allow_none=True)
    site_id = ma.fields.Integer(allow_none=True)
    product_id = ma.fields.Integer(allow_none=True)
    invoice_id = ma.fields.Integer(allow_none=True)
    title = ma.fields.String()
    description = ma.fields.String(allow_none=True)
    retail_cost = Price()
    wholesale_cost = Price(allow_none=True)
    tax_percentage = Price()
    tax_amount = Price()
    transaction_type = ma.fields.String(
        metadata={"enum": [kind.value for kind in TransactionType]},
    )
    credit_type = ma.fields.String(allow_none=True)
    transaction_date = ma.fields.Date()
    void = ma.fields.Boolean()
    created_by_provision = ma.fields.Integer(allow_none=True)
    created = Moment()
    last_modified = Moment()


class TransactionChange(Partial):
    """What can be changed in a transaction that is on no invoice."""

    READ_ONLY = frozenset({"transaction_id", "customer_id", "tax_amount", "created_by_provision"})

    title = Text(min=1, max=255)
    description = Text(max=10_000, allow_none=True)
    retail_cost = Price()
    wholesale_cost = Price(allow_none=True)
    tax_percentage = Price(low="0", validate=ma.validate.Range(max=100))
    invoice_id = Link()
    service_id = Link()
    site_id = Link()
    product_id = Link()
    transaction_date = Day()
    transaction_type = Choice(TransactionType)
    credit_type = CreditChoice(CreditType, allow_none=True)
    void = ma.fields.Boolean()


class TransactionInput(TransactionChange):
    """A transaction to record."""

    READ_ONLY = frozenset({"transaction_id", "tax_amount", "void", "created_by_provision"})

    class Meta(TransactionChange.Meta):
        exclude = ("void",)

    customer_id = ma.fields.Integer(required=True)
    title = Text(min=1, max=255, required=True)
    retail_cost = Price(required=True)


class VoidedView(TransactionView):
    """A transaction that was voided just now or before."""

    result = ma.fields.String()


class TransactionFilter(ma.Schema):
    """What narrows a list of transactions besides ``filters``."""

    class Meta:
        unknown = ma.EXCLUDE

    customer_id = ma.fields.Integer()
    service_id = ma.fields.Integer()
    invoiced = ma.fields.Boolean()
    void = ma.fields.Boolean()
    start_date = Day(metadata={"description": "First transaction_date"})
    end_date = Day(metadata={"description": "Last transaction_date"})


class StatisticsQuery(ma.Schema):
    """Whose sums."""

    class Meta:
        unknown = ma.EXCLUDE

    customer_id = ma.fields.Integer(load_default=None)


class StatisticsView(View):
    """Sums of ``retail_cost``, void ones left out."""

    total = Price()
    uninvoiced = Price()
    this_month = Price()
    last_month = Price()
