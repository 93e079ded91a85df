"""The plugin that the vendor's guide builds works: its code blocks are put together and run."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect

from omnicore.cli.main import COMMANDS
from omnicore.cli.scaffold import KINDS, write_plugin
from omnicore.db.lineages import Lineage
from omnicore.host.loading import Deployment, Loader
from omnicore.host.manifests import resolve
from tests.cli.test_scaffold import run_tests

GUIDE = Path(__file__).parents[2] / "docs" / "plugins.md"
BLOCK = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.M | re.S)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``sms_acme`` as the guide leaves it, on the path."""
    made = write_plugin("sms_acme", "notification", tmp_path)
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(blocks) == GUIDE.read_text(encoding="utf-8").count("```python")
    for path, code in blocks:
        file = made / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(made / "src"))
    return made


def test_its_tests_pass(plugin: Path) -> None:
    done = run_tests(plugin)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_the_route_answers" in done.stdout


def test_its_migrations_go_up_down_and_up(plugin: Path) -> None:
    folder = plugin / "src" / "omnicore_sms_acme" / "migrations"
    lineage = Lineage("sms_acme", str(folder))
    engine = create_engine(f"sqlite:///{plugin}/test.db")
    for go, tables in (
        (lineage.upgrade, True),
        (lineage.downgrade, False),
        (lineage.upgrade, True),
    ):
        with engine.begin() as connection:
            go(connection, "head" if tables else "base")
        assert inspect(engine).has_table("sms_acme_report") is tables
    engine.dispose()


def test_its_command_gets_its_context(plugin: Path) -> None:
    point = EntryPoint("sms_acme", "omnicore_sms_acme.manifest:MANIFEST", "omnicore.plugins")
    manifest = point.load()
    settings = resolve(manifest.settings)().load({"api_key": "k", "sender": "Acme"})
    context = Loader(Deployment(data_dir=plugin)).context("sms_acme", settings)
    group: click.Group = resolve(manifest.commands)
    done = CliRunner().invoke(group, ["sender"], obj=context)
    assert done.output == "Acme\n"


def test_the_guide_names_every_kind_and_no_command_that_is_not_there() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for kind, facts in KINDS.items():
        assert f"| {kind} | `ports.{facts.port_module}.{facts.port}` |" in text
    named = set(re.findall(r"`?omnicore ([a-z-]+)", text)) - {"sms-acme"}
    assert named <= set(COMMANDS)
