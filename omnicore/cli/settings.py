"""``omnicore config example``."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

import click
from marshmallow import Schema, fields, missing

from omnicore.sdk.settings import Secret


@click.group()
def config() -> None:
    """Examples of settings."""


@config.command()
@click.argument("plugin", required=False)
def example(plugin: str | None) -> None:
    """Print every setting of the core, or of PLUGIN, with its default and what it means."""
    if plugin is None:
        from omnicore.config_schema import CoreSections

        click.echo("\n".join(_section(CoreSections())))
        return
    from omnicore.host.manifests import LoadError, installed, read_manifest, resolve

    try:
        manifest = read_manifest(plugin, installed())
    except LoadError as error:
        raise click.ClickException(f"plugin {plugin}: {error}") from error
    if manifest.settings is None:
        click.echo(f"# {plugin} has no settings")
        return
    click.echo(f"{manifest.config_section}:")
    click.echo("\n".join(_section(resolve(manifest.settings)(), "  ")))


def _section(schema: Schema, indent: str = "") -> Iterator[str]:
    for attribute, field in schema.fields.items():
        name = field.data_key or attribute
        described = (field.metadata or {}).get("description")
        if described:
            yield f"{indent}# {described}{' (required)' if field.required else ''}"
        if isinstance(field, fields.Nested):
            yield f"{indent}{name}:"
            yield from _section(field.schema, indent + "  ")
        else:
            yield f"{indent}{name}: {_shown(field, name)}"


def _shown(field: fields.Field[Any], name: str) -> str:
    import yaml

    if isinstance(field, Secret):
        return f"${{env:{name.upper()}}}"
    default = field.load_default() if callable(field.load_default) else field.load_default
    if default is missing:
        return "..."
    text = yaml.safe_dump(_plain(default), default_flow_style=True)
    return text.removesuffix("\n...\n").strip()


def _plain(default: Any) -> Any:
    """A default as YAML knows it."""
    if isinstance(default, (tuple, list)):
        return [_plain(item) for item in default]
    if isinstance(default, Enum):
        return default.value
    return float(default) if isinstance(default, Decimal) else default
