"""Hands committed events to their subscribers, one delivery at a time."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import ColumnElement, select, true, update

from omnicore import subscribers
from omnicore.db.engine import is_sqlite
from omnicore.db.outbox import OutboxRow
from omnicore.runtime import Runtime
from omnicore.sdk.events import DomainEvent

log = logging.getLogger("omnicore.events")

MAX_ATTEMPTS = 12
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 3600.0
HOLD_S = 60.0
HANDLER_LIMIT_S = 30.0

Lane = ColumnElement[bool]


def lanes(runtime: Runtime) -> list[Lane]:
    """Parts of the deliveries that wait for nobody else's: each plugin's, and all others."""
    plugins = [f"plugin:{name}" for name in runtime.plugins.subscribers()]
    return [
        *(OutboxRow.subscriber == name for name in plugins),
        OutboxRow.subscriber.not_in(plugins),
    ]


def deliver_one(runtime: Runtime, lane: Lane | None = None) -> bool:
    """Try the delivery that is due longest, in one lane or all; False when nothing is due.

    The row is taken by moving its due time ahead, so that a worker that dies in a handler
    only delays the next try, and a handler is never called inside a transaction.
    """
    row = _take(runtime, true() if lane is None else lane)
    if row is None:
        return False
    try:
        event = DomainEvent.from_payload(row.event_name, row.payload)
        _hand_over(runtime, row.subscriber, event)
    except Exception as error:
        log.exception("%s failed on %s, try %d", row.subscriber, row.event_name, row.attempts)
        _failed(runtime, row, repr(error))
    else:
        _settle(runtime, row, delivered_at=runtime.now(), last_error="")
    return True


def _take(runtime: Runtime, lane: Lane) -> OutboxRow | None:
    wanted = (
        select(OutboxRow)
        .where(
            OutboxRow.delivered_at.is_(None),
            OutboxRow.dead.is_(False),
            OutboxRow.due_at <= runtime.now(),
            lane,
        )
        .order_by(OutboxRow.due_at)
        .limit(1)
    )
    with runtime.db.read() as uow:  # an idle worker takes no write lock
        if uow.session.scalars(wanted).first() is None:
            return None
    with runtime.db.write() as uow:
        if not is_sqlite(runtime.db.engine):
            wanted = wanted.with_for_update(skip_locked=True)
        row = uow.session.scalars(wanted).first()
        if row is not None:
            row.attempts += 1
            row.due_at = uow.now() + timedelta(seconds=HOLD_S)
        return row


def _hand_over(runtime: Runtime, subscriber: str, event: DomainEvent) -> None:
    owner, _, name = subscriber.partition(":")
    if owner == "core":
        subscribers.handler(name)(runtime, event)
        return
    for owned in runtime.plugins.subscriptions(type(event)):
        if owned.owner == name:
            handler = owned.offer.handler
            runtime.plugins.caller.call(name, lambda: handler(event), HANDLER_LIMIT_S)  # noqa: B023


def _failed(runtime: Runtime, row: OutboxRow, error: str) -> None:
    wait = min(FIRST_BACKOFF_S * 2 ** (row.attempts - 1), LONGEST_BACKOFF_S)
    _settle(
        runtime,
        row,
        due_at=runtime.now() + timedelta(seconds=wait),
        dead=row.attempts >= MAX_ATTEMPTS,
        last_error=error[:2000],
    )


def _settle(runtime: Runtime, row: OutboxRow, **values: object) -> None:
    with runtime.db.write() as uow:
        uow.session.execute(
            update(OutboxRow).where(OutboxRow.outbox_id == row.outbox_id).values(**values)
        )
