"""Loads the enabled plugins, one by one, and forgets what does not hold together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pluggy
from marshmallow import ValidationError

from omnicore.host.complaints import complaints
from omnicore.host.manifests import LoadError, installed, read_manifest, resolve
from omnicore.sdk import PROJECT, hooks
from omnicore.sdk.context import PluginContext
from omnicore.sdk.errors import SettingsError
from omnicore.sdk.manifest import Manifest
from omnicore.sdk.settings import SettingsSchema

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What the host must know of the deployment to load its plugins.

    ``enabled`` is the order; those in ``optional`` may fail. ``sections`` are the top-level
    sections of ``crm_config.yaml``, secrets resolved.
    """

    enabled: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    sections: Mapping[str, Any] = field(default_factory=dict)
    data_dir: Path = Path("var")
    config_dir: Path = Path()
    base_url: str = ""
    currency: str = "USD"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def load_settings(manifest: Manifest, sections: Mapping[str, Any]) -> Any:
    """The plugin's section through the plugin's schema, or None without a schema.

    :raises LoadError: naming each key, what was found and what was expected.
    """
    if manifest.settings is None:
        return None
    schema = resolve(manifest.settings)
    if not (isinstance(schema, type) and issubclass(schema, SettingsSchema)):
        raise LoadError(f"{manifest.settings} is not a SettingsSchema")
    section = manifest.config_section
    given = sections.get(section)
    if given is not None and not isinstance(given, Mapping):
        given = {section: given}  # a bare value such as cbc_url
    found = dict(given or {})
    try:
        return schema().load(found)
    except ValidationError as error:
        said = [f"{section}.{key}: {words}" for key, words in complaints(error, schema(), found)]
        raise LoadError(" | ".join(said)) from error


class Loader:
    """Plugins that are loaded, and why others are not. One per process or test."""

    def __init__(
        self,
        deployment: Deployment,
        discover: Callable[[], Mapping[str, EntryPoint]] = installed,
    ) -> None:
        self.deployment = deployment
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hooks)
        self._discover = discover
        self.manifests: dict[str, Manifest] = {}
        self.contexts: dict[str, PluginContext] = {}
        self.failures: dict[str, str] = {}

    def load(self) -> None:
        """Load what is enabled, in that order; nothing else that is installed is imported.

        :raises SettingsError: for the first required plugin that cannot be loaded.
        """
        found = self._discover()
        for name in self.deployment.enabled:
            self.attempt(name, lambda name=name: self._load_one(name, found))  # type: ignore[misc]

    def attempt(self, name: str, act: Callable[[], None]) -> None:
        """Run one step of loading; a failure switches the plugin off or stops the start."""
        try:
            act()
        except (Exception, SystemExit) as error:  # whatever a plugin does here stays its own
            self.forget(name)
            reason = str(error) if isinstance(error, LoadError) else repr(error)
            if name not in self.deployment.optional:
                raise SettingsError(f"plugin {name}: {reason}") from error
            self.failures[name] = reason
            log.error("plugin %s is off: %s", name, reason)

    def forget(self, name: str) -> None:
        """Undo a registration; pluggy finds a misspelt hook only once the plugin is in."""
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self.manifests.pop(name, None)
        self.contexts.pop(name, None)

    def _load_one(self, name: str, found: Mapping[str, EntryPoint]) -> None:
        if name in self.manifests:
            raise LoadError("named twice under plugins.enabled")
        manifest = read_manifest(name, found)
        settings = load_settings(manifest, self.deployment.sections)
        self._manager.register(import_module(manifest.hooks), name=name)
        self._manager.check_pending()
        self.manifests[name] = manifest
        self.contexts[name] = self.context(name, settings)

    def context(self, name: str, settings: Any) -> PluginContext:
        """The frozen argument of every hook of the plugin ``name``."""
        deployment = self.deployment
        return PluginContext(
            name=name,
            settings=settings,
            logger=logging.getLogger(f"omnicore.plugin.{name}"),
            now=deployment.now,
            data_dir=deployment.data_dir / "plugins" / name,
            config_dir=deployment.config_dir,
            base_url=deployment.base_url,
            currency=deployment.currency,
        )

    def ask(self, name: str, hook: str) -> Iterable[Any]:
        """What one plugin answers to one hook, so that every answer has an owner."""
        others = self._manager.get_plugins() - {self._manager.get_plugin(name)}
        caller = self._manager.subset_hook_caller(hook, others)
        for answer in caller(context=self.contexts[name]):
            if isinstance(answer, str) or not isinstance(answer, Iterable):
                raise LoadError(f"{hook} gave a {type(answer).__name__}, not a list")
            yield from answer
