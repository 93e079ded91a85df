"""What the plugin says to a mail server, and what it makes of every answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from omnicore_email_smtp.channel import SmtpChannel

from omnicore.sdk.errors import PortError
from omnicore.sdk.ports.notification import Delivery, Medium, Message
from omnicore.sdk.testing.notification import Behaviour

from .mail_server import PASSWORD, MailServer

MakeServer = Callable[..., MailServer]
MakeChannel = Callable[..., SmtpChannel]


def a_message(**values: str) -> Message:
    given = {"key": "provision:7", "recipient": "zoe@example.com", "text": "Hi\n", "subject": "S"}
    return Message(medium=Medium.EMAIL, **{**given, **values})


@pytest.mark.parametrize(
    ("step", "reply", "outcome"),
    [
        ("BANNER", "554 no service", Delivery.REJECTED),
        ("BANNER", "421 too many", Delivery.NOT_SENT),
        ("BANNER", "CUT", Delivery.NOT_SENT),
        ("BANNER", "hello?", Delivery.NOT_SENT),
        ("EHLO", "421 going down", Delivery.NOT_SENT),
        ("AUTH", "454 try later", Delivery.NOT_SENT),
        ("AUTH", "CUT", Delivery.NOT_SENT),
        ("MAIL", "421 closing", Delivery.NOT_SENT),
        ("MAIL", "550 not you", Delivery.REJECTED),
        ("RCPT", "450 grey-listed", Delivery.NOT_SENT),
        ("RCPT", "550 no such mailbox", Delivery.REJECTED),
        ("RCPT", "HANG", Delivery.NOT_SENT),
        ("DATA", "HANG", Delivery.NOT_SENT),
        ("DATA", "CUT", Delivery.NOT_SENT),
        ("DATA", "554 no valid recipients", Delivery.REJECTED),
        ("DOT", "421 going down", Delivery.NOT_SENT),
        ("DOT", "452 disk full", Delivery.NOT_SENT),
        ("DOT", "552 too large", Delivery.REJECTED),
        ("DOT", "354 more?", Delivery.UNKNOWN),
        ("DOT", "HANG", Delivery.UNKNOWN),
        ("DOT", "CUT", Delivery.UNKNOWN),
    ],
)
def test_every_answer_has_its_meaning(
    server: MailServer, make_channel: MakeChannel, step: str, reply: str, outcome: Delivery
) -> None:
    server.replies[step] = reply
    result = make_channel(server).send(a_message())
    assert result.outcome is outcome, result
    if reply[:3].isdigit():
        assert reply[:3] in result.reason


def test_starttls_comes_before_the_login_and_the_message(
    make_server: MakeServer, make_channel: MakeChannel, certificate: Path
) -> None:
    server = make_server(tls=True)
    channel = make_channel(server, security="starttls", ca_file=str(certificate))
    assert channel.send(a_message()).outcome is Delivery.SENT
    assert server.encrypted == [True]
    verbs = [command.split()[0] for command in server.commands]
    assert verbs[:4] == ["ehlo", "STARTTLS", "ehlo", "AUTH"]


def test_without_starttls_nothing_is_said_in_the_clear(
    server: MailServer, make_channel: MakeChannel, certificate: Path
) -> None:
    channel = make_channel(server, security="starttls", ca_file=str(certificate))
    assert channel.send(a_message()).outcome is Delivery.NOT_SENT
    assert {command.split()[0] for command in server.commands} <= {"ehlo", "QUIT"}


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_certificate_that_nobody_vouches_for_stops_the_conversation(
    make_server: MakeServer, make_channel: MakeChannel, security: str
) -> None:
    server = make_server(tls=security == "starttls", implicit=security == "ssl")
    result = make_channel(server, security=security).send(a_message())
    assert result.outcome is Delivery.NOT_SENT
    assert "certificate" in result.reason
    assert not [command for command in server.commands if command.startswith("AUTH")]


def test_tls_from_the_start(
    make_server: MakeServer, make_channel: MakeChannel, certificate: Path
) -> None:
    server = make_server(implicit=True)
    channel = make_channel(server, security="ssl", ca_file=str(certificate))
    assert channel.send(a_message()).outcome is Delivery.SENT
    assert server.encrypted == [True]


def test_no_login_is_tried_where_none_is_set(server: MailServer, make_channel: MakeChannel) -> None:
    channel = make_channel(server, username="", password="")
    assert channel.send(a_message()).outcome is Delivery.SENT
    assert not [command for command in server.commands if command.startswith("AUTH")]


def test_the_headers_are_ours_and_the_wire_is_seven_bit(
    server: MailServer, make_channel: MakeChannel
) -> None:
    channel = make_channel(server, reply_to="help@example.com", helo_name="crm.example.com")
    result = channel.send(a_message(text="Grüße\n", html="<p>Grüße</p>", subject="Größe"))
    (content,) = server.raw()
    assert content.isascii()
    header = content.partition(b"\r\n\r\n")[0].decode()
    assert "Message-ID: <provision%3A7@example.com>" in header
    assert result.reference == "<provision%3A7@example.com>"
    assert "Date: Fri, 01 May 2026 12:00:00 +0000" in header
    assert "Reply-To: help@example.com" in header
    assert "Auto-Submitted: auto-generated" in header
    assert server.commands[0] == "ehlo crm.example.com"
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))


def test_an_international_address_needs_a_server_that_takes_it(
    server: MailServer, make_channel: MakeChannel
) -> None:
    channel = make_channel(server)
    assert channel.send(a_message(recipient="zoë@bücher.example")).outcome is Delivery.SENT
    assert server.received()[0].recipient == "zoë@xn--bcher-kva.example"
    server.extensions.remove("SMTPUTF8")
    assert channel.send(a_message(recipient="zoë@bücher.example")).outcome is Delivery.REJECTED
    assert channel.send(a_message(recipient="zoe@bücher.example")).outcome is Delivery.SENT


def test_the_farewell_is_not_waited_for(server: MailServer, make_channel: MakeChannel) -> None:
    server.replies["QUIT"] = "HANG"
    channel = make_channel(server, timeout_s=20)
    began = time.monotonic()
    assert channel.send(a_message()).outcome is Delivery.SENT
    assert time.monotonic() - began < 10


def test_ping_says_noop_and_tells_what_is_wrong(
    server: MailServer, make_channel: MakeChannel
) -> None:
    channel = make_channel(server)
    channel.ping()
    assert "noop" in server.commands
    server.will(Behaviour.LOCK_OUT)
    with pytest.raises(PortError, match="535") as failed:
        channel.ping()
    assert PASSWORD not in str(failed.value)
