"""Refusals of the activity room."""

from __future__ import annotations

from omnicore.sdk.errors import NotAllowed


class AppendOnly(NotAllowed):
    """Somebody tried to change or remove an entry of the log."""

    code, status, title = "activity-append-only", 405, "The activity log cannot be changed"
