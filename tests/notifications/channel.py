"""A plugin whose channels answer what a test says, and keep what they were given."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import ClassVar

from omnicore.sdk import hookimpl
from omnicore.sdk.manifest import Manifest
from omnicore.sdk.ports.notification import (
    Delivery,
    DeliveryResult,
    Medium,
    Message,
    NotificationChannel,
)

MANIFEST = Manifest(
    name="carrier", requires_sdk=">=1.0,<2", hooks="tests.notifications.channel", summary="Tests"
)
POINT = EntryPoint("carrier", "tests.notifications.channel:MANIFEST", "omnicore.plugins")

Answer = Callable[[Message], DeliveryResult]


def sent(message: Message) -> DeliveryResult:
    return DeliveryResult(outcome=Delivery.SENT, reference=f"ref-{message.key[:8]}")


class Carrier(NotificationChannel):
    key = "carrier"
    medium = Medium.EMAIL
    answer: ClassVar[Answer] = staticmethod(sent)
    got: ClassVar[list[Message]] = []

    def send(self, message: Message) -> DeliveryResult:
        self.got.append(message)
        return type(self).answer(message)

    def ping(self) -> None:
        """It is always there."""


@hookimpl
def omnicore_notification_channels(context: object) -> list[NotificationChannel]:
    return [Carrier()]
