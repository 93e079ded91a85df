"""``plugins list`` and ``doctor`` work with everything broken."""

from __future__ import annotations

from tests.cli.conftest import Deployment, Install

SETTINGS = """
from marshmallow import fields
from omnicore.sdk.settings import Secret, SettingsSchema

class Schema(SettingsSchema):
    api_key = Secret(required=True)
    timeout_s = fields.Integer(load_default=3)
"""
CHECKS = """
import time
from omnicore.sdk import hookimpl
from omnicore.sdk.contributions import Health, HealthCheck

def broken():
    raise ZeroDivisionError("a detail")

@hookimpl
def omnicore_health_checks(context):
    return [HealthCheck("fine", lambda: Health(ok=True)), HealthCheck("buggy", broken)]
"""


def test_list_shows_what_is_installed_enabled_and_missing(
    one: Deployment, install: Install
) -> None:
    install("active")
    install("idle")
    (one.folder / "site").joinpath(install("crashing")).joinpath("manifest.py").write_text("1 / 0")
    one.configure("plugins: {enabled: [active, gone], optional: [crashing]}\n")
    shown = {line.split()[0]: line for line in one.run("plugins", "list").output.splitlines()}
    assert "1.2.3" in shown["active"]
    assert " enabled " in shown["active"]
    assert "A plugin called active" in shown["active"]
    assert " installed " in shown["idle"]
    assert "NOT INSTALLED" in shown["gone"]
    assert "its manifest cannot be imported: ZeroDivisionError" in shown["crashing"]
    assert "ocs_cgrates" in shown


def test_list_works_with_settings_that_cannot_be_read(one: Deployment) -> None:
    one.file.write_text("plugins: [")
    assert "ocs_cgrates" in one.run("plugins", "list").output


def test_doctor_examines_each_whatever_state_the_others_are_in(
    one: Deployment, install: Install
) -> None:
    install("crashing", hooks="1 / 0")
    install("future", "requires_sdk='>=9'")
    install("unset", "settings='{package}.settings:Schema'", settings=SETTINGS)
    install("checked", hooks=CHECKS)
    one.configure(
        "plugins: {enabled: [gone, crashing, future, unset, checked]}\nunset: {timeout_s: soon}\n"
    )
    said = one.run("plugins", "doctor", fails=True).output
    parts = dict(zip(*[iter(_parts(said))] * 2, strict=True))
    assert list(parts) == ["gone", "crashing", "future", "unset", "checked"]
    assert "BAD  not installed (installed: " in parts["gone"]
    assert "BAD  loading: plugin crashing: ZeroDivisionError" in parts["crashing"]
    assert "BAD  needs SDK >=9, this is 1.0.0" in parts["future"]
    assert "unset.api_key: Missing data" in parts["unset"]
    assert "unset.timeout_s: Not a valid integer (found 'soon')" in parts["unset"]
    assert "see `omnicore config example unset`" in parts["unset"]
    assert "ok   loads" in parts["checked"]
    assert "ok   fine: well" in parts["checked"]
    assert "BAD  buggy: the plugin failed; the log says how" in parts["checked"]
    assert "version 1.2.3, for SDK >=1.0,<2" in parts["checked"]


def test_doctor_is_content_with_plugins_that_are_well(one: Deployment, install: Install) -> None:
    install("fine")
    one.configure("plugins: {enabled: [fine]}\n")
    assert "BAD" not in one.run("plugins", "doctor").output


def _parts(said: str) -> list[str]:
    """Name, findings, name, findings ..."""
    found: list[str] = []
    for line in said.splitlines():
        if line.startswith(" "):
            found[-1] += line + "\n"
        elif line.isidentifier():
            found += [line, ""]
    return found
