"""Two plugins that ask for events; what they do with one is a test's to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from typing import ClassVar

from omnicore.sdk import hookimpl
from omnicore.sdk.context import PluginContext
from omnicore.sdk.events import CustomerCreated, Subscription
from omnicore.sdk.manifest import Manifest

HOOKS = "tests.db.listener"
MANIFESTS = {
    name: Manifest(name=name, requires_sdk=">=1.0,<2", hooks=hooks)
    for name, hooks in (("first", HOOKS), ("second", "tests.db.second_listener"))
}
FIRST, SECOND = MANIFESTS.values()


def discover() -> dict[str, EntryPoint]:
    """Both, as if they were installed."""
    return {
        "first": EntryPoint("first", f"{HOOKS}:FIRST", "omnicore.plugins"),
        "second": EntryPoint("second", f"{HOOKS}:SECOND", "omnicore.plugins"),
    }


class Heard:
    """What each plugin was told, and what it does when told."""

    events: ClassVar[list[tuple[str, CustomerCreated]]] = []
    acts: ClassVar[dict[str, Callable[[CustomerCreated], None]]] = {}

    @classmethod
    def by(cls, name: str) -> Callable[[CustomerCreated], None]:
        def handler(event: CustomerCreated) -> None:
            cls.events.append((name, event))
            cls.acts.get(name, lambda event: None)(event)

        return handler

    @classmethod
    def forget(cls) -> None:
        cls.events.clear()
        cls.acts.clear()


@hookimpl
def omnicore_subscriptions(context: PluginContext) -> Iterable[Subscription]:
    return [Subscription(CustomerCreated, Heard.by(context.name))]
