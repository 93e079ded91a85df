"""The conversation with the mail server (RFC 5321), and what its answers mean for a message.

Until the server has said 354 to DATA nothing has left us. From then on a message without an
answer may have been taken: that is unknown, and neither we nor the core repeat it.
"""

from __future__ import annotations

import base64
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from omnicore.sdk.errors import PortError
from omnicore.sdk.ports.notification import (
    Delivery,
    DeliveryResult,
    Medium,
    Message,
    NotificationChannel,
)
from omnicore_email_smtp import letter
from omnicore_email_smtp.settings import Security, SmtpSettings

_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Refused(Exception):
    """The server answered with another code than the step needs."""

    def __init__(self, step: str, code: int, said: bytes) -> None:
        super().__init__(f"{step}: {code} {said.decode('utf-8', 'replace')}")
        self.code = code


class SmtpChannel(NotificationChannel):
    """E-mail through one SMTP server; a connection of its own for each message."""

    key = "email_smtp"
    medium = Medium.EMAIL

    def __init__(self, settings: SmtpSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        secret = settings.password.reveal()
        plain = f"\0{settings.username}\0{secret}"
        self._unspeakable = [secret, *(_base64(text) for text in (secret, plain))] if secret else []

    def send(self, message: Message) -> DeliveryResult:
        """Send one message over a fresh connection.

        An answer of class 5 is a rejection, one of class 4 and whatever happens before the
        message is handed over is "not sent", no answer after that is "unknown".
        """
        try:
            address = letter.envelope_address(message.recipient)
            content = letter.write(message, self._settings, self._now())
        except letter.Unwritable as error:
            return self._result(Delivery.REJECTED, str(error))
        try:
            with self._session() as smtp:
                self._address(smtp, address)
                return self._hand_over(smtp, content, letter.message_id(message, self._settings))
        except (_Refused, smtplib.SMTPResponseException) as error:
            return self._judged(error)
        except OSError as error:  # SMTPException is one too
            return self._result(Delivery.NOT_SENT, f"nothing was sent: {_words(error)}")

    def ping(self) -> None:
        """Connect, introduce ourselves, log in, NOOP.

        :raises PortError: when any of it fails.
        """
        try:
            with self._session() as smtp:
                _expect("NOOP", smtp.noop(), 2)
        except (_Refused, OSError) as error:
            raise PortError(self._clean(_words(error))) from error

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A server that knows us; the connection is dropped afterwards, come what may."""
        settings = self._settings
        smtp = self._connect()
        try:
            _expect("EHLO", smtp.ehlo(), 2)
            if settings.security is Security.STARTTLS:
                # Raises when the server offers none: nothing is ever said in the clear instead.
                _expect("STARTTLS", smtp.starttls(context=self._tls()), 2)
                _expect("EHLO", smtp.ehlo(), 2)
            if settings.username:
                smtp.login(settings.username, settings.password.reveal())
            yield smtp
            with suppress(OSError):
                smtp.putcmd("QUIT")  # its answer changes nothing, so nobody waits for it
        finally:
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.security is Security.SSL:
            return smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                settings.helo_name,
                timeout=settings.timeout_s,
                context=self._tls(),
            )
        return smtplib.SMTP(
            settings.host, settings.port, settings.helo_name, timeout=settings.timeout_s
        )

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file or None)

    def _address(self, smtp: smtplib.SMTP, address: str) -> None:
        international = not address.isascii()
        if international and not smtp.has_extn("smtputf8"):
            raise _Refused("RCPT", 553, b"the server takes no address outside ASCII")
        options = ["SMTPUTF8"] if international else []
        smtp.command_encoding = "utf-8" if international else "ascii"
        _expect("MAIL", smtp.mail(self._settings.from_email, options), 2)
        _expect("RCPT", smtp.rcpt(address), 2)
        _expect("DATA", smtp.docmd("DATA"), 3)

    def _hand_over(self, smtp: smtplib.SMTP, content: bytes, reference: str) -> DeliveryResult:
        try:
            smtp.send(_LEADING_DOT.sub(b"..", content) + b".\r\n")
            code, said = smtp.getreply()
        except OSError as error:
            return self._result(
                Delivery.UNKNOWN, f"no answer after the message: {_words(error)}", reference
            )
        if code // 100 in (4, 5):
            return self._judged(_Refused("message", code, said))
        outcome = Delivery.SENT if code // 100 == 2 else Delivery.UNKNOWN
        return self._result(outcome, f"{code} {said.decode('utf-8', 'replace')}", reference)

    def _judged(self, error: _Refused | smtplib.SMTPResponseException) -> DeliveryResult:
        code = error.code if isinstance(error, _Refused) else error.smtp_code
        outcome = Delivery.REJECTED if code // 100 == 5 else Delivery.NOT_SENT
        return self._result(outcome, _words(error))

    def _result(self, outcome: Delivery, reason: str, reference: str = "") -> DeliveryResult:
        return DeliveryResult(outcome=outcome, reference=reference, reason=self._clean(reason))

    def _clean(self, text: str) -> str:
        """Servers have been seen to quote what they refuse."""
        for secret in self._unspeakable:
            text = text.replace(secret, "***")
        return text


def _expect(step: str, answer: tuple[int, bytes], wanted: int) -> None:
    code, said = answer
    if code // 100 != wanted:
        raise _Refused(step, code, said)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        step = "login" if isinstance(error, smtplib.SMTPAuthenticationError) else "server"
        return f"{step}: {error.smtp_code} {text}"
    return str(error) or type(error).__name__


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
