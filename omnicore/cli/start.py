"""``omnicore init``."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

CONFIG = """\
# Settings of this deployment; read at the start. `omnicore config example` explains every key.
# Secrets may stand elsewhere: ${{env:NAME}} or ${{file:PATH}}.
jwt_secret: {secret}

database:
  url: {database}

crm:
  base_url: {base_url}
  currency: {currency}

plugins:
  enabled: [{plugins}]
  optional: []

provisioning:
  failure_list: []

{sections}"""


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--database", default="sqlite:///var/omnicore.db", show_default=True, help="SQLAlchemy URL."
)
@click.option("--base-url", default="http://localhost:5000", show_default=True)
@click.option("--currency", default="USD", show_default=True, help="ISO 4217.")
def init(folder: Path, database: str, base_url: str, currency: str) -> None:
    """Write FOLDER/crm_config.yaml, with a fresh secret, readable by you alone."""
    path = write(folder, database=database, base_url=base_url, currency=currency)
    click.echo(f"wrote {path}")
    click.echo("next: enable plugins in it, then `omnicore check` and `omnicore db upgrade`")


def write(
    folder: Path,
    *,
    database: str,
    base_url: str,
    currency: str = "USD",
    plugins: tuple[str, ...] = (),
    sections: str = "",
) -> Path:
    """Write a new ``crm_config.yaml``.

    :raises click.ClickException: when there is one already.
    """
    path = folder / "crm_config.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    text = CONFIG.format(
        secret=secrets.token_hex(32),
        database=database,
        base_url=base_url,
        currency=currency,
        plugins=", ".join(plugins),
        sections=sections,
    )
    try:
        with open(path, "x", encoding="utf-8", opener=_private) as file:
            file.write(text)
    except FileExistsError as error:
        raise click.ClickException(f"{path} exists; it was left as it is") from error
    return path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
