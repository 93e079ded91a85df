"""Which plugins are enabled, read as lightly as possible: for the command line's own help."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnicore.host.manifests import LoadError, installed, read_manifest

if TYPE_CHECKING:
    from omnicore.sdk.context import PluginContext


def names(config: str | None) -> list[str]:
    """The enabled plugins of a file, in order; none when it cannot be read (see ``check``)."""
    import yaml

    path = Path(config or os.environ.get("OMNICORE_CONFIG") or "crm_config.yaml")
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        choice = loaded["plugins"]
        listed = [*(choice.get("enabled") or []), *(choice.get("optional") or [])]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return []
    return [name for name in listed if isinstance(name, str)]


def command_groups(config: str | None, reserved: set[str]) -> dict[str, str]:
    """Command name -> ``module:group`` of each enabled plugin that has commands.

    Reads manifests, imports no commands.

    :raises click.UsageError: when a plugin is called like a command of the core.
    """
    wanted = names(config)
    if not wanted:
        return {}
    found = installed()
    groups = {}
    for name in wanted:
        path = _commands_of(name, found)
        if path is None:
            continue
        shown = name.replace("_", "-")
        if shown in reserved:
            raise click.UsageError(f"plugin {name} is called like a command of the core")
        groups[shown] = path
    return groups


def _commands_of(name: str, found: Mapping[str, EntryPoint]) -> str | None:
    """A plugin that cannot be loaded has no commands; ``plugins doctor`` says why."""
    try:
        return read_manifest(name, found).commands
    except LoadError:
        return None


def plugin_context(config: str | None, command: str) -> PluginContext:
    """What a plugin's command gets as ``click.get_current_context().obj``."""
    from omnicore import config as configuration
    from omnicore.host.loading import Loader, load_settings

    settings = configuration.load(config)
    name = command.replace("-", "_")
    deployment = settings.deployment()
    manifest = read_manifest(name, installed())
    return Loader(deployment).context(name, load_settings(manifest, deployment.sections))
