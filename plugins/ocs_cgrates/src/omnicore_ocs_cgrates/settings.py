"""The section ``ocs`` of ``crm_config.yaml`` (guide 04), read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from omnicore.sdk.settings import SettingsSchema

_ADDRESS = validate.Regexp(
    r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):\d{1,5}\Z",
    error="write host:port, for example localhost:2080, without http://",
)
UNLIMITED = 99_999_999


@dataclass(frozen=True, kw_only=True)
class CgratesSettings:
    """Where the engine is and how its numbers are meant."""

    tenant: str
    host: str
    port: int
    monetary_cents: bool = False
    timeout_s: float = 3.0
    retries: int = 2
    unlimited_threshold: Decimal = Decimal(UNLIMITED)

    @property
    def address(self) -> str:
        """``host:port``, as the settings say it."""
        return f"{self.host}:{self.port}"


class CgratesSettingsSchema(SettingsSchema):
    """``cgrates`` and ``OCS`` name the same engine; either one is enough."""

    ocs_api = fields.Url(
        data_key="ocsApi",
        schemes={"http", "https"},
        require_tld=False,
        metadata={"description": "An OCS REST API beside the engine, for plays; not called here"},
    )
    ocs_tenant = fields.String(
        data_key="ocsTenant",
        required=True,
        validate=[
            validate.Length(min=1),
            validate.ContainsNoneOf(":", error="a tenant has no colon"),
        ],
        metadata={"description": "Tenant sent with every call"},
    )
    cgrates = fields.String(
        validate=_ADDRESS,
        metadata={"description": "host:port of the engine's JSON-RPC listener"},
    )
    OCS = fields.String(
        validate=_ADDRESS,
        metadata={"description": "Older name of cgrates, which some plays read; the same value"},
    )
    monetary_unit = fields.String(
        load_default="units",
        validate=validate.OneOf(("units", "cents")),
        metadata={"description": "What one of *monetary is: a currency unit or a cent"},
    )
    timeout_s = fields.Float(
        load_default=3.0,
        validate=validate.Range(min=0.1, max=60),
        metadata={"description": "Seconds to wait for one answer"},
    )
    retries = fields.Integer(
        load_default=2,
        validate=validate.Range(min=0, max=5),
        metadata={"description": "Further tries of a call that is safe to repeat"},
    )
    unlimited_threshold = fields.Decimal(
        load_default=Decimal(UNLIMITED),
        validate=validate.Range(min=1),
        metadata={"description": "From here on a balance counts as unlimited"},
    )

    @validates_schema
    def one_address(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one engine must be named."""
        named = {data[key] for key in ("cgrates", "OCS") if data.get(key)}
        if not named:
            raise ValidationError("write host:port of the engine", "cgrates")
        if len(named) > 1:
            raise ValidationError("OCS and cgrates name different engines", "OCS")
        if not 0 < int(named.pop().rpartition(":")[2]) < 65536:
            raise ValidationError("the port is out of range", "cgrates")

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> CgratesSettings:
        """The section as a frozen value."""
        host, _colon, port = (data.get("cgrates") or data["OCS"]).rpartition(":")
        return CgratesSettings(
            tenant=data["ocs_tenant"],
            host=host.strip("[]"),
            port=int(port),
            monetary_cents=data["monetary_unit"] == "cents",
            timeout_s=data["timeout_s"],
            retries=data["retries"],
            unlimited_threshold=data["unlimited_threshold"],
        )
