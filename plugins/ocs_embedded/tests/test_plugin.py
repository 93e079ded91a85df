"""The plugin as the core sees it: settings, companion, health and command."""

from __future__ import annotations

import logging
import socket
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from marshmallow import ValidationError
from omnicore_ocs_embedded import hooks
from omnicore_ocs_embedded.settings import EmbeddedSettingsSchema

from omnicore.sdk.context import PluginContext
from omnicore.sdk.errors import PortTimeout
from omnicore.sdk.testing.processes import CompanionProcess


def a_context(tmp_path: Path, **settings) -> PluginContext:
    return PluginContext(
        name="ocs_embedded",
        settings=EmbeddedSettingsSchema().load(settings),
        logger=logging.getLogger("test"),
        now=lambda: datetime.now(UTC),
        data_dir=tmp_path / "data",
        config_dir=tmp_path,
    )


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_entry_point_is_named_as_the_manifest():
    (point,) = entry_points(group="omnicore.plugins", name="ocs_embedded")
    assert point.load().name == "ocs_embedded"


def test_without_settings_there_are_defaults():
    settings = EmbeddedSettingsSchema().load({})
    assert (settings.port, settings.mode, settings.tenant) == (2080, "master", "cgrates.org")


@pytest.mark.parametrize(
    "wrong", [{"port": 0}, {"port": "x"}, {"mode": "1.0"}, {"tenant": ""}, {"host": "0.0.0.0"}]
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        EmbeddedSettingsSchema().load(wrong)


def test_the_companion_starts_what_its_readiness_waits_for(tmp_path):
    port = a_free_port()
    (companion,) = hooks.omnicore_companions(a_context(tmp_path, port=port, tenant="house"))
    assert companion.arguments[:2] == ["ocs-embedded", "serve"]
    module = ["-m", "omnicore_ocs_embedded", *companion.arguments[2:]]
    with CompanionProcess(module) as process:
        companion.ready()
        assert process.port == port
    assert (tmp_path / "data" / "ocs_embedded.sqlite").exists()


def test_readiness_gives_up_with_a_port_error():
    with pytest.raises(PortTimeout, match="not ready after"):
        hooks.wait_ready(a_free_port(), within_s=0.2)


def test_health_says_how_to_mend_it(tmp_path, master_process):
    (up,) = hooks.omnicore_health_checks(a_context(tmp_path, port=master_process.port))
    assert up.check().ok
    (down,) = hooks.omnicore_health_checks(a_context(tmp_path, port=a_free_port()))
    assert not down.check().ok
    assert "ocs-embedded serve" in down.check().detail


MOUNTED = """
import sys
from pathlib import Path
from types import SimpleNamespace
from omnicore_ocs_embedded.cli import group
from omnicore_ocs_embedded.settings import EmbeddedSettingsSchema
settings = EmbeddedSettingsSchema().load(
    {"port": 1, "tenant": "house", "state": "s.sqlite", "mode": "v0.10"}
)
plugin = SimpleNamespace(settings=settings, data_dir=Path(sys.argv[1]))
group(["serve", *sys.argv[2:]], obj=plugin)
"""


def test_the_command_takes_what_its_options_do_not_say_from_the_settings(tmp_path, connect):
    options = ["--port", "0", "--mode", "master"]
    with CompanionProcess(["-c", MOUNTED, str(tmp_path / "data"), *options]) as process:
        client = connect(process)
        client.ok("ApierV2.SetAccount", Account="a")
        found = client.ok("ApierV2.GetAccount", Tenant="house", Account="a")
    assert found["ID"] == "house:a"
    assert (tmp_path / "data" / "s.sqlite").exists()
