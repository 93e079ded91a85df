"""Who carries messages to people: e-mail, SMS and whatever comes next (guide 28)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class Medium(StrEnum):
    """What a channel carries."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes with an e-mail."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message to one recipient.

    ``key`` is ours and unique; a channel that can passes it on, so that a repeated send is
    recognised. ``template`` is the guide's name of the message type (for example
    ``CustomerInvoice``) and ``variables`` its values, for channels that render remotely;
    ``text`` and ``html`` are always filled in for those that do not.
    """

    key: str
    medium: Medium
    recipient: str
    text: str
    recipient_name: str = ""
    subject: str = ""
    html: str = ""
    template: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()


class Delivery(StrEnum):
    """How a send ended, as far as the channel can honestly say."""

    SENT = "sent"  # accepted by the next hop
    REJECTED = "rejected"  # refused for good: bad address, bad credentials
    NOT_SENT = "not_sent"  # nothing left us; safe to repeat
    UNKNOWN = "unknown"  # it may have gone out; do not repeat by itself


@dataclass(frozen=True, kw_only=True)
class DeliveryResult:
    """The outcome and the carrier's own reference for the message."""

    outcome: Delivery
    reference: str = ""
    reason: str = ""


class NotificationChannel(ABC):
    """One carrier for one medium."""

    key: ClassVar[str]
    medium: ClassVar[Medium]

    @abstractmethod
    def send(self, message: Message) -> DeliveryResult:
        """Send one message. Outcomes are returned; nothing about delivery is raised."""

    @abstractmethod
    def ping(self) -> None:
        """Return when the carrier answers, raise ``PortError`` when it does not."""
