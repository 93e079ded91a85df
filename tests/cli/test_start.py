"""``init``, ``config example``, ``openapi`` and ``check``."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from omnicore import config
from omnicore.cli.main import cli
from tests.cli.conftest import Deployment, Install
from tests.conftest import SECRET


def test_init_writes_settings_that_load_and_that_nobody_else_reads(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        done = CliRunner().invoke(cli, ["init", str(tmp_path / "new"), "--currency", "EUR"])
    finally:
        os.umask(before)
    assert done.exit_code == 0, done.output
    file = tmp_path / "new" / "crm_config.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = config.load(file)
    assert settings.crm.currency == "EUR"
    assert settings.jwt_secret.reveal() not in done.output


def test_every_init_makes_a_secret_of_its_own(tmp_path: Path) -> None:
    secrets = set()
    for name in ("a", "b"):
        CliRunner().invoke(cli, ["init", str(tmp_path / name)])
        secrets.add(config.load(tmp_path / name / "crm_config.yaml").jwt_secret)
    assert len(secrets) == 2


def test_init_overwrites_nothing(one: Deployment) -> None:
    before = one.file.read_text()
    done = CliRunner().invoke(cli, ["init", str(one.folder)])
    assert done.exit_code == 1
    assert "it was left as it is" in done.output
    assert one.file.read_text() == before


def test_the_example_of_the_core_is_yaml_with_each_key(one: Deployment) -> None:
    shown = yaml.safe_load(one.run("config", "example").output)
    assert shown["database"]["port"] == 3306
    assert shown["jwt_secret"] == "${env:JWT_SECRET}"
    assert {"crm", "auth", "web", "provisioning", "plugins"} <= set(shown)


def test_the_example_of_a_plugin_shows_its_section(one: Deployment) -> None:
    text = one.run("config", "example", "ocs_cgrates").output
    assert "ocsTenant" in yaml.safe_load(text)["ocs"]
    assert "#" in text


def test_the_example_of_an_unknown_plugin_lists_the_known(one: Deployment) -> None:
    assert "installed: " in one.run("config", "example", "bogus", fails=True).output


def test_openapi_is_valid_json(one: Deployment) -> None:
    printed = json.loads(one.run("openapi").output)
    assert printed["openapi"].startswith("3.1")
    assert "/crm/customer/" in printed["paths"]


def test_a_fresh_deployment_is_well_once_it_is_migrated(deployment: Deployment) -> None:
    said = deployment.run("check", fails=True).output
    assert "BAD  migrations of core pending: `omnicore db upgrade`" in said
    deployment.run("db", "upgrade")
    said = deployment.run("check").output
    assert "BAD" not in said
    assert "migrations of core: core_0001" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("crm: [\n", "line 5, column 1"),
        ("crm: {curency: EUR}\n", "crm.curency: Unknown field"),
        ("plugins: {enabled: [bogus]}\n", "plugin bogus: not installed (installed: "),
    ],
)
def test_check_says_what_is_wrong_without_a_stack_trace(
    one: Deployment, text: str, said: str
) -> None:
    one.configure(text)
    output = one.run("check", fails=True).output
    assert said in output
    assert "Traceback" not in output


def test_check_warns_of_secrets_in_the_file(
    one: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "k" * 32
    one.configure(f"api_keys: {{{key}: {{roles: [Support]}}}}\n")
    one.run("db", "upgrade")
    said = one.run("check").output
    for name in ("jwt_secret", "api_keys"):
        assert f"warning: {name} stands in the file; write ${{env:NAME}}" in said
    assert key not in said
    assert SECRET not in said
    monkeypatch.setenv("THE_SECRET", SECRET)
    one.configure(secret="${env:THE_SECRET}")
    assert "warning" not in one.run("check").output


def test_check_finds_roles_that_are_not_there(one: Deployment) -> None:
    one.configure(
        f"api_keys: {{{'k' * 32}: {{roles: [Support, Wizard]}}}}\n"
        "ip_whitelist: {10.0.0.1: {roles: [Witch, admin]}}\n"
    )
    one.run("db", "upgrade")
    said = one.run("check", fails=True).output
    for name in ("Wizard", "Witch"):
        assert f"{name} is neither a role nor a permission" in said
    assert "Support is neither" not in said
    assert "admin is neither" not in said


def test_check_tells_of_a_database_that_is_away(one: Deployment) -> None:
    one.database = "mysql+pymysql://u:hunter2@127.0.0.1:1/crm"
    one.configure()
    said = one.run("check", fails=True).output
    assert "database: mysql+pymysql://u:***@127.0.0.1:1/crm does not answer" in said
    assert "hunter2" not in said


def test_check_tells_of_optional_plugins_that_are_off_and_of_bad_health(
    one: Deployment, install: Install
) -> None:
    install("broken", "requires_sdk='>=9'")
    install(
        "sick",
        hooks="from omnicore.sdk import hookimpl\n"
        "from omnicore.sdk.contributions import Health, HealthCheck\n"
        "@hookimpl\n"
        "def omnicore_health_checks(context):\n"
        "    return [HealthCheck('wire', lambda: Health(ok=False, detail='plug it in'))]\n",
    )
    one.configure("plugins: {enabled: [sick], optional: [broken]}\n")
    one.run("db", "upgrade")
    said = one.run("check", fails=True).output
    assert "warning: the optional plugin broken is off: needs SDK >=9" in said
    assert "BAD  wire: plug it in" in said
