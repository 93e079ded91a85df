"""What the provisioning room refuses."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict, Forbidden, Invalid


class UnsafePlay(Invalid):
    """The name of a play leaves the plays folder."""

    code, title = "unsafe-play-name", "That is not the name of a play"


class NoPlay(Invalid):
    """Nothing says which play to run."""

    code, title = "no-play", "There is no play to run"


class OverrideRefused(Invalid):
    """A customer sent a variable that only staff may set."""

    code, title = "override-refused", "Only staff may set that"


class InventoryNotChosen(Invalid):
    """An item of a required type was not chosen."""

    code, title = "inventory-not-chosen", "An inventory item must be chosen"


class StillRunning(Conflict):
    """The job has not ended yet."""

    code, title = "job-still-running", "The job is still running"


class AlreadyEnded(Conflict):
    """The job has ended already."""

    code, title = "job-already-ended", "The job has ended already"


class CannotRetry(Conflict):
    """What the job was started with is no longer kept."""

    code, title = "job-cannot-be-retried", "The job cannot be run again"


class StaffMayOrder(Forbidden):
    """A customer asked for what only staff may order."""

    code, title = "staff-may-order", "Only staff may order that"


class WhichService(Conflict):
    """An add-on fits no service of the customer, or several."""

    code, title = "which-service", "Say which service it is for"
