"""A deployment with a plugin on and another one off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from omnicore import config
from omnicore.app import create_app
from omnicore.config_schema import PluginChoice
from omnicore.runtime import Runtime, build
from tests.conftest import Clock, People
from tests.web import sample_plugin


@pytest.fixture
def plugged(runtime: Runtime, settings: config.Settings, clock: Clock) -> Iterator[Runtime]:
    """The database of ``runtime``, with the plugin ``sample`` on and ``broken`` off."""
    choice = PluginChoice(enabled=("sample",), optional=("broken",))
    chosen = replace(settings, plugins=choice)
    built = build(chosen, now=clock, discover=sample_plugin.discover)
    yield built
    built.close()


@pytest.fixture
def plugged_people(plugged: Runtime) -> People:
    """Callers of the deployment with plugins."""
    return People(plugged, create_app(runtime=plugged).test_client())
