"""A deployment with a scripted carrier of e-mail, a scripted provisioner and a worker by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from omnicore import config, rooms
from omnicore.host.manifests import installed
from omnicore.identity import service as identity
from omnicore.runtime import Runtime, build
from omnicore.sdk.ports.notification import Delivery, DeliveryResult, Message
from tests.conftest import Clock
from tests.notifications import channel
from tests.notifications.channel import Carrier
from tests.provisioning import conftest as ordering
from tests.provisioning.scripted import Scripted

script, work, shop = ordering.script, ordering.work, ordering.shop


@pytest.fixture
def extra_settings() -> str:
    return (
        "plugins: {enabled: [scripted, carrier]}\n"
        "crm: {base_url: 'https://crm.example'}\n"
        "provisioning: {failure_list: [noc@example.com, ops@example.com]}\n"
    )


@pytest.fixture
def runtime(settings: config.Settings, clock: Clock) -> Iterator[Runtime]:
    points = {**installed(), "scripted": ordering.POINT, "carrier": channel.POINT}
    built = build(settings, now=clock, discover=lambda: points)
    rooms.load_models()
    rooms.load_reactions()
    with built.db.write() as uow:
        identity.seed(uow)
    Scripted.scripts.clear()
    Scripted.jobs.clear()
    Carrier.got.clear()
    Carrier.answer = staticmethod(channel.sent)
    yield built
    built.close()


@pytest.fixture
def says() -> Callable[..., None]:
    """Say what the carrier answers from now on."""

    def say(outcome: Delivery, reason: str = "") -> None:
        def answer(_: Message) -> DeliveryResult:
            return DeliveryResult(outcome=outcome, reason=reason)

        Carrier.answer = staticmethod(answer)

    return say
