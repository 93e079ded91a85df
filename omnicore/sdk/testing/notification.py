"""The contract of a notification channel, as tests.

A vendor's whole test file::

    class TestMyChannel(EmailChannelContract):  # NotificationChannelContract for SMS
        @pytest.fixture
        def sandbox(self): ...

        @pytest.fixture
        def channel(self, sandbox): ...

Give the channel a short time-out (half a second will do), as some tests wait for it, and
credentials, so that the sandbox can refuse and quote them.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import pytest

from omnicore.sdk.errors import PortError
from omnicore.sdk.ports.notification import (
    Attachment,
    Delivery,
    DeliveryResult,
    Medium,
    Message,
    NotificationChannel,
)
from omnicore.sdk.testing.contract import Contract


class Behaviour(StrEnum):
    """What the sandbox does with every message from now on."""

    WORK = "work"
    AWAY = "away"  # nothing listens at its address
    HANG = "hang"  # takes the connection and never says a word
    BUSY = "busy"  # says "try again later" before it takes the message
    REFUSE = "refuse"  # says no for good: no such recipient
    LOCK_OUT = "lock_out"  # refuses our credentials, and quotes them in its answer
    TAKE_AND_HANG = "take_and_hang"  # takes the message and never confirms it
    TAKE_AND_CUT = "take_and_cut"  # takes the message and breaks the connection
    TAKE_AND_MUMBLE = "take_and_mumble"  # takes the message and answers what is no answer


@dataclass(frozen=True, kw_only=True)
class Received:
    """A message as it came out at the far end; ``key`` is empty where the carrier has no place."""

    recipient: str
    text: str
    subject: str = ""
    html: str = ""
    key: str = ""
    attachments: Sequence[Attachment] = ()


class NotificationSandbox(Protocol):
    """A stand-in for the carrier that a test can script and inspect."""

    @property
    def secret(self) -> str:
        """The password or key that the channel was given."""

    def will(self, behaviour: Behaviour) -> None:
        """Behave so until told otherwise; a new test starts with ``WORK``."""

    def received(self) -> Sequence[Received]:
        """Every message that was handed over completely since the test began, in order.

        Also those that were never confirmed.
        """


DOUBTS = (Behaviour.TAKE_AND_HANG, Behaviour.TAKE_AND_CUT, Behaviour.TAKE_AND_MUMBLE)
FAULTS = tuple(behaviour for behaviour in Behaviour if behaviour is not Behaviour.WORK)


class NotificationChannelContract(Contract):
    """Give it ``channel`` and ``sandbox``, override no test."""

    patience_s: ClassVar[float] = 15.0
    """No call may take longer, however the other side behaves."""
    carries_key: ClassVar[bool] = False
    """Whether the carrier has a place for the core's key."""
    recipient: ClassVar[str] = "+491701234567"
    """An address that the sandbox takes."""

    @pytest.fixture
    def sandbox(self) -> NotificationSandbox:
        raise NotImplementedError

    @pytest.fixture
    def channel(self, sandbox: NotificationSandbox) -> NotificationChannel:
        raise NotImplementedError

    def message(self, channel: NotificationChannel, **values: Any) -> Message:
        """A message with a key of its own."""
        given = {
            "key": f"test:{uuid.uuid4()}",
            "medium": channel.medium,
            "recipient": self.recipient,
            "subject": "Hello",
            "text": "Your code is ready.\n",
        }
        return Message(**{**given, **values})

    def send(self, channel: NotificationChannel, **values: Any) -> DeliveryResult:
        """Send such a message."""
        return channel.send(self.message(channel, **values))

    def test_the_key_is_a_slug_and_the_medium_is_known(self, channel: NotificationChannel) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", channel.key)
        assert isinstance(channel.medium, Medium)

    def test_ping_returns_when_the_carrier_answers(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        channel.ping()
        assert list(sandbox.received()) == []

    @pytest.mark.parametrize("behaviour", [Behaviour.AWAY, Behaviour.HANG, Behaviour.LOCK_OUT])
    def test_ping_is_a_port_error_in_time_when_the_carrier_is_not_there_for_us(
        self, channel: NotificationChannel, sandbox: NotificationSandbox, behaviour: Behaviour
    ) -> None:
        sandbox.will(behaviour)
        began = time.monotonic()
        with pytest.raises(PortError) as failed:
            channel.ping()
        assert time.monotonic() - began < self.patience_s
        assert sandbox.secret not in str(failed.value)

    @pytest.mark.parametrize(
        "text", ["Grüße aus Łódź – 日本 🛰\nThe end.\n", "A dot alone\n.\n..and two\nThe end.\n"]
    )
    def test_a_message_arrives_once_and_as_it_was_written(
        self, channel: NotificationChannel, sandbox: NotificationSandbox, text: str
    ) -> None:
        result = self.send(channel, text=text)
        assert result.outcome is Delivery.SENT, result
        (received,) = sandbox.received()
        assert received.recipient == self.recipient
        assert received.text.splitlines() == text.splitlines()

    def test_the_key_goes_along_where_the_carrier_has_a_place_for_it(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        message = self.message(channel)
        for _ in range(2):
            channel.send(message)
        keys = {received.key for received in sandbox.received()}
        assert keys == {message.key if self.carries_key else ""}

    def test_a_refusal_is_a_result_and_final(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        sandbox.will(Behaviour.REFUSE)
        result = self.send(channel)
        assert result.outcome is Delivery.REJECTED
        assert result.reason

    @pytest.mark.parametrize("recipient", ["", "a\r\nb", "a\0b"])
    def test_what_is_no_address_is_rejected_and_never_leaves(
        self, channel: NotificationChannel, sandbox: NotificationSandbox, recipient: str
    ) -> None:
        assert self.send(channel, recipient=recipient).outcome is Delivery.REJECTED
        assert list(sandbox.received()) == []

    @pytest.mark.parametrize("behaviour", [Behaviour.AWAY, Behaviour.BUSY])
    def test_what_surely_did_not_leave_is_not_sent(
        self, channel: NotificationChannel, sandbox: NotificationSandbox, behaviour: Behaviour
    ) -> None:
        sandbox.will(behaviour)
        result = self.send(channel)
        assert result.outcome is Delivery.NOT_SENT
        assert result.reason
        assert list(sandbox.received()) == []

    @pytest.mark.parametrize("behaviour", DOUBTS)
    def test_doubt_is_unknown_and_nothing_is_handed_over_twice(
        self, channel: NotificationChannel, sandbox: NotificationSandbox, behaviour: Behaviour
    ) -> None:
        sandbox.will(behaviour)
        assert self.send(channel).outcome is Delivery.UNKNOWN
        assert len(sandbox.received()) == 1

    def test_silence_is_no_promise_and_no_refusal(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        sandbox.will(Behaviour.HANG)
        began = time.monotonic()
        assert self.send(channel).outcome in (Delivery.NOT_SENT, Delivery.UNKNOWN)
        assert time.monotonic() - began < self.patience_s

    def test_refused_credentials_are_final_and_never_quoted(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        sandbox.will(Behaviour.LOCK_OUT)
        result = self.send(channel)
        assert result.outcome is Delivery.REJECTED
        assert list(sandbox.received()) == []
        assert sandbox.secret not in f"{result!r} {channel!r}"

    def test_the_channel_is_itself_again_after_each_failure(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        for behaviour in FAULTS:
            sandbox.will(behaviour)
            self.send(channel)
        sandbox.will(Behaviour.WORK)
        assert self.send(channel).outcome is Delivery.SENT

    def test_threads_may_use_it_at_the_same_time(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        texts = [f"message {number}" for number in range(12)]
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda text: self.send(channel, text=text), texts))
        assert {result.outcome for result in results} == {Delivery.SENT}
        assert sorted(one.text.strip() for one in sandbox.received()) == sorted(texts)


class EmailChannelContract(NotificationChannelContract):
    """What a channel for e-mail promises besides."""

    recipient: ClassVar[str] = "zoe@example.com"

    def test_subject_html_and_text_arrive_together(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        subject = "Ihre Rechnung über 12,50 € – " + "bitte lesen " * 12 + "🛰"
        html = "<p>Größe &amp; <b>mehr</b></p>" + "<i>x</i>" * 400
        result = self.send(
            channel, subject=subject, html=html, recipient_name='Zoë "Z" O\'Hara, Ltd'
        )
        assert result.outcome is Delivery.SENT, result
        (received,) = sandbox.received()
        assert received.subject == subject
        assert received.html.strip() == html
        assert received.text.strip() == "Your code is ready."

    def test_attachments_arrive_byte_by_byte(
        self, channel: NotificationChannel, sandbox: NotificationSandbox
    ) -> None:
        files = [
            Attachment(
                filename="Rechnung März.pdf",
                content_type="application/pdf",
                content=b"%PDF-1.7\r\n.\r\n" + bytes(range(256)) * 20,
            ),
            Attachment(filename="notes.txt", content_type="text/plain", content=b"one\ntwo\n"),
        ]
        result = self.send(channel, html="<p>see below</p>", attachments=files)
        assert result.outcome is Delivery.SENT, result
        (received,) = sandbox.received()
        assert list(received.attachments) == files

    @pytest.mark.parametrize("break_", ["\r\n", "\n", "\r"])
    @pytest.mark.parametrize("field", ["subject", "recipient_name", "filename"])
    def test_a_line_break_adds_no_header_and_no_recipient(
        self,
        channel: NotificationChannel,
        sandbox: NotificationSandbox,
        field: str,
        break_: str,
    ) -> None:
        """Refused, or flattened: both are safe."""
        evil = f"Hello{break_}Bcc: all@example.com{break_}{break_}Buy now"
        file = Attachment(filename=evil, content_type="text/plain", content=b"x")
        values = {"attachments": [file]} if field == "filename" else {field: evil}
        assert self.send(channel, **values).outcome in (Delivery.REJECTED, Delivery.SENT)
        for received in sandbox.received():
            assert received.recipient == self.recipient
            assert received.text.strip() == "Your code is ready."
            assert not re.search(r"[\r\n]", received.subject)

    @pytest.mark.parametrize(
        "recipient", ["nobody", "a@b, c@d.example", "<a@b.example>", "a b@c.example", "@b.example"]
    )
    def test_one_address_is_one_address(
        self, channel: NotificationChannel, sandbox: NotificationSandbox, recipient: str
    ) -> None:
        assert self.send(channel, recipient=recipient).outcome is Delivery.REJECTED
        assert list(sandbox.received()) == []
