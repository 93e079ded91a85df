"""The section ``email_smtp`` is read strictly, and the plugin offers what its manifest says."""

from __future__ import annotations

import logging
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError
from omnicore_email_smtp import hooks
from omnicore_email_smtp.settings import SmtpSettings, SmtpSettingsSchema

from omnicore.sdk.context import PluginContext
from omnicore.sdk.testing.notification import Behaviour
from omnicore.sdk.testing.plugin import PluginContract

from .conftest import NOON
from .mail_server import PASSWORD, USER, MailServer

LEAST = {"host": "mail.example.com", "from_email": "crm@example.com"}


def load(**section: Any) -> SmtpSettings:
    loaded: SmtpSettings = SmtpSettingsSchema().load({**LEAST, **section})
    return loaded


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("ssl", 465), ("none", 25)])
def test_the_port_follows_the_security(security: str, port: int) -> None:
    assert load(security=security).port == port
    assert load(security=security, port=2525).port == 2525


def test_the_default_is_encrypted() -> None:
    settings = load()
    assert (settings.security, settings.helo_name) == ("starttls", "example.com")


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"host": ""}, "host"),
        ({"from_email": "crm"}, "from_email"),
        ({"from_name": "A\nBcc: b@c.example"}, "from_name"),
        ({"helo_name": "a b"}, "helo_name"),
        ({"port": 70000}, "port"),
        ({"security": "tls"}, "security"),
        ({"username": "u"}, "password"),
        ({"password": "p"}, "password"),
        ({"security": "none", "username": "u", "password": "p"}, "security"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_section_is_refused_naming_the_key(section: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError) as refused:
        load(**section)
    assert list(refused.value.normalized_messages()) == [key]


class TestPlugin(PluginContract):
    entry_point = "omnicore_email_smtp.manifest:MANIFEST"

    @pytest.fixture
    def section(self) -> dict[str, Any]:
        return {**LEAST, "username": USER, "password": PASSWORD}


def test_it_is_installed_under_its_name() -> None:
    (point,) = entry_points(group="omnicore.plugins", name="email_smtp")
    assert point.value == TestPlugin.entry_point


def test_the_health_check_looks_at_the_server(server: MailServer, tmp_path: Path) -> None:
    settings = load(
        host="127.0.0.1",
        port=server.port,
        security="none",
        username=USER,
        password=PASSWORD,
        timeout_s=0.5,
    )
    context = PluginContext(
        name="email_smtp",
        settings=settings,
        logger=logging.getLogger("test"),
        now=lambda: NOON,
        data_dir=tmp_path,
        config_dir=tmp_path,
    )
    (check,) = hooks.omnicore_health_checks(context)
    assert check.check().ok
    server.will(Behaviour.AWAY)
    health = check.check()
    assert not health.ok
    assert "email_smtp" in health.detail
    (channel,) = hooks.omnicore_notification_channels(context)
    assert channel.key == "email_smtp"
