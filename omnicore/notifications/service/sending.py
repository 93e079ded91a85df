"""The job that sends one message, and writes down honestly what became of it.

Intent first (``sending``, committed), then the channel, then the outcome. A worker that died
in between leaves ``sending``, which becomes ``unknown``: it is never sent again by itself.
"""

from __future__ import annotations

import logging

from omnicore.db.secrets import Unreadable
from omnicore.jobs.queue import Claimed
from omnicore.notifications import rendering, secrets
from omnicore.notifications.models import Communication, CommunicationStatus
from omnicore.runtime import Runtime
from omnicore.sdk.errors import PortError
from omnicore.sdk.ports.notification import (
    Delivery,
    DeliveryResult,
    Medium,
    Message,
    NotificationChannel,
)

log = logging.getLogger("omnicore.notifications")

TRIES = 6
BACKOFF_S = 30.0
LIMIT_S = 60.0

_ENDS = {
    Delivery.SENT: CommunicationStatus.SENT,
    Delivery.REJECTED: CommunicationStatus.REJECTED,
    Delivery.UNKNOWN: CommunicationStatus.UNKNOWN,
}


class NotSentYet(Exception):
    """Nothing left us; the job is to be repeated."""


def send(runtime: Runtime, job: Claimed) -> None:
    """Send the message of a job once.

    :raises NotSentYet: when it is safe and worthwhile to try again.
    """
    communication_id = int(job.payload["communication_id"])
    message = _begin(runtime, communication_id)
    if message is None:
        return
    port = runtime.plugins.channel(message.medium)
    if port is None:
        _settle(runtime, communication_id, CommunicationStatus.STORED, None)
        return
    try:
        result = port.call(lambda channel: _hand_over(channel, message), LIMIT_S)
    except PortError as error:
        result = DeliveryResult(outcome=Delivery.UNKNOWN, reason=str(error))
    if result.outcome is not Delivery.NOT_SENT:
        _settle(runtime, communication_id, _ENDS[result.outcome], result)
    elif job.attempts >= TRIES:
        _settle(runtime, communication_id, CommunicationStatus.FAILED, result)
    else:
        _settle(runtime, communication_id, CommunicationStatus.WAITING, result)
        raise NotSentYet(result.reason)


def lost(runtime: Runtime, job: Claimed) -> None:
    """The worker that held the message died: one that it had begun to send is unknown now."""
    communication_id = int(job.payload["communication_id"])
    with runtime.db.read() as uow:
        row = uow.session.get(Communication, communication_id)
        begun = row is not None and row.status == CommunicationStatus.SENDING
    if not begun:
        send(runtime, job)
        return
    reason = "The worker ended while it was sending this."
    result = DeliveryResult(outcome=Delivery.UNKNOWN, reason=reason)
    _settle(runtime, communication_id, CommunicationStatus.UNKNOWN, result)


def _hand_over(channel: NotificationChannel, message: Message) -> DeliveryResult:
    result = channel.send(message)
    if isinstance(result, DeliveryResult) and isinstance(result.outcome, Delivery):
        return result
    raise TypeError(f"{channel.key} answered with a {type(result).__name__}")


def _begin(runtime: Runtime, communication_id: int) -> Message | None:
    """Write the intent and give the message; None when there is nothing to send (any more)."""
    with runtime.db.write() as uow:
        row = uow.session.get(Communication, communication_id, with_for_update=True)
        if row is None or row.status != CommunicationStatus.WAITING:
            return None
        try:
            variables = secrets.whole(uow, row.variables or {}, row.sealed)
            words = (
                rendering.Rendered(row.subject, row.body, row.html)
                if row.sealed is None
                else rendering.render(row.template or "", variables)
            )
        except (Unreadable, rendering.CannotRender) as error:
            row.status, row.reason, row.sealed = CommunicationStatus.FAILED, str(error)[:1000], None
            log.error("message %d cannot be sent: %s", communication_id, error)
            return None
        row.status = CommunicationStatus.SENDING
        row.attempts += 1
        return Message(
            key=row.key,
            medium=Medium(row.channel),
            recipient=row.recipient,
            recipient_name=row.recipient_name,
            subject=words.subject,
            text=words.text,
            html=words.html,
            template=row.template or "",
            variables=variables,
        )


def _settle(
    runtime: Runtime,
    communication_id: int,
    status: CommunicationStatus,
    result: DeliveryResult | None,
) -> None:
    with runtime.db.write() as uow:
        row = uow.session.get(Communication, communication_id, with_for_update=True)
        # A holder that was only slow may know better than the one that gave it up for lost.
        if row is None or row.status not in (
            CommunicationStatus.SENDING,
            CommunicationStatus.UNKNOWN,
        ):
            return
        row.status = status
        if result is not None:
            row.outcome = result.outcome.value
            row.reference = result.reference[:255]
            row.reason = result.reason[:1000]
        if status is CommunicationStatus.SENT:
            row.sent_at = uow.now()
        if status is not CommunicationStatus.WAITING:
            row.sealed = None
    log.info("message %d is %s", communication_id, status.value)
