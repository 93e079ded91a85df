"""The plugin's section of ``crm_config.yaml``."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from omnicore.sdk.settings import SettingsSchema
from omnicore_ocs_embedded.defaults import DEFAULTS, MODES, EmbeddedSettings


class EmbeddedSettingsSchema(SettingsSchema):
    """Settings of the section ``ocs_embedded``; the host is always 127.0.0.1."""

    port = fields.Integer(
        load_default=DEFAULTS.port,
        validate=validate.Range(min=1, max=65535),
        metadata={"description": "Port on 127.0.0.1; write the same one under ocs.cgrates"},
    )
    state = fields.String(
        load_default=DEFAULTS.state,
        validate=validate.Length(min=1),
        metadata={"description": "SQLite file of the state, under the data folder"},
    )
    mode = fields.String(
        load_default=DEFAULTS.mode,
        validate=validate.OneOf(MODES),
        metadata={"description": "The CGRateS release to behave like: v0.10 or master"},
    )
    tenant = fields.String(
        load_default=DEFAULTS.tenant,
        validate=validate.Length(min=1),
        metadata={"description": "Tenant of calls that name none; write the same as ocs.ocsTenant"},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> EmbeddedSettings:
        """The section as a frozen value."""
        return EmbeddedSettings(**data)
