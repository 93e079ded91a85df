"""The section ``email_smtp`` of ``crm_config.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from omnicore.sdk.settings import Secret, SecretValue, SettingsSchema

_ONE_LINE = validate.Regexp(r"[^\x00-\x1f\x7f]*\Z", error="one line, please")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    SSL = "ssl"
    NONE = "none"


PORTS = {Security.STARTTLS: 587, Security.SSL: 465, Security.NONE: 25}


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """Where the mail server is, and who writes."""

    host: str
    port: int
    security: Security
    username: str
    password: SecretValue
    from_email: str
    from_name: str
    reply_to: str
    helo_name: str
    ca_file: str
    timeout_s: float

    @property
    def domain(self) -> str:
        """The domain that writes; message ids end with it."""
        return self.from_email.rpartition("@")[2]


class SmtpSettingsSchema(SettingsSchema):
    """One mail server that takes our messages."""

    host = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "Host of the mail server"},
    )
    port = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 65535),
        metadata={"description": "Port; absent: 587 for starttls, 465 for ssl, 25 for none"},
    )
    security = fields.Enum(
        Security,
        by_value=True,
        load_default=Security.STARTTLS,
        metadata={"description": "starttls, ssl, or none (without password, or on this machine)"},
    )
    username = fields.String(load_default="", metadata={"description": "Login; absent for none"})
    password = Secret(
        load_default=SecretValue(""), metadata={"description": "Password of that login"}
    )
    from_email = fields.Email(required=True, metadata={"description": "Address that writes"})
    from_name = fields.String(
        load_default="", validate=_ONE_LINE, metadata={"description": "Name beside that address"}
    )
    reply_to = fields.Email(
        load_default=None, metadata={"description": "Address for answers; absent for from_email"}
    )
    helo_name = fields.String(
        load_default="",
        validate=validate.Regexp(r"[A-Za-z0-9.\-\[\]:]*\Z", error="a host name"),
        metadata={"description": "How we introduce ourselves; absent: domain of from_email"},
    )
    ca_file = fields.String(
        load_default="",
        metadata={"description": "PEM file of a private certificate authority to trust"},
    )
    timeout_s = fields.Float(
        load_default=10.0,
        validate=validate.Range(0.1, 60),
        metadata={"description": "Seconds to wait for each answer of the server"},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> SmtpSettings:
        """The section as a frozen value.

        :raises ValidationError: for half a login, and for a password that would travel in clear.
        """
        if bool(data["username"]) != bool(data["password"]):
            raise ValidationError("a login needs both username and password", "password")
        clear = data["security"] is Security.NONE and data["host"] not in _LOOPBACK
        if data["password"] and clear:
            raise ValidationError("a password needs starttls or ssl", "security")
        data["reply_to"] = data["reply_to"] or ""
        data["port"] = data["port"] or PORTS[data["security"]]
        data["helo_name"] = data["helo_name"] or data["from_email"].rpartition("@")[2]
        return SmtpSettings(**data)
