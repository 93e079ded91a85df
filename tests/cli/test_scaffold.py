"""``omnicore plugins new`` writes a plugin that loads and whose tests pass as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from omnicore.cli.plugins import plugins
from omnicore.cli.scaffold import KINDS, write_plugin
from omnicore.sdk import hooks

ROOT = Path(__file__).parents[2]
WITH_CONTRACT = {
    "charging": "ChargingBackendContract",
    "notification": "NotificationChannelContract",
    "provisioning": "ProvisionerContract",
}


def run_tests(plugin: Path) -> subprocess.CompletedProcess[str]:
    """Run a plugin's own tests as its vendor would; it is on the path, not installed."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{plugin / 'src'}:{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-rA"],
        cwd=plugin,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_tests_of_a_new_plugin_pass(kind: str, tmp_path: Path) -> None:
    plugin = write_plugin(f"acme_{kind}", kind, tmp_path)
    done = run_tests(plugin)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_the_host_loads_it_and_it_implements_its_port" in done.stdout
    assert not re.search(r"\d+ (skipped|xfailed|deselected)", done.stdout)
    if kind in WITH_CONTRACT:
        assert WITH_CONTRACT[kind] in (plugin / "tests" / "test_contract.py").read_text()
        assert "test_nothing_of_the_contract_is_switched_off" in done.stdout


def test_the_tests_of_a_new_plugin_fail_when_it_breaks_a_promise(tmp_path: Path) -> None:
    plugin = write_plugin("acme_sms", "notification", tmp_path)
    source = plugin / "src" / "omnicore_acme_sms" / "channel.py"
    honest = source.read_text()
    source.write_text(honest.replace("Delivery.UNKNOWN", "Delivery.NOT_SENT"))
    assert source.read_text() != honest
    done = run_tests(plugin)
    assert done.returncode == 1
    assert "test_doubt_is_unknown_and_nothing_is_handed_over_twice" in done.stdout


def test_the_contract_of_plugins_bites(tmp_path: Path) -> None:
    plugin = write_plugin("acme", "geocoding", tmp_path)
    package = plugin / "src" / "omnicore_acme"

    def change(file: str, before: str, after: str) -> None:
        text = (package / file).read_text()
        assert before in text
        (package / file).write_text(text.replace(before, after))

    change("manifest.py", "from __future__ import annotations\n", "import omnicore_acme.settings\n")
    change("settings.py", "(**data)", "(**data | {'api_key': data['api_key'].reveal()})")
    change("settings.py", 'metadata={"description": "Seconds to wait for an answer"},', "")
    change("settings.py", "class AcmeSchema(SettingsSchema):", "class AcmeSchema(Loose):")
    change("settings.py", "@dataclass", f"{LOOSE}\n\n@dataclass")
    change("gateway.py", "class NoAnswer(Exception):", f"{FOREIGN}\nclass NoAnswer(Exception):")
    failed = set(re.findall(r"^FAILED \S+::TestAcme::(\w+)", run_tests(plugin).stdout, re.M))
    assert failed == {
        "test_the_manifest_is_read_without_the_rest_of_the_plugin",
        "test_an_unknown_setting_stops_the_start_and_is_named",
        "test_every_setting_is_described",
        "test_secrets_do_not_print",
        "test_of_omnicore_it_imports_the_sdk_alone",
        "test_codes_of_its_errors_start_with_its_name",
    }


LOOSE = """
class Loose(SettingsSchema):
    class Meta:
        unknown = "exclude"
"""
FOREIGN = """
import omnicore.config
from omnicore.sdk.errors import Conflict


class Odd(Conflict):
    code = "odd-code"

"""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_new_plugin_has_all_its_furniture(kind: str, tmp_path: Path) -> None:
    plugin = write_plugin("acme", kind, tmp_path)
    package = plugin / "src" / "omnicore_acme"
    for path in ("README.md", "setup.cfg", "pyproject.toml", "tests/test_plugin.py"):
        assert (plugin / path).is_file(), path
    for path in ("__init__.py", "manifest.py", "hooks.py", "settings.py", "py.typed"):
        assert (package / path).is_file(), path
    assert "acme = omnicore_acme.manifest:MANIFEST" in (plugin / "setup.cfg").read_text()
    everything = [path for path in plugin.rglob("*") if path.is_file()]
    for path in everything:
        assert path.suffix != ".tmpl"
        assert not re.search(r"\$(name|package|title|\{title)", path.read_text()), path


def test_every_kind_of_port_can_be_begun() -> None:
    ports = {path.stem for path in (ROOT / "omnicore/sdk/ports").glob("[a-z]*.py")}
    assert {kind.port_module for kind in KINDS.values()} == ports
    assert all(hasattr(hooks, kind.hook) for kind in KINDS.values())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "no name"),
        ("Acme", "no name"),
        ("2fast", "no name"),
        ("acme-sms", "no name"),
        ("acme sms", "no name"),
        ("../acme", "no name"),
        ("/tmp/acme", "no name"),
        ("acme/../../x", "no name"),
        ("acme_", "no name"),
        ("_acme", "no name"),
        ("acme\n", "no name"),
        ("ácme", "no name"),
        ("a" * 41, "no name"),
        ("class", "word of Python"),
        ("ocs_cgrates", "installed already"),
        ("demo", "of the core"),
        ("database", "of the core"),
    ],
)
def test_a_bad_or_taken_name_is_refused_and_writes_nothing(
    name: str, said: str, tmp_path: Path
) -> None:
    folder = tmp_path / "here"
    with pytest.raises(click.UsageError, match=said):
        write_plugin(name, "payments", folder)
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("mine")
    (tmp_path / "linked").symlink_to(tmp_path / "nowhere")
    for name in ("acme", "linked"):
        with pytest.raises(click.UsageError, match="exists"):
            write_plugin(name, "payments", tmp_path)
    assert (tmp_path / "acme").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["acme", "linked"]


def test_a_folder_that_cannot_be_written_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(click.UsageError, match="cannot be written"):
        write_plugin("acme", "payments", tmp_path / "file")


def test_the_command_says_what_it_wrote_and_what_is_next(tmp_path: Path) -> None:
    arguments = ["new", "acme_pay", "--kind", "payments", "--folder", str(tmp_path)]
    done = CliRunner().invoke(plugins, arguments)
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "acme_pay") in done.output
    again = CliRunner().invoke(plugins, arguments)
    assert again.exit_code == 2
    assert "exists" in again.output
    assert "Traceback" not in again.output
