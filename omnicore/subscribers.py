"""What rooms of the core do about events of rooms below them.

A room that must act on what happened further down registers a handler here; it is
delivered through the same outbox as to plugins: after commit, at least once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from omnicore.sdk.events import DomainEvent

if TYPE_CHECKING:
    from omnicore.runtime import Runtime

Handler = Callable[["Runtime", Any], None]

_HANDLERS: dict[str, tuple[type[DomainEvent], Handler]] = {}


def subscribe(name: str, event: type[DomainEvent], handler: Handler) -> None:
    """Register ``handler`` under a name that stays: it is stored with waiting events."""
    taken = _HANDLERS.get(name)
    if taken is not None and taken[1] is not handler:
        raise ValueError(f"two subscribers are called {name}")
    _HANDLERS[name] = (event, handler)


def names(event: type[DomainEvent]) -> list[str]:
    """The core's subscribers to an event, as stored in the outbox."""
    return [f"core:{name}" for name, (wanted, _) in _HANDLERS.items() if wanted is event]


def handler(name: str) -> Handler:
    """The handler behind ``core:<name>``.

    :raises KeyError: when no room registered it.
    """
    return _HANDLERS[name][1]
