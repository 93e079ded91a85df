"""What this room does in the background and about what happens below it."""

from __future__ import annotations

from omnicore.jobs.registry import JobKind, register
from omnicore.notifications.service import composing, failures, sending
from omnicore.sdk.events import ProvisionFinished
from omnicore.subscribers import subscribe

register(
    JobKind(
        name=composing.SEND,
        queue=composing.QUEUE,
        run=sending.send,
        lost=sending.lost,
        tries=sending.TRIES,
        backoff_s=sending.BACKOFF_S,
    )
)
subscribe("notifications.provision_failed", ProvisionFinished, failures.tell)
