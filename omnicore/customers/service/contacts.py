"""Contacts of a customer, and whom of them to write to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from omnicore.customers.errors import ContactInUse
from omnicore.customers.models import Contact, ContactType
from omnicore.customers.service.customers import CONTACT, not_archived, parent, visible
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.identity.models import User
from omnicore.sdk.errors import Invalid, NotFound
from omnicore.sdk.events import ContactChanged

_user = (
    select(func.min(User.id))
    .where(User.contact_id == Contact.contact_id, User.deleted.is_(False))
    .correlate(Contact)
    .scalar_subquery()
)
CONTACTS = Listing(
    columns=columns_of(Contact, *CONTACT)
    | {"user_id": _user}
    | columns_of(Contact, "created", "last_modified"),
    key="contact_id",
    search=(
        Contact.contact_firstname,
        Contact.contact_lastname,
        Contact.contact_email,
        Contact.contact_phone,
        Contact.contact_phone_digits,
    ),
    descending=False,
)


def create(uow: UnitOfWork, values: dict[str, Any]) -> int:
    """Add a contact to a customer and return its id.

    :raises Invalid: when it has neither e-mail nor phone.
    """
    customer_id = parent(uow, values["customer_id"])
    contact = Contact(**values)
    _complete(contact)
    uow.add(contact)
    _tell(uow, contact.contact_id, customer_id, "created")
    return contact.contact_id


def update(uow: UnitOfWork, contact_id: int, values: dict[str, Any]) -> None:
    """Change a contact; what is absent stays.

    :raises Invalid: when neither e-mail nor phone would be left.
    """
    contact = uow.get(Contact, contact_id, lock=True)
    customer_id = parent(uow, contact.customer_id)
    for name, value in values.items():
        setattr(contact, name, value)
    _complete(contact)
    uow.session.flush()
    _tell(uow, contact.contact_id, customer_id, "updated")


def delete(uow: UnitOfWork, contact_id: int) -> None:
    """Remove a contact.

    :raises ContactInUse: when somebody logs in through it, or something else needs it.
    """
    contact = uow.get(Contact, contact_id, lock=True)
    customer_id = parent(uow, contact.customer_id)
    users = uow.session.scalars(select(User).where(User.contact_id == contact_id)).all()
    active = [user.username for user in users if not user.deleted]
    if active:
        raise ContactInUse(f"{', '.join(active)} logs in through it; delete that user first")
    for user in users:
        user.contact_id = None
    uow.session.delete(contact)
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise ContactInUse(f"other records refer to contact {contact_id}") from error
    _tell(uow, contact.contact_id, customer_id, "deleted")


def read(uow: UnitOfWork, contact_id: int) -> dict[str, Any]:
    """One contact, with the user that logs in through it.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    columns = [column.label(name) for name, column in CONTACTS.columns.items()]
    statement = select(*columns).where(Contact.contact_id == contact_id)
    found = uow.session.execute(statement).first()
    if found is None:
        raise NotFound(f"no contact {contact_id}")
    return shown(found._asdict())


def listing(uow: UnitOfWork, query: ListQuery, customer_id: int | None = None) -> Page:
    """Contacts of all listed customers, or of one."""
    where = [not_archived(Contact.customer_id)]
    if customer_id is not None:
        where = [Contact.customer_id == customer_id]
    found = page(uow, CONTACTS, query, *where)
    for row in found.rows:
        shown(row)
    return found


def of_customer(uow: UnitOfWork, customer_id: int, query: ListQuery) -> Page:
    """Contacts of one customer.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    visible(uow, customer_id)
    return listing(uow, query, customer_id)


def recipients(uow: UnitOfWork, customer_id: int, kind: str) -> list[dict[str, Any]]:
    """Whom to write to about ``kind``, such as ``Billing`` or ``Technical`` (guide 10).

    The contacts of that type that have an e-mail; else the primary ones; else the first
    contact with an e-mail. Rows have ``contact_id``, names, ``contact_email``,
    ``contact_phone`` and ``contact_types``. Empty when the customer has no address at all.
    """
    statement = (
        select(*(getattr(Contact, name) for name in CONTACT))
        .where(Contact.customer_id == customer_id, Contact.contact_email != "")
        .order_by(Contact.contact_id)
    )
    rows = [row._asdict() for row in uow.session.execute(statement)]
    for wanted in (kind, ContactType.PRIMARY):
        meant = [row for row in rows if wanted.lower() in row["contact_types"].lower().split(",")]
        if meant:
            return meant
    return rows[:1]


def types(given: str | list[str]) -> str:
    """Contact types as they are stored: known ones in their own spelling, each once.

    :raises ValueError: for a word that is too long.
    """
    words = given.split(",") if isinstance(given, str) else given
    known = {member.value.lower(): member.value for member in ContactType}
    spelled = [known.get(word.strip().lower(), word.strip()) for word in words]
    unique: dict[str, str] = {}
    for word in filter(None, spelled):
        unique.setdefault(word.lower(), word)
    if len(unique) > 6 or any(len(word) > 40 or "," in word for word in unique.values()):
        raise ValueError("at most six types of 40 characters")
    return ",".join(unique.values())


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row with ``has_user``, which says what ``user_id`` does."""
    row["has_user"] = row["user_id"] is not None
    return row


def _complete(contact: Contact) -> None:
    contact.contact_email = contact.contact_email or ""
    if not contact.contact_email and not contact.contact_phone:
        raise Invalid.field("contact_email", "a contact needs an e-mail or a phone")
    digits = "".join(filter(str.isdigit, contact.contact_phone or ""))
    contact.contact_phone_digits = digits or None


def _tell(uow: UnitOfWork, contact_id: int, customer_id: int, change: str) -> None:
    uow.emit(ContactChanged(contact_id=contact_id, customer_id=customer_id, change=change))
