"""Refusals of the services room."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict


class StatusMoveRefused(Conflict):
    """A service cannot go from its status to the one that was asked for."""

    code, title = "service-status-move", "The service cannot take this status now"


class UuidTaken(Conflict):
    """Another service has this ``service_uuid``, which names one charging account."""

    code, title = "service-uuid-taken", "Another service has this service_uuid"
