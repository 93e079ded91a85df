"""What goes in and out of the charging room."""

from __future__ import annotations

import marshmallow as ma

from omnicore.services.schemas import ServiceView
from omnicore.web.fields import Moment, Text, View


class ServiceUsageView(ServiceView):
    """A service with what the charging system says of it.

    ``cgrates`` is absent where there is no charging system or the customer may not see it,
    and null with a ``cgrates_error`` when the system does not answer.
    """

    cgrates = ma.fields.Dict(allow_none=True)
    cgrates_error = ma.fields.String()
    auto_renew = ma.fields.Boolean()


class RenewalView(View):
    """A scheduled renewal with what the core knows about it; ``N/A`` where it knows nothing."""

    action_plan_id = ma.fields.String()
    customer_id = ma.fields.Integer(allow_none=True)
    customer_name = ma.fields.String()
    service_id = ma.fields.Integer(allow_none=True)
    service_name = ma.fields.String()
    service_uuid = ma.fields.String(allow_none=True)
    service_status = ma.fields.String()
    product_id = ma.fields.Integer(allow_none=True)
    product_name = ma.fields.String()
    cost = ma.fields.Raw(metadata={"description": "A number, or N/A when the product is gone"})
    renews_on = Moment(allow_none=True)
    renews_on_hr = ma.fields.String()


class ProxyCall(ma.Schema):
    """A native call to the charging system, and whom it is about."""

    class Meta:
        unknown = ma.RAISE

    method = Text(
        required=True,
        min=3,
        max=120,
        validate=ma.validate.Regexp(r"^[A-Za-z0-9]+\.[A-Za-z0-9]+$", error="Write Service.Method."),
        metadata={"example": "APIerSv1.GetAttributeProfile"},
    )
    params = ma.fields.List(
        ma.fields.Dict(keys=ma.fields.String()),
        required=True,
        validate=ma.validate.Length(max=1, error="One object of parameters, as the engine reads."),
    )
    customer_id = ma.fields.Integer(required=True)
    service_id = ma.fields.Integer(required=True)
    tenant = Text(max=120, allow_none=True)


class ProxyAnswer(View):
    """What the charging system answered; ``error`` is its own text, or null."""

    result = ma.fields.Raw(allow_none=True)
    error = ma.fields.String(allow_none=True)
    id = ma.fields.Raw(allow_none=True)
