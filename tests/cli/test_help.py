"""What ``omnicore --help`` shows, and how little it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from omnicore.cli.main import COMMANDS, attribute
from tests.cli.conftest import Deployment, Install

ROOT = Path(__file__).parents[2]
GROUP = """
import click

@click.group()
def group():
    "Housekeeping."

@group.command()
def sweep():
    print("swept", click.get_current_context().obj.name)
"""


def test_help_lists_the_core_and_the_groups_of_enabled_plugins(
    one: Deployment, install: Install
) -> None:
    install("tidy_up", "commands='{package}.commands:group'", commands=GROUP)
    install("silent")
    install("off", "commands='{package}.commands:group'", commands=GROUP)
    one.configure("plugins: {enabled: [tidy_up, silent]}\n")
    shown = one.run("--help").output
    for name in COMMANDS:
        assert f"  {name} " in shown
    assert "tidy-up" in shown
    assert "silent" not in shown
    assert "  off" not in shown


def test_help_imports_no_plugin_but_its_manifest(one: Deployment, install: Install) -> None:
    package = install("tidy_up", "commands='{package}.commands:group'", commands="raise KeyError")
    one.configure("plugins: {enabled: [tidy_up, ocs_cgrates]}\n")
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom omnicore.cli.main import cli\n"
        f"done = CliRunner().invoke(cli, ['--config', {str(one.file)!r}, '--help'])\n"
        "assert 'tidy-up' in done.output, done.output\n"
        "print('\\n'.join(sys.modules))\n"
    )
    path = os.pathsep.join([str(one.folder / "site"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert f"{package}.manifest" in loaded
    assert f"{package}.commands" not in loaded
    assert {name for name in loaded if name.startswith("omnicore_ocs_cgrates")} <= {
        "omnicore_ocs_cgrates",
        "omnicore_ocs_cgrates.manifest",
    }
    heavy = {"flask", "sqlalchemy", "alembic", "marshmallow", "cryptography", "ansible"}
    assert loaded & heavy == set()


def test_a_plugins_command_runs_with_its_context(one: Deployment, install: Install) -> None:
    install("tidy_up", "commands='{package}.commands:group'", commands=GROUP)
    one.configure("plugins: {enabled: [tidy_up]}\n")
    assert one.run("tidy-up", "sweep").output == "swept tidy_up\n"


def test_a_plugin_cannot_take_a_command_of_the_core(one: Deployment, install: Install) -> None:
    install("db", "commands='{package}.commands:group'", commands=GROUP)
    one.configure("plugins: {enabled: [db]}\n")
    said = one.run("--help", fails=True).output
    assert "plugin db is called like a command of the core" in said


def test_help_works_whatever_the_settings_are(one: Deployment) -> None:
    for text in ("crm: [", "plugins: 5", "", "plugins: {enabled: [gone]}"):
        one.file.write_text(text)
        assert "Commands:" in one.run("--help").output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_help_of_its_own(name: str) -> None:
    assert attribute(COMMANDS[name][0]).get_short_help_str()


def test_an_unknown_command_is_named(one: Deployment) -> None:
    assert "No such command 'bogus'" in one.run("bogus", fails=True).output
