"""What goes in and out of the provisioning room."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from omnicore.provisioning.models import Action, Cleanup
from omnicore.web.fields import Choice, Link, Moment, Partial, Text, View


class ProvisionInput(ma.Schema):
    """An order. Further keys are variables for the play, or item ids by inventory type."""

    class Meta:
        unknown = ma.INCLUDE

    product_id = Link()
    customer_id = Link()
    service_id = Link()
    service_uuid = Text(max=120, allow_none=True)
    provisioning_play = ma.fields.Raw(allow_none=True, metadata={"type": "string"})
    action = ma.fields.String(allow_none=True, metadata={"enum": [it.value for it in Action]})

    @ma.validates_schema
    def limit(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) > 200:
            raise ma.ValidationError("more than 200 variables")


class ProvisionAccepted(View):
    """An accepted job."""

    provision_id = ma.fields.Integer()
    provisioning_status = ma.fields.Integer()
    message = ma.fields.String()


class ProvisionEventView(View):
    """What one task did; ``provisioning_result_json`` is JSON text."""

    provision_event_id = ma.fields.Integer()
    provision_id = ma.fields.Integer()
    event_number = ma.fields.Integer()
    event_name = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": ["task", "item", "fatal", "note"]})
    task_action = ma.fields.String()
    provisioning_status = ma.fields.Integer(metadata={"enum": [0, 1, 2, 3]})
    provisioning_result_json = ma.fields.String()
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)


class ProvisionRow(View):
    """A job in a list."""

    provision_id = ma.fields.Integer()
    customer_id = ma.fields.Integer(allow_none=True)
    customer_name = ma.fields.String(allow_none=True)
    product_id = ma.fields.Integer(allow_none=True)
    product_name = ma.fields.String(allow_none=True)
    service_id = ma.fields.Integer(allow_none=True)
    provisioning_play = ma.fields.String()
    playbook_description = ma.fields.String()
    provisioning_status = ma.fields.Integer(metadata={"enum": [0, 1, 2]})
    task_count = ma.fields.Integer()
    action = Choice(Action)
    initiating_user = ma.fields.Integer(allow_none=True)
    initiated_by = ma.fields.String()
    reason = ma.fields.String()
    cleanup = Choice(Cleanup)
    retry_of = ma.fields.Integer(allow_none=True)
    chain_parent = ma.fields.Integer(allow_none=True)
    created = Moment()
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)
    last_modified = Moment()


class ProvisionView(ProvisionRow):
    """A job with its variables (redacted) and events."""

    provisioning_json_vars = ma.fields.String()
    cleanup_notes = ma.fields.List(ma.fields.String(), allow_none=True)
    provisioning_result_json = ma.fields.List(ma.fields.Nested(ProvisionEventView))


class ProvisionChange(Partial):
    """The one change of a job: 2 stops it."""

    provisioning_status = ma.fields.Integer(required=True, validate=ma.validate.Equal(2))


class EventInput(Partial):
    """A note that a play or a program adds to its job."""

    READ_ONLY = frozenset({"provision_event_id"})

    provision_id = ma.fields.Integer(required=True)
    event_name = Text(required=True, min=1, max=500)
    event_number = ma.fields.Integer(required=True, validate=ma.validate.Range(1, 1_000_000))
    provisioning_status = ma.fields.Integer(required=True, validate=ma.validate.OneOf([0, 2, 3]))
    provisioning_result_json = Text(max=65_000, load_default="{}")


class SimpleProvision(Partial):
    """The short form of a call by the charging system."""

    service_id = ma.fields.Integer(required=True)
    product_id = ma.fields.Integer(required=True)


class Done(View):
    """It is done."""

    result = ma.fields.String()


class PlayView(View):
    """A play that can be named in a product."""

    name = ma.fields.String()
    description = ma.fields.String()
    task_count = ma.fields.Integer()
    problem = ma.fields.String()
