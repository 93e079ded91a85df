"""``omnicore ocs-embedded serve``; the same command stands alone behind ``python -m``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from omnicore_ocs_embedded.defaults import DEFAULTS, MODES


@click.group()
def group() -> None:
    """The embedded charging server."""


@group.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port on 127.0.0.1; 0 for a free one.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="SQLite file.")
@click.option("--mode", type=click.Choice(MODES), help="The CGRateS release to behave like.")
@click.option("--tenant", help="Tenant of calls that name none.")
@click.option("--faults", is_flag=True, help="Open /control/ for tests: clock, faults, calls.")
@click.pass_context
def serve(
    context: click.Context,
    port: int | None,
    state: Path | None,
    mode: str | None,
    tenant: str | None,
    faults: bool,
) -> None:
    """Serve until SIGTERM. Options win over the settings; without settings they have defaults."""
    from omnicore_ocs_embedded.run import run
    from omnicore_ocs_embedded.store import StateFileInUse

    plugin = context.obj
    settings = getattr(plugin, "settings", None) or DEFAULTS
    port = settings.port if port is None else port
    try:
        run(
            port=port,
            state=state or _state_file(plugin, settings.state),
            mode=mode or settings.mode,
            tenant=tenant or settings.tenant,
            faults=faults,
        )
    except StateFileInUse as error:
        raise click.ClickException(f"the state file is in use: {error}") from error
    except OSError as error:
        raise click.ClickException(f"cannot serve on port {port}: {error}") from error


def _state_file(plugin: Any, name: str) -> Path:
    folder = getattr(plugin, "data_dir", None)
    return Path(name) if folder is None else Path(folder) / name
