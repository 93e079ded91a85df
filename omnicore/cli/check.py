"""``omnicore check``."""

from __future__ import annotations

import click


@click.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Say what is wrong with this deployment, and how to mend it.

    Looks at settings, plugins, the database and the outside systems. Exits with 1 when
    something must be mended; warnings are no failure.
    """
    from omnicore.cli.examination import deployment

    well = True
    for good, finding in deployment(context.find_root().obj.get("config")):
        well &= good
        click.echo(f"{'ok  ' if good else 'BAD '} {finding}")
    if not well:
        context.exit(1)
