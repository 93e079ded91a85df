"""``omnicore plugins``: list, examine, begin. Works with everything broken."""

from __future__ import annotations

from importlib.metadata import EntryPoint, PackageNotFoundError, metadata
from pathlib import Path

import click

from omnicore.cli import enabled
from omnicore.cli.scaffold import KINDS, write_plugin
from omnicore.host.manifests import LoadError, installed, read_manifest


@click.group()
def plugins() -> None:
    """List, examine and begin plugins."""


@plugins.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """Installed plugins, and which of them are enabled."""
    on = enabled.names(context.find_root().obj.get("config"))
    found = installed()
    for name in sorted({*found, *on}):
        state = "enabled" if name in on else "installed"
        if name not in found:
            state = "enabled, NOT INSTALLED"
        click.echo(f"{name:24} {_version(found.get(name)):10} {state:12} {_summary(name, found)}")


def _version(point: EntryPoint | None) -> str:
    if point is None or point.dist is None:
        return "-"
    try:
        return str(metadata(point.dist.name)["Version"])
    except PackageNotFoundError:
        return "-"


def _summary(name: str, found: dict[str, EntryPoint]) -> str:
    """Reads the light manifest; a broken one is no reason to list nothing."""
    try:
        return read_manifest(name, found).summary
    except LoadError as error:
        return f"({error})"


@plugins.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Examine each enabled plugin; exits with 1 when one is not well."""
    from omnicore.cli.examination import examine

    well = True
    for name, findings in examine(context.find_root().obj.get("config")):
        click.echo(f"{name}")
        for good, finding in findings:
            well &= good
            click.echo(f"  {'ok  ' if good else 'BAD '} {finding}")
    if not well:
        context.exit(1)


@plugins.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(sorted(KINDS)), required=True, help="What it drives.")
@click.option(
    "--folder", default=".", type=click.Path(file_okay=False, path_type=Path), show_default=True
)
def new(name: str, kind: str, folder: Path) -> None:
    """Begin a plugin called NAME: a distribution that loads and has its contract suite."""
    made = write_plugin(name, kind, folder)
    click.echo(f"wrote {made}")
    click.echo(f"next: pip install -e {made} && pytest {made}")
