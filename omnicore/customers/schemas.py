"""What goes in and out of the customers room."""

from __future__ import annotations

import marshmallow as ma

from omnicore.customers.models import AccountType, PaymentType
from omnicore.web.fields import Choice, Moment, Partial, Text, View


class ContactView(View):
    """A contact."""

    contact_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    contact_firstname = ma.fields.String()
    contact_lastname = ma.fields.String()
    contact_email = ma.fields.String()
    contact_phone = ma.fields.String(allow_none=True)
    contact_types = ma.fields.String()


class CustomerView(View):
    """A customer with its contacts."""

    customer_id = ma.fields.Integer()
    customer_name = ma.fields.String()
    customer_account_type = ma.fields.String()
    customer_status = ma.fields.String()
    customer_payment_type = ma.fields.String()
    customer_enabled = ma.fields.Boolean()
    tax_identifier = ma.fields.String(allow_none=True)
    contract_start_date = Moment(allow_none=True)
    contract_end_date = Moment(allow_none=True)
    customer_notes = ma.fields.String(allow_none=True)
    contacts = ma.fields.List(ma.fields.Nested(ContactView))
    created = Moment()
    last_modified = Moment()


class CustomerInput(Partial):
    """A customer to create or change."""

    customer_name = Text(required=True, min=1, max=255)
    customer_account_type = Choice(AccountType)
    customer_status = Text(max=40)
    customer_payment_type = Choice(PaymentType)
    customer_enabled = ma.fields.Boolean()
    tax_identifier = Text(max=60, allow_none=True)
    contract_start_date = Moment(allow_none=True)
    contract_end_date = Moment(allow_none=True)
    customer_notes = Text(max=65000, allow_none=True)
