"""What commands share: the settings and the runtime that ``--config`` names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from omnicore import config, rooms
from omnicore.config import Settings
from omnicore.runtime import Runtime, build


def settings(context: click.Context) -> Settings:
    """The settings of this call."""
    return config.load(context.find_root().obj.get("config"))


@contextmanager
def runtime(context: click.Context) -> Iterator[Runtime]:
    """A runtime for this call, closed afterwards."""
    rooms.load_models()
    rooms.load_reactions()
    built = build(settings(context))
    try:
        yield built
    finally:
        built.close()
