"""Writing messages down: rendered, kept, and queued for whatever channel there is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from omnicore.customers import service as customers
from omnicore.customers.models import Contact, Customer
from omnicore.db.uow import UnitOfWork
from omnicore.jobs import queue
from omnicore.notifications import rendering, secrets
from omnicore.notifications.models import Communication, CommunicationStatus
from omnicore.sdk.errors import Invalid
from omnicore.sdk.ports.notification import Medium

log = logging.getLogger("omnicore.notifications")

SEND = "notifications.send"
QUEUE = "notifications"
"""Of its own: a carrier that hangs delays messages only."""
MESSAGE = "Message"
"""The template of what staff write in their own words: ``subject`` and ``message``."""


def compose(
    uow: UnitOfWork,
    *,
    template: str,
    medium: Medium,
    recipient: str,
    variables: Mapping[str, Any] | None = None,
    recipient_name: str = "",
    customer_id: int | None = None,
    contact_id: int | None = None,
    key: str | None = None,
) -> Communication:
    """Write a message in this transaction; it is sent after the commit.

    It never fails because of a template or a channel: what went wrong stands in the row, and
    the business action around it stays. Put what is secret (a password, a link with a token)
    into ``variables`` as ``SecretValue``: it is sent and never shown.

    :param recipient: an e-mail address or a phone number, as ``medium`` needs it.
    :param key: says which messages are one and the same; a second call with it returns the
        first row and sends nothing.
    """
    key = key or uuid4().hex
    before = _of_key(uow, key)
    if before is not None:
        return before
    shown, sealed = secrets.split(uow, variables or {})
    row = Communication(
        key=key,
        channel=medium.value,
        template=template,
        recipient=recipient.strip(),
        recipient_name=recipient_name[:255],
        customer_id=customer_id,
        contact_id=contact_id,
        variables=shown,
        sealed=sealed,
        has_secrets=sealed is not None,
        status=CommunicationStatus.WAITING,
    )
    _fill_in(row, template, shown)
    try:
        with uow.session.begin_nested():
            uow.session.add(row)
    except IntegrityError:
        first = _of_key(uow, key)
        if first is None:
            raise  # not the key: a customer or contact that is not there
        return first
    if row.status is CommunicationStatus.WAITING:
        enqueue(uow, row)
    return row


def enqueue(uow: UnitOfWork, row: Communication) -> None:
    """Queue a waiting message for sending."""
    queue.enqueue(uow, SEND, {"communication_id": row.communication_id}, queue=QUEUE)


def write_to_customer(
    uow: UnitOfWork,
    *,
    customer_id: int,
    channel: Medium,
    body: str,
    subject: str = "",
    contact_id: int | None = None,
) -> Communication:
    """A message of staff to a contact of a customer; to a primary contact when none is named.

    :raises NotFound: for a customer or contact that the caller cannot see.
    :raises Invalid: for a contact of another customer, or without address for the channel.
    """
    customer = uow.get(Customer, customer_id)
    contact = _contact(uow, customer_id, contact_id)
    address = contact and (
        contact.contact_email if channel is Medium.EMAIL else contact.contact_phone
    )
    if contact is None or not address:
        what = "an e-mail address" if channel is Medium.EMAIL else "a phone number"
        raise Invalid.field("contact_id", f"there is no contact with {what}")
    name = f"{contact.contact_firstname} {contact.contact_lastname}".strip()
    return compose(
        uow,
        template=MESSAGE,
        medium=channel,
        recipient=address,
        recipient_name=name,
        customer_id=customer_id,
        contact_id=contact.contact_id,
        variables={"subject": subject, "message": body, "customer_name": customer.customer_name},
    )


def _contact(uow: UnitOfWork, customer_id: int, contact_id: int | None) -> Contact | None:
    if contact_id is None:
        found = customers.recipients(uow, customer_id, "Primary")
        return uow.get(Contact, found[0]["contact_id"]) if found else None
    contact = uow.get(Contact, contact_id)
    if contact.customer_id != customer_id:
        raise Invalid.field("contact_id", "belongs to another customer")
    return contact


def _of_key(uow: UnitOfWork, key: str) -> Communication | None:
    statement = select(Communication).where(Communication.key == key)
    with uow.unscoped():
        return uow.session.scalars(statement).first()


def _fill_in(row: Communication, template: str, shown: Mapping[str, Any]) -> None:
    try:
        words = rendering.render(template, shown)
    except rendering.CannotRender as error:
        log.error("message to be sent by %s cannot be written: %s", row.channel, error)
        row.status = CommunicationStatus.FAILED
        row.reason = str(error)[:1000]
        return
    row.subject, row.body, row.html = words.subject, words.text, words.html
