"""Reading messages, sending one again, deleting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from omnicore.customers.service.customers import visible
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.notifications.errors import CommunicationState
from omnicore.notifications.models import Communication, CommunicationStatus
from omnicore.notifications.service.composing import enqueue
from omnicore.sdk.errors import NotFound

FOR_STAFF = frozenset({"key", "outcome", "reference", "reason", "attempts"})
STAFF_LIST = Listing(
    columns=columns_of(
        Communication,
        "communication_id",
        "customer_id",
        "contact_id",
        "channel",
        "template",
        "recipient",
        "recipient_name",
        "subject",
        "body",
        "status",
        "outcome",
        "reference",
        "reason",
        "attempts",
        "key",
        "sent_at",
        "created",
        "last_modified",
    ),
    key="communication_id",
    search=(Communication.recipient, Communication.subject, Communication.template),
)
CUSTOMER_LIST = replace(
    STAFF_LIST,
    columns={name: c for name, c in STAFF_LIST.columns.items() if name not in FOR_STAFF},
)
"""What customers see of messages to them: not the talk between servers."""

_AGAIN = frozenset(
    {
        CommunicationStatus.STORED,
        CommunicationStatus.REJECTED,
        CommunicationStatus.FAILED,
        CommunicationStatus.UNKNOWN,
    }
)


def listing(uow: UnitOfWork, query: ListQuery) -> Page:
    """Messages, newest first."""
    return page(uow, _offered(uow), query)


def of_customer(uow: UnitOfWork, customer_id: int, query: ListQuery) -> Page:
    """Messages to one customer.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    visible(uow, customer_id)
    return page(uow, _offered(uow), query, Communication.customer_id == customer_id)


def read(uow: UnitOfWork, communication_id: int) -> dict[str, Any]:
    """One message with its HTML; staff see the variables too.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    columns = dict(_offered(uow).columns) | columns_of(Communication, "html")
    if uow.scope.customer_id is None:
        columns |= columns_of(Communication, "variables")
    statement = select(*(column.label(name) for name, column in columns.items()))
    found = uow.session.execute(
        statement.where(Communication.communication_id == communication_id)
    ).first()
    if found is None:
        raise NotFound(f"no communication {communication_id}")
    return found._asdict()


def update(uow: UnitOfWork, communication_id: int, values: Mapping[str, Any]) -> None:
    """Send a message again: ``status`` ``waiting`` is all that can be asked of it.

    :raises CommunicationState: when it was sent, is on its way, or carried a secret.
    """
    row = uow.get(Communication, communication_id, lock=True)
    if "status" not in values or values["status"] == row.status:
        return
    if values["status"] != CommunicationStatus.WAITING or row.status not in _AGAIN:
        raise CommunicationState(
            f"message {communication_id} is {row.status}; only one that was not sent "
            "can be sent again, by the status waiting"
        )
    if row.has_secrets:
        raise CommunicationState(
            f"message {communication_id} carried a secret, which is not kept; write it anew"
        )
    if not row.body:
        raise CommunicationState(f"message {communication_id} was never written: {row.reason}")
    row.status = CommunicationStatus.WAITING
    uow.session.flush()
    enqueue(uow, row)


def remove(uow: UnitOfWork, communication_id: int) -> None:
    """Delete a message; one that waits is not sent. The activity log keeps that it was.

    :raises CommunicationState: while it is being sent.
    """
    row = uow.get(Communication, communication_id, lock=True)
    if row.status == CommunicationStatus.SENDING:
        raise CommunicationState(f"message {communication_id} is being sent")
    uow.session.delete(row)
    uow.session.flush()


def _offered(uow: UnitOfWork) -> Listing:
    return STAFF_LIST if uow.scope.customer_id is None else CUSTOMER_LIST
