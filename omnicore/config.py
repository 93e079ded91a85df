"""``crm_config.yaml`` and the environment, read once at the start, into one frozen value.

Strings may hold ``${env:NAME}`` and ``${file:PATH}`` (relative to the file's folder). Errors
name the file, the line, the key, what was found and what was expected.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError
from sqlalchemy import URL, make_url

from omnicore.config_schema import (
    AuthSettings,
    CoreSections,
    CrmSettings,
    DatabaseSettings,
    PluginChoice,
    ProvisioningSettings,
    StaticKey,
    TrustedAddress,
    WebSettings,
)
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
_REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")


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
    plain_keys: tuple[str, ...] = ()
    """Keys of strings that stand in the file itself; ``omnicore check`` warns of secrets among them."""

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
    return parse(text, file)


def parse(text: str, file: Path) -> Settings:
    """Check the text of a configuration file that stands (or will stand) at ``file``."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise SettingsError(f"{file}: {where}: {error.problem or error}") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{file}: a map of sections was expected")
    lines = dict(_lines(node)) if node else {}
    plain: list[str] = []
    sections = _resolved(_with_environment(raw), file.parent, "", plain)
    _refuse_unknown(sections, file, lines)
    try:
        core = CoreSections().load(sections)
    except ValidationError as error:
        key, said = next(_flatten(error.normalized_messages()))
        line = _line_of(key, lines)
        raise SettingsError(f"{file}: {line}{key}: {said}") from error
    core["service_types"] = tuple(core["service_types"])
    core["data_dir"] = (file.parent / core["data_dir"]).resolve()
    return Settings(path=file, sections=sections, plain_keys=tuple(plain), **core)


def _with_environment(raw: dict[str, Any]) -> dict[str, Any]:
    """Containers may say where the database is by environment alone (guide 5)."""
    names = {
        "username": "MYSQL_USER",
        "password": "MYSQL_PASSWORD",
        "name": "MYSQL_DATABASE",
        "server": "DB_SERVER",
    }
    found = {key: os.environ[name] for key, name in names.items() if name in os.environ}
    if not found or not isinstance(raw.get("database", {}), dict):
        return raw
    return raw | {"database": found | raw.get("database", {})}


def _refuse_unknown(sections: Mapping[str, Any], file: Path, lines: Mapping[str, int]) -> None:
    known = set(CoreSections().fields) | GUIDE_SECTIONS | set(installed())
    choice = sections.get("plugins")
    known |= set(choice.get("expose", ()) if isinstance(choice, dict) else ())
    provisioning = sections.get("provisioning")
    known |= set(provisioning.get("expose") or () if isinstance(provisioning, dict) else ())
    for key in sections:
        if key in known or str(key).startswith("api_crmCommunication"):
            continue
        close = difflib.get_close_matches(str(key), sorted(known), 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise SettingsError(f"{file}: {_line_of(str(key), lines)}{key}: unknown section{hint}")


def _resolved(value: Any, folder: Path, where: str, plain: list[str]) -> Any:
    if isinstance(value, dict):
        return {
            _key(key, folder, where): _resolved(
                item, folder, f"{where}.{key}" if where else str(key), plain
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_resolved(item, folder, where, plain) for item in value]
    if not isinstance(value, str):
        return value
    if not _REFERENCE.search(value):
        plain.append(where)
        return value
    return _REFERENCE.sub(lambda match: _look_up(match, folder, where), value)


def _key(key: Any, folder: Path, where: str) -> Any:
    """The name of an entry; an API key is one, and may stand elsewhere like any secret."""
    if not isinstance(key, str):
        return key
    return _REFERENCE.sub(lambda match: _look_up(match, folder, where), key)


def _look_up(match: re.Match[str], folder: Path, where: str) -> str:
    kind, name = match.groups()
    if kind == "env":
        if name not in os.environ:
            raise SettingsError(f"{where}: the environment variable {name} is not set")
        return os.environ[name]
    try:
        return (folder / name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{where}: the file {name} cannot be read ({error.strerror})"
        ) from error


def _lines(node: yaml.Node, where: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{where}.{key.value}" if where else str(key.value)
            yield path, key.start_mark.line + 1
            yield from _lines(value, path)


def _line_of(key: str, lines: Mapping[str, int]) -> str:
    while key:
        if key in lines:
            return f"line {lines[key]}: "
        key = key.rpartition(".")[0]
    return ""


def _flatten(messages: Any, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            part = "" if key == "_schema" else str(key)
            yield from _flatten(value, ".".join(filter(None, (where, part))))
    elif isinstance(messages, list):
        for item in messages:
            yield from _flatten(item, where) if isinstance(item, dict) else [(where, str(item))]
    else:
        yield where, str(messages)
