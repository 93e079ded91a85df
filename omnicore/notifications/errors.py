"""Refusals of the notifications room."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict


class CommunicationState(Conflict):
    """The message is in a state that forbids this."""

    code, title = "communication-state", "The message cannot do this now"
