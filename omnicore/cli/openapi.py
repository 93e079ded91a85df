"""``omnicore openapi``."""

from __future__ import annotations

import click

from omnicore.cli import common


@click.command()
@click.pass_context
def openapi(context: click.Context) -> None:
    """Print the OpenAPI document of this deployment, as JSON."""
    from omnicore.app import create_app
    from omnicore.web.json import dumps

    with common.runtime(context) as runtime:
        app = create_app(runtime=runtime)
        click.echo(dumps(app.extensions["omnicore_api"].document()).decode())
