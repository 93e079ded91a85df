"""What goes in and out of the services room."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma

from omnicore.web.fields import Link, Moment, Partial, Price, Text, View


class JsonText(ma.fields.Field):
    """JSON kept as text: an object or array is written down, a string is taken as it is."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if isinstance(value, str):
            return value
        if not isinstance(value, (dict, list)):
            raise ma.ValidationError("A JSON object or its text.")
        return json.dumps(value)


class ServiceView(View):
    """A service; a customer's own view lacks what is for staff."""

    service_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    customer_name = ma.fields.String()
    product_id = ma.fields.Integer(allow_none=True)
    site_id = ma.fields.Integer(allow_none=True)
    bundled_parent = ma.fields.Integer(allow_none=True)
    service_name = ma.fields.String()
    service_type = ma.fields.String()
    service_uuid = ma.fields.String()
    service_status = ma.fields.String()
    icon = ma.fields.String(allow_none=True)
    service_provisioned_date = Moment(allow_none=True)
    service_active_date = Moment(allow_none=True)
    service_deactivate_date = Moment(allow_none=True)
    contract_end_date = Moment(allow_none=True)
    retail_cost = Price()
    wholesale_cost = Price()
    service_billed = ma.fields.Boolean()
    service_taxable = ma.fields.Boolean()
    invoiced = ma.fields.Boolean()
    promo_code = ma.fields.String(allow_none=True)
    service_visible_to_customer = ma.fields.Boolean()
    service_usage_visible_to_customer = ma.fields.Boolean()
    provisioning_play = ma.fields.String(allow_none=True)
    provisioning_json_vars = ma.fields.String(allow_none=True)
    deprovisioning_play = ma.fields.String(allow_none=True)
    deprovisioning_json_vars = ma.fields.String(allow_none=True)
    service_notes = ma.fields.String(allow_none=True)
    created_by_provision = ma.fields.Integer(allow_none=True)
    created = Moment()
    last_modified = Moment()


class ServiceChange(Partial):
    """What can be changed in a service (guide 16, editable fields)."""

    READ_ONLY = frozenset(
        {
            "service_id",
            "customer_id",
            "customer_name",
            "product_id",
            "service_uuid",
            "service_provisioned_date",
            "provisioning_play",
            "provisioning_json_vars",
            "deprovisioning_play",
            "deprovisioning_json_vars",
            "bundled_parent",
            "invoiced",
            "created_by_provision",
            "cgrates",
            "cgrates_error",
            "auto_renew",
        }
    )

    service_name = Text(max=255)
    service_type = Text(max=60)
    service_status = Text(min=1, max=40)
    service_notes = Text(max=65000, allow_none=True)
    retail_cost = Price()
    wholesale_cost = Price()
    service_billed = ma.fields.Boolean()
    service_taxable = ma.fields.Boolean()
    service_visible_to_customer = ma.fields.Boolean()
    service_usage_visible_to_customer = ma.fields.Boolean()
    service_active_date = Moment(allow_none=True)
    service_deactivate_date = Moment(allow_none=True)
    contract_end_date = Moment(allow_none=True)
    icon = Text(max=120, allow_none=True)
    promo_code = Text(max=120, allow_none=True)
    site_id = Link()


class ServiceInput(ServiceChange):
    """A service to create."""

    READ_ONLY = frozenset({"service_id", "customer_name", "invoiced", "created_by_provision"})

    customer_id = ma.fields.Integer(required=True)
    product_id = Link()
    service_uuid = Text(max=120, allow_none=True)
    service_provisioned_date = Moment(allow_none=True)
    provisioning_play = Text(max=1000, allow_none=True)
    provisioning_json_vars = JsonText(allow_none=True)
    deprovisioning_play = Text(max=1000, allow_none=True)
    deprovisioning_json_vars = JsonText(allow_none=True)
    bundled_parent = Link()


class BulkDelete(ma.Schema):
    """Services to delete."""

    service_ids = ma.fields.List(
        ma.fields.Integer(), required=True, validate=ma.validate.Length(1, 1000)
    )


class ResultView(View):
    """What a deletion answers."""

    result = ma.fields.String()
