"""The light half of a plugin, read before anything else of it is imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What the core must know to load a plugin. Importing its module must stay cheap.

    The entry point (group ``omnicore.plugins``) points at an instance; its name is what
    an operator writes under ``plugins.enabled``.
    """

    name: str
    """Equal to the entry point's name; prefix of tables, codes, routes and metrics."""
    requires_sdk: str
    """Range over ``omnicore.sdk.SDK_VERSION``, for example ``">=1.0,<2"``."""
    hooks: str
    """Module with the hook implementations, imported only when the plugin is enabled."""
    summary: str = ""
    """One line for ``plugins list``."""
    settings: str | None = None
    """``module:SchemaClass``, a ``SettingsSchema``; none when there is nothing to set."""
    section: str | None = None
    """Top-level key of ``crm_config.yaml`` that holds the settings; the name when not given."""
    migrations: str | None = None
    """``package:folder`` with Alembic revisions on a lineage labelled with the plugin's name."""
    commands: str | None = None
    """``module:group``, a click group mounted as ``omnicore <name>``; imported when called."""

    @property
    def config_section(self) -> str:
        """The top-level key that is read for this plugin."""
        return self.section or self.name
