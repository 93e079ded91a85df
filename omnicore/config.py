"""``crm_config.yaml`` and the environment, read once at the start, into one frozen value.

Strings may hold ``${env:NAME}`` and ``${file:PATH}`` (relative to the file's folder). Errors
name the file, the line, the key, what was found and what was expected.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import URL, make_url

from omnicore import config_file
from omnicore.config_access import StaticKey, TrustedAddress
from omnicore.config_file import ConfigFile
from omnicore.config_schema import (
    AuthSettings,
    CoreSections,
    CrmSettings,
    DatabaseSettings,
    PluginChoice,
    ProvisioningSettings,
    WebSettings,
)
from omnicore.host.complaints import complaints
from omnicore.host.loading import Deployment
from omnicore.host.manifests import installed
from omnicore.sdk.errors import SettingsError
from omnicore.sdk.settings import SecretValue

CONFIG_VARIABLE = "OMNICORE_CONFIG"
DEFAULT_FILE = "crm_config.yaml"

# Sections that the guide's sample file has for plugins; known even where the plugin is off.
GUIDE_SECTIONS = frozenset(
    {"stripe", "paypal", "mailjet", "email", "ocs", "smsc", "cbc_url", "cbc", "topup", "services"}
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the core; ``sections`` holds every top-level section, references resolved."""

    path: Path
    database: DatabaseSettings
    plugins: PluginChoice
    jwt_secret: SecretValue
    crm: CrmSettings
    auth: AuthSettings
    web: WebSettings
    provisioning: ProvisioningSettings
    service_types: tuple[str, ...]
    hss: Mapping[str, Any]
    invoice: Mapping[str, Any]
    api_keys: tuple[StaticKey, ...]
    ip_whitelist: tuple[TrustedAddress, ...]
    data_dir: Path
    sections: Mapping[str, Any] = field(default_factory=dict, repr=False)
    plain_keys: tuple[str, ...] = field(default=(), repr=False)
    """Keys of strings that stand in the file itself; ``check`` warns of secrets among them."""

    def database_url(self) -> URL:
        """The SQLAlchemy URL; ``str()`` of it masks the password."""
        given = self.database
        if given.url:
            url = make_url(given.url.reveal())
            if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
                return url.set(database=str(self.path.parent / url.database))
            return url
        return URL.create(
            "mysql+pymysql",
            username=given.username,
            password=given.password.reveal(),
            host=given.server,
            port=given.port,
            database=given.name,
        )

    def deployment(self) -> Deployment:
        """What the plugin host needs."""
        return Deployment(
            enabled=self.plugins.enabled + self.plugins.optional,
            optional=frozenset(self.plugins.optional),
            sections=self.sections,
            data_dir=self.data_dir,
            config_dir=self.path.parent,
            base_url=self.crm.base_url,
            currency=self.crm.currency,
        )


def find_config(given: str | os.PathLike[str] | None = None) -> Path:
    """The file to read: what is given, else ``OMNICORE_CONFIG``, else ``crm_config.yaml``."""
    return Path(given or os.environ.get(CONFIG_VARIABLE) or DEFAULT_FILE).resolve()


def load(path: str | os.PathLike[str] | None = None) -> Settings:
    """Read and check the whole file.

    :raises SettingsError: with one clear message for the first thing that is wrong.
    """
    file = find_config(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read ({error.strerror}); `omnicore init` writes one"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    return parse(text, file)


def parse(text: str, file: Path) -> Settings:
    """Check the text of a configuration file that stands (or will stand) at ``file``."""
    found = config_file.read(text, file)
    sections = _with_environment(found.sections)
    _refuse_unknown(found)
    schema = CoreSections()
    try:
        core = schema.load(sections)
    except ValidationError as error:
        raise found.wrong(*next(complaints(error, schema, sections))) from error
    core["service_types"] = tuple(core["service_types"])
    core["data_dir"] = (file.parent / core["data_dir"]).resolve()
    return Settings(path=file, sections=sections, plain_keys=tuple(found.plain), **core)


def _with_environment(sections: dict[str, Any]) -> dict[str, Any]:
    """Containers may say where the database is by environment alone (guide 5)."""
    names = {
        "username": "MYSQL_USER",
        "password": "MYSQL_PASSWORD",
        "name": "MYSQL_DATABASE",
        "server": "DB_SERVER",
    }
    found = {key: os.environ[name] for key, name in names.items() if name in os.environ}
    given = sections.get("database", {})
    if not found or not isinstance(given, dict):
        return sections
    return sections | {"database": found | given}


def _refuse_unknown(found: ConfigFile) -> None:
    known = set(CoreSections().fields) | GUIDE_SECTIONS | set(installed())
    provisioning = found.sections.get("provisioning")
    exposed = provisioning.get("expose") if isinstance(provisioning, dict) else None
    known |= {str(name) for name in exposed} if isinstance(exposed, list) else set()
    for key in found.sections:
        if key in known or key.startswith("api_crmCommunication"):
            continue
        close = difflib.get_close_matches(key, sorted(known), 1)
        raise found.wrong(key, "unknown section" + (f"; did you mean {close[0]}?" if close else ""))
