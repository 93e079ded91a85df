"""What goes in and out of the activity room."""

from __future__ import annotations

import marshmallow as ma

from omnicore.web.fields import Moment, Partial, Text, View


class ActivityView(View):
    """An entry of the log. What staff alone see is absent for a customer."""

    activity_id = ma.fields.Integer()
    customer_id = ma.fields.Integer(allow_none=True)
    service_id = ma.fields.Integer(allow_none=True)
    user_id = ma.fields.Integer(allow_none=True, metadata={"description": "Who did it"})
    impersonating_user_id = ma.fields.Integer(
        allow_none=True, metadata={"description": "Staff who acted as that user (staff only)"}
    )
    impersonated = ma.fields.Boolean(
        metadata={"description": "Whether staff acted as that user (customers only)"}
    )
    actor = ma.fields.String(metadata={"description": "Who did it, in words (staff only)"})
    kind = ma.fields.String(metadata={"description": "What was changed, such as customer"})
    entity_id = ma.fields.String(metadata={"description": "Its key"})
    action = ma.fields.String(metadata={"description": "created, updated, deleted, ..."})
    description = ma.fields.String()
    details = ma.fields.Dict(
        keys=ma.fields.String(),
        allow_none=True,
        metadata={"description": "changes: old and new value by field (staff only)"},
    )
    ip_address = ma.fields.String(allow_none=True, metadata={"description": "Staff only"})
    created = Moment()


class NoteInput(Partial):
    """A note of the staff."""

    READ_ONLY = frozenset({"activity_id"})

    customer_id = ma.fields.Integer(required=True)
    description = Text(required=True, min=1, max=1000)
