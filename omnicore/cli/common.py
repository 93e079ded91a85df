"""What commands share: the settings and the runtime that ``--config`` names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from omnicore import config, rooms
from omnicore.config import Settings
from omnicore.runtime import Runtime, build


def settings(context: click.Context) -> Settings:
    """The settings of this call."""
    return config.load(context.find_root().obj.get("config"))


@contextmanager
def runtime(context: click.Context) -> Iterator[Runtime]:
    """A runtime for this call, closed afterwards.

    :raises click.ClickException: when the database does not answer, or has not the tables.
    """
    rooms.load_models()
    rooms.load_reactions()
    built = build(settings(context))
    try:
        yield built
    except (OperationalError, ProgrammingError) as error:
        address = built.settings.database_url()
        said = f"database: {address!s}: {error.orig}; `omnicore check` tells more"
        raise click.ClickException(said) from error
    finally:
        built.close()
