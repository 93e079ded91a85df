"""``omnicore config example`` prints YAML, for the core and for any plugin."""

from __future__ import annotations

import pytest
import yaml
from click.testing import CliRunner

from omnicore.cli.settings import config
from omnicore.host.manifests import installed, read_manifest, resolve


@pytest.mark.parametrize("plugin", sorted(installed()))
def test_the_example_of_a_plugin_names_every_setting_as_the_file_does(plugin: str) -> None:
    done = CliRunner().invoke(config, ["example", plugin])
    assert done.exit_code == 0, done.output
    manifest = read_manifest(plugin, installed())
    if manifest.settings is None:
        assert "no settings" in done.output
        return
    section = yaml.safe_load(done.output)[manifest.config_section]
    fields = resolve(manifest.settings)().fields
    assert set(section) == {field.data_key or name for name, field in fields.items()}


def test_the_example_of_the_core_is_yaml() -> None:
    done = CliRunner().invoke(config, ["example"])
    assert done.exit_code == 0, done.output
    assert {"database", "crm", "plugins"} <= set(yaml.safe_load(done.output))


def test_a_plugin_that_is_not_there_is_a_message() -> None:
    done = CliRunner().invoke(config, ["example", "nobody"])
    assert done.exit_code == 1
    assert "not installed" in done.output
