"""A message of the core as an e-mail (RFC 5322, MIME): nothing in it can become a header."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from omnicore.sdk.ports.notification import Message
from omnicore_email_smtp.settings import SmtpSettings

_ADDRESS = re.compile(r'[^\s@<>(),;:"\\\[\]\x00-\x1f\x7f]+@[^\s@<>(),;:"\\\[\]\x00-\x1f\x7f]+')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_SEVEN_BIT = SMTP.clone(cte_type="7bit")


class Unwritable(Exception):
    """This message cannot be an e-mail; the text says what is wrong with it."""


def message_id(message: Message, settings: SmtpSettings) -> str:
    """``<key@domain>``: the same for every try of one message."""
    return f"<{quote(message.key, safe='')}@{settings.domain}>"


def envelope_address(recipient: str) -> str:
    """The address for the envelope, its domain in ASCII (IDNA).

    :raises Unwritable: when it is no address.
    """
    if not _ADDRESS.fullmatch(recipient):
        raise Unwritable(f"{recipient!r} is not an e-mail address")
    local, _, domain = recipient.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise Unwritable(f"{domain!r} is not a domain") from error


def write(message: Message, settings: SmtpSettings, now: datetime) -> bytes:
    """The e-mail as it goes over the wire, with CRLF and without dot-stuffing.

    :raises Unwritable: for a line break where a header would go, or another thing that
        e-mail cannot carry.
    """
    one_line = [message.subject, message.recipient_name, message.key]
    one_line += [f"{file.filename}{file.content_type}" for file in message.attachments]
    if any(_CONTROL.search(text) for text in one_line):
        raise Unwritable("a line break in a subject, a name or a file name is refused")
    address = envelope_address(message.recipient)
    letter = EmailMessage(policy=_SEVEN_BIT.clone(utf8=not address.isascii()))
    letter["From"] = Address(settings.from_name, addr_spec=settings.from_email)
    letter["To"] = Address(message.recipient_name, *_split(address))
    if settings.reply_to:
        letter["Reply-To"] = settings.reply_to
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = message_id(message, settings)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    if message.html:
        letter.add_alternative(message.html, subtype="html")
    for file in message.attachments:
        if not _CONTENT_TYPE.fullmatch(file.content_type):
            raise Unwritable(f"{file.content_type!r} is not a content type")
        kind, _, subtype = file.content_type.partition("/")
        letter.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.filename)
    return letter.as_bytes()


def _split(address: str) -> tuple[str, str]:
    local, _, domain = address.rpartition("@")
    return local, domain
