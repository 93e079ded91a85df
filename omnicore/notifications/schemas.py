"""What goes in and out of the notifications room."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from omnicore.notifications.models import CommunicationStatus
from omnicore.notifications.service.composing import MESSAGE
from omnicore.sdk.ports.notification import Medium
from omnicore.web.fields import Choice, Link, Moment, Partial, Text, View

_FIXED = frozenset(
    {
        "communication_id",
        "customer_id",
        "contact_id",
        "channel",
        "template",
        "recipient",
        "recipient_name",
        "subject",
        "body",
        "html",
        "variables",
        "key",
        "outcome",
        "reference",
        "reason",
        "attempts",
        "sent_at",
    }
)


class CommunicationView(View):
    """A message; ``body`` is its plain text. A customer's own view lacks what servers said."""

    communication_id = ma.fields.Integer()
    customer_id = ma.fields.Integer(allow_none=True)
    contact_id = ma.fields.Integer(allow_none=True)
    channel = ma.fields.String(metadata={"enum": [medium.value for medium in Medium]})
    template = ma.fields.String(allow_none=True)
    recipient = ma.fields.String()
    recipient_name = ma.fields.String()
    subject = ma.fields.String()
    body = ma.fields.String()
    html = ma.fields.String()
    variables = ma.fields.Dict(allow_none=True)
    status = ma.fields.String(metadata={"enum": [status.value for status in CommunicationStatus]})
    outcome = ma.fields.String(allow_none=True)
    reference = ma.fields.String()
    reason = ma.fields.String()
    attempts = ma.fields.Integer()
    key = ma.fields.String()
    sent_at = Moment(allow_none=True)
    created = Moment()
    last_modified = Moment()


class CommunicationInput(Partial):
    """A message of staff to a customer; without ``contact_id`` to its primary contact."""

    READ_ONLY = _FIXED | {"status"}

    customer_id = ma.fields.Integer(required=True)
    channel = Choice(Medium, required=True)
    subject = Text(max=400, load_default="")
    body = Text(min=1, max=100_000, required=True)
    contact_id = Link(load_default=None)
    template = Text(
        allow_none=True,
        validate=ma.validate.OneOf([MESSAGE], error="Staff write with the template Message only."),
    )

    @ma.post_load
    def complete(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data.pop("template", None)
        if data["channel"] is Medium.EMAIL and not data["subject"].strip():
            raise ma.ValidationError("An e-mail needs a subject.", "subject")
        return data


class CommunicationChange(Partial):
    """``{"status": "waiting"}`` sends a message again that was not sent."""

    READ_ONLY = _FIXED

    status = Choice(CommunicationStatus)
