"""From a login to its customer: user -> contact -> customer (guide 33, "View Own").

Contacts belong to a room above this one; what is read of them is read by column.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import column, select, table
from sqlalchemy.orm import Session

_CONTACT = table(
    "customer_contact",
    column("contact_id"),
    column("customer_id"),
    column("contact_firstname"),
    column("contact_lastname"),
    column("contact_email"),
)


def customer_of(session: Session, contact_id: int | None) -> int | None:
    """The customer of a contact; None where there is no contact."""
    if contact_id is None:
        return None
    statement = select(_CONTACT.c.customer_id).where(_CONTACT.c.contact_id == contact_id)
    found: int | None = session.execute(statement).scalar()
    return found


def contact(session: Session, contact_id: int | None) -> dict[str, Any] | None:
    """The linked contact: its id, its customer's id, names and e-mail address."""
    if contact_id is None:
        return None
    statement = select(_CONTACT).where(_CONTACT.c.contact_id == contact_id)
    row = session.execute(statement).mappings().first()
    return None if row is None else dict(row)
