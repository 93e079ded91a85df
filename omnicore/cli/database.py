"""``omnicore db``: migrations of the core and the plugins."""

from __future__ import annotations

import click

from omnicore import rooms
from omnicore.cli import common
from omnicore.db.lineages import Lineage, lineages
from omnicore.db.seeding import seed
from omnicore.runtime import Runtime


@click.group()
def db() -> None:
    """Bring the database up to date, or back."""


@db.command()
@click.argument("owner", required=False)
@click.pass_context
def upgrade(context: click.Context, owner: str | None) -> None:
    """Bring OWNER (the core or a plugin; all by default) to its newest revision."""
    with common.runtime(context) as runtime:
        upgrade_all(runtime, owner)


def upgrade_all(runtime: Runtime, owner: str | None = None) -> None:
    """Upgrade every lineage in order, then add roles and permissions that are missing."""
    rooms.load_models()
    for lineage in _chosen(runtime, owner):
        with runtime.db.engine.connect() as connection:
            before = lineage.standing(connection)
            lineage.upgrade(connection)
            connection.commit()
        click.echo(f"{lineage.owner}: {before.revision or 'empty'} -> {before.head}")
    seed(runtime)


@db.command()
@click.argument("owner")
@click.argument("revision", default="-1")
@click.option("--yes", is_flag=True, help="Do not ask; what the revisions hold is lost.")
@click.pass_context
def downgrade(context: click.Context, owner: str, revision: str, yes: bool) -> None:
    """Take OWNER back to REVISION (`base` for nothing; one step by default)."""
    if not yes:
        click.confirm(f"Data that {owner} keeps may be lost. Go on?", abort=True)
    with common.runtime(context) as runtime:
        (lineage,) = _chosen(runtime, owner)
        with runtime.db.engine.connect() as connection:
            lineage.downgrade(connection, revision)
            connection.commit()
            click.echo(f"{owner}: now at {lineage.standing(connection).revision or 'nothing'}")


@db.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Say where each lineage stands; exits with 1 when something is pending."""
    with common.runtime(context) as runtime:
        click.echo(f"database: {runtime.settings.database_url()!s}")
        pending = False
        for lineage in _chosen(runtime, None):
            with runtime.db.engine.connect() as connection:
                standing = lineage.standing(connection)
            word = "current" if standing.current else f"pending, newest is {standing.head}"
            pending |= not standing.current
            click.echo(f"{lineage.owner}: {standing.revision or 'empty'} ({word})")
    if pending:
        context.exit(1)


def _chosen(runtime: Runtime, owner: str | None) -> list[Lineage]:
    known = lineages(runtime.plugins.manifests.values())
    if owner is None:
        return known
    found = [lineage for lineage in known if lineage.owner == owner]
    if not found:
        names = ", ".join(lineage.owner for lineage in known)
        raise click.BadParameter(f"{owner!r} is not one of {names}", param_hint="OWNER")
    return found
