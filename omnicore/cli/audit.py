"""``omnicore audit``."""

from __future__ import annotations

import click

from omnicore.cli import common


@click.group()
def audit() -> None:
    """Check the activity log."""


@audit.command()
@click.pass_context
def verify(context: click.Context) -> None:
    """Follow the chain of the activity log; exits with 1 at the first entry that does not fit."""
    from omnicore.activity import service

    with common.runtime(context) as runtime, runtime.db.read() as uow:
        report = service.verify(uow)
    click.echo(report)
    if not report.ok:
        context.exit(1)
