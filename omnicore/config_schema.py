"""The core's own sections of ``crm_config.yaml``: names, kinds, defaults, descriptions.

``omnicore config example`` prints these descriptions, so they are written for operators.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from omnicore.config_access import network, read_keys, read_whitelist
from omnicore.sdk.settings import Secret, SecretValue, SettingsSchema

SERVICE_TYPES = [
    "mobile",
    "internet",
    "iptv",
    "voip",
    "omnicharge",
    "fixed",
    "fixed-voice",
    "hotspot",
    "dongle",
    "generic",
    "bundle",
    "data",
    "voice",
]

PRINTED = "2b93110f723db60172c8e9a1eaa80027a9a9c3f05b44e50dc3fcf38dba68d87e"
"""The sample of guide 4, which everybody knows."""


def _text(description: str, **kwargs: Any) -> fields.String:
    return fields.String(metadata={"description": description}, **kwargs)


def _number(description: str, default: float, low: float, high: float) -> fields.Float:
    return fields.Float(
        load_default=default,
        validate=validate.Range(low, high),
        metadata={"description": description},
    )


def _count(description: str, default: int, low: int, high: int) -> fields.Integer:
    return fields.Integer(
        load_default=default,
        strict=True,
        validate=validate.Range(low, high),
        metadata={"description": description},
    )


def _flag(description: str, default: bool) -> fields.Boolean:
    return fields.Boolean(load_default=default, metadata={"description": description})


def _rate(description: str, default: str) -> fields.String:
    one = r"\d+\s*(/|per)\s*(\d+\s*)?(second|minute|hour|day|month|year)s?"
    check = validate.Regexp(rf"{one}$", error="a rate was expected, for example 20 per minute")
    return _text(description, load_default=default, validate=check)


def _words(description: str, default: Any = tuple) -> fields.List:
    return fields.List(fields.String(), load_default=default, metadata={"description": description})


@dataclass(frozen=True)
class DatabaseSettings:
    """Where the data lives; ``url`` wins over the parts."""

    username: str
    password: SecretValue
    server: str
    port: int
    name: str
    url: SecretValue | None
    pool_size: int


class DatabaseSection(SettingsSchema):
    """Database. Parts for MariaDB or MySQL, or one URL (``sqlite:///var/omnicore.db``)."""

    username = _text("User of the database", load_default="omnitouch")
    password = Secret(
        load_default=SecretValue(""), metadata={"description": "Password of that user"}
    )
    server = _text("Host of the database", load_default="localhost")
    port = _count("Port of the database", 3306, 1, 65535)
    name = _text("Name of the database", load_default="omnicrm")
    url = Secret(
        load_default=None, allow_none=True, metadata={"description": "SQLAlchemy URL, wins"}
    )
    pool_size = _count("Connections kept open by each process", 10, 1, 200)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> DatabaseSettings:
        return DatabaseSettings(**data)


@dataclass(frozen=True)
class PluginChoice:
    """Which plugins are on, in their order; the optional ones may fail."""

    enabled: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


class PluginsSection(SettingsSchema):
    """Plugins of this deployment."""

    enabled = _words("Plugins that must work, in their order", ())
    optional = _words("Plugins that may be off when they cannot load", ())

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> PluginChoice:
        twice = set(data["enabled"]) & set(data["optional"])
        if twice:
            raise ValidationError(f"named under both: {', '.join(sorted(twice))}", "optional")
        return PluginChoice(tuple(data["enabled"]), tuple(data["optional"]))


@dataclass(frozen=True)
class AuthSettings:
    """How people log in and how long that lasts."""

    access_token_minutes: float
    refresh_token_days: float
    remember_me_days: float
    reset_token_hours: float
    lockout_attempts: int
    lockout_minutes: float
    password_history: int
    bcrypt_rounds: int
    session_inactivity_minutes: float
    require_2fa_roles: tuple[str, ...]
    reveal_unknown_email: bool
    cookie_secure: bool


class AuthSection(SettingsSchema):
    """Log-in, tokens and passwords."""

    access_token_minutes = _number("Life of an access token", 15, 0.01, 60)
    refresh_token_days = _number("Life of a refresh token without 'remember me'", 1, 0.001, 30)
    remember_me_days = _number("Life of a refresh token with 'remember me'", 30, 1, 365)
    reset_token_hours = _number("Life of a password reset link", 1, 0.1, 72)
    lockout_attempts = _count("Failed log-ins that lock an account", 5, 1, 100)
    lockout_minutes = _number("How long it stays locked", 30, 1, 1440)
    password_history = _count("Earlier passwords that may not come back", 0, 0, 24)
    bcrypt_rounds = _count("Cost of a password hash", 12, 4, 16)
    session_inactivity_minutes = _number("Idle time that ends a session; 0 never", 0, 0, 525600)
    require_2fa_roles = _words("Roles that must use a second factor; '*' for all", ())
    reveal_unknown_email = _flag("Say so when a password reset names an unknown address", False)
    cookie_secure = _flag("Send cookies over HTTPS only", True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> AuthSettings:
        data["require_2fa_roles"] = tuple(data["require_2fa_roles"])
        return AuthSettings(**data)


@dataclass(frozen=True)
class ProvisioningSettings:
    """How jobs run; the provisioner has a section of its own."""

    failure_list: tuple[str, ...]
    expose: tuple[str, ...]
    timeout_minutes: float
    workers: int


class ProvisioningSection(SettingsSchema):
    """Provisioning jobs."""

    failure_list = _words("E-mail addresses that hear of failed jobs", ())
    expose = _words("Further top-level sections that plays may read", ())
    timeout_minutes = _number("Time limit of a job", 5, 0.01, 1440)
    workers = _count("Jobs that one worker runs at the same time", 2, 1, 64)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> ProvisioningSettings:
        data["failure_list"] = tuple(data["failure_list"])
        data["expose"] = tuple(data["expose"])
        return ProvisioningSettings(**data)


@dataclass(frozen=True)
class WebSettings:
    """What stands before the server and who may call from elsewhere."""

    trusted_proxies: tuple[str, ...]
    cors_origins: tuple[str, ...]
    login_rate: str
    public_rate: str
    rate_storage: str
    max_body_mb: float
    metrics_public: bool
    max_streams: int


class WebSection(SettingsSchema):
    """The web server."""

    trusted_proxies = _words("Addresses whose X-Forwarded-For is believed", ())
    cors_origins = _words("Origins whose pages may call the API", ())
    login_rate = _rate("Limit of log-in tries per address", "20 per minute")
    public_rate = _rate("Limit of public routes per address", "60 per minute")
    rate_storage = _text("Where limits are counted", load_default="memory://")
    max_body_mb = _number("Largest request body", 2, 0.001, 1024)
    metrics_public = _flag("Show /metrics to everybody", False)
    max_streams = _count(
        "Clients that each process pushes progress to; fewer than its threads", 8, 0, 1000
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> WebSettings:
        proxies = (network(address, "trusted_proxies") for address in data["trusted_proxies"])
        data["trusted_proxies"] = tuple(proxies)
        data["cors_origins"] = tuple(data["cors_origins"])
        return WebSettings(**data)


@dataclass(frozen=True)
class CrmSettings:
    """This deployment as others see it."""

    base_url: str
    default_country: str
    currency: str
    low_stock_level: int
    number_quarantine_days: int
    customer_statuses: tuple[str, ...] = ()
    statuses_without_orders: tuple[str, ...] = ("Suspended", "Closed")


class CrmSection(SettingsSchema):
    """The deployment itself."""

    base_url = _text(
        "Address of this API, no trailing slash",
        load_default="http://localhost:5000",
        validate=validate.URL(schemes={"http", "https"}, require_tld=False),
    )
    default_country = _text("Country of a site that names none", load_default="United Kingdom")
    currency = _text(
        "ISO 4217 currency of all amounts",
        load_default="USD",
        validate=validate.Regexp(r"^[A-Za-z]{3}$", error="three letters, for example EUR"),
    )
    low_stock_level = _count("Pickable items below which stock is low", 5, 0, 1_000_000)
    number_quarantine_days = _count("Days before a released number is offered again", 30, 0, 3650)
    customer_statuses = _words("Customer statuses besides the built-in ones", ())
    statuses_without_orders = _words(
        "Customer statuses in which nothing new is ordered; Archived is always one",
        ("Suspended", "Closed"),
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> CrmSettings:
        if data["base_url"].endswith("/"):
            raise ValidationError("no trailing slash, please", "base_url")
        data["currency"] = data["currency"].upper()
        data["customer_statuses"] = tuple(data["customer_statuses"])
        data["statuses_without_orders"] = tuple(data["statuses_without_orders"])
        return CrmSettings(**data)


class CoreSections(SettingsSchema):
    """All top-level keys that the core itself reads."""

    database = fields.Nested(DatabaseSection, load_default=lambda: DatabaseSection().load({}))
    plugins = fields.Nested(PluginsSection, load_default=PluginChoice)
    jwt_secret = Secret(
        required=True,
        metadata={"description": "Signs tokens; at least 64 characters (openssl rand -hex 32)"},
    )
    crm = fields.Nested(CrmSection, load_default=lambda: CrmSection().load({}))
    auth = fields.Nested(AuthSection, load_default=lambda: AuthSection().load({}))
    web = fields.Nested(WebSection, load_default=lambda: WebSection().load({}))
    provisioning = fields.Nested(
        ProvisioningSection, load_default=lambda: ProvisioningSection().load({})
    )
    service_types = _words("Legal service types", lambda: list(SERVICE_TYPES))
    hss = fields.Dict(load_default=dict, metadata={"description": "hss_peers, apn_list for plays"})
    invoice = fields.Dict(load_default=dict, metadata={"description": "Invoices"})
    api_keys = fields.Raw(load_default=dict, metadata={"description": "Static API keys"})
    ip_whitelist = fields.Raw(load_default=list, metadata={"description": "Trusted addresses"})
    data_dir = _text("Folder for what the server keeps in files", load_default="var")

    @pre_load
    def drop_foreign(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Sections of plugins are checked by the plugins."""
        return {key: value for key, value in data.items() if key in self.fields}

    @post_load
    def check(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        secret = data["jwt_secret"].reveal()
        if len(secret) < 64 or len(set(secret)) < 10 or secret == PRINTED:
            raise ValidationError(
                "needs at least 64 random characters that nobody knows; "
                "make some with: openssl rand -hex 32",
                "jwt_secret",
            )
        data["api_keys"] = read_keys(data["api_keys"])
        data["ip_whitelist"] = read_whitelist(data["ip_whitelist"])
        return data
