"""Customers: made, changed, found, archived and restored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from omnicore.customers import guards
from omnicore.customers.errors import CustomerArchived, CustomerInUse, CustomerNotOpen
from omnicore.customers.models import Contact, Customer, CustomerStatus, Site
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, escape, page
from omnicore.db.uow import UnitOfWork
from omnicore.sdk import events
from omnicore.sdk.errors import Invalid, NotFound

LARGEST_KEY = 2**63 - 1

CUSTOMERS = Listing(
    columns=columns_of(
        Customer,
        "customer_id",
        "customer_name",
        "customer_account_type",
        "customer_status",
        "customer_payment_type",
        "customer_enabled",
        "tax_identifier",
        "contract_start_date",
        "contract_end_date",
        "customer_notes",
        "created",
        "last_modified",
    ),
    key="customer_id",
)
OWN_CUSTOMERS = replace(
    CUSTOMERS,
    columns={name: c for name, c in CUSTOMERS.columns.items() if name != "customer_notes"},
)
"""What a customer sees of itself: the notes are the staff's."""

ADDRESS = ("address_line_1", "address_line_2", "city", "state", "zip_code", "country")
CONTACT = (
    "contact_id",
    "customer_id",
    "contact_firstname",
    "contact_lastname",
    "contact_email",
    "contact_phone",
    "contact_types",
)
_sites = Site.__table__.alias()
_first_site = (
    select(func.min(_sites.c.site_id))
    .where(_sites.c.customer_id == Customer.customer_id)
    .correlate(Customer)
    .scalar_subquery()
)


def _one(listing: Listing) -> tuple[tuple[str, ...], Select[Any]]:
    """A customer, its address and its contacts in one statement, a row a contact."""
    names = (*listing.columns, *ADDRESS)
    address = [getattr(Site, name) for name in ADDRESS]
    contact = [getattr(Contact, name) for name in CONTACT]
    statement = (
        select(*listing.columns.values(), *address, *contact)
        .select_from(Customer)
        .outerjoin(Site, Site.site_id == _first_site)
        .outerjoin(Contact, Contact.customer_id == Customer.customer_id)
        .where(Customer.customer_id == bindparam("wanted"))
        .order_by(Contact.contact_id)
    )
    return names, statement


_ONE, _OWN_ONE = _one(CUSTOMERS), _one(OWN_CUSTOMERS)


def create(uow: UnitOfWork, values: dict[str, Any]) -> int:
    """Add a customer and return its id.

    :raises Invalid: for a status that this deployment does not know.
    """
    customer = uow.add(Customer(**_checked(uow, values, values)))
    uow.emit(
        events.CustomerCreated(
            customer_id=customer.customer_id, customer_name=customer.customer_name
        )
    )
    return customer.customer_id


def update(uow: UnitOfWork, customer_id: int, values: dict[str, Any]) -> None:
    """Change a customer; what is absent stays. Another status restores an archived one.

    :raises CustomerArchived: when it is archived and stays so.
    """
    customer = uow.get(Customer, customer_id, lock=True)
    archived = customer.customer_status == CustomerStatus.ARCHIVED
    wanted = str(values.get("customer_status", customer.customer_status))
    if archived and wanted.lower() == CustomerStatus.ARCHIVED.lower():
        raise CustomerArchived(f"restore customer {customer_id} before you change it")
    dates = {name: getattr(customer, name) for name in ("contract_start_date", "contract_end_date")}
    values = _checked(uow, values, dates | values)
    if archived:
        _return(uow, customer)
    for name, value in values.items():
        setattr(customer, name, value)
    uow.session.flush()


def read(uow: UnitOfWork, customer_id: int) -> dict[str, Any]:
    """A customer with its contacts and the address of its first site, as plain values.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    names, statement = _ONE if uow.scope.customer_id is None else _OWN_ONE
    rows = uow.session.execute(statement, {"wanted": customer_id}).all()
    if not rows:
        raise NotFound(f"no customer {customer_id}")
    width = len(names)
    shown = dict(zip(names, rows[0], strict=False))
    shown["contacts"] = [
        dict(zip(CONTACT, row[width:], strict=True)) for row in rows if row[width] is not None
    ]
    return shown


def listing(uow: UnitOfWork, query: ListQuery) -> Page:
    """Customers that are not archived, unless the filter asks for them.

    Each word of a search stands in the name, or in the e-mail or phone of a contact, or is the id.
    """
    where = [] if "customer_status" in query.filters else [not_archived()]
    where += [_found_by(word) for word in query.search.split()]
    shown = CUSTOMERS if uow.scope.customer_id is None else OWN_CUSTOMERS
    return page(uow, shown, replace(query, search=""), *where)


def _found_by(word: str) -> ColumnElement[bool]:
    like = f"%{escape(word)}%"
    digits = "".join(filter(str.isdigit, word))
    of_contact: list[ColumnElement[bool]] = [Contact.contact_email.ilike(like, escape="\\")]
    tests: list[ColumnElement[bool]] = [Customer.customer_name.ilike(like, escape="\\")]
    if len(digits) > 2 and not set(word) - set("0123456789+-()./"):
        of_contact.append(Contact.contact_phone_digits.like(f"%{digits}%"))
    if word.isdecimal() and int(word) <= LARGEST_KEY:
        tests.append(Customer.customer_id == int(word))
    # One set for all customers instead of a look at the contacts of each.
    matches = select(Contact.customer_id).where(or_(*of_contact))
    return or_(*tests, Customer.customer_id.in_(matches))


def archive(uow: UnitOfWork, customer_id: int) -> None:
    """Take a customer and all below it out of the lists; nothing is lost (guide 10).

    :raises CustomerInUse: naming all that is still open.
    """
    customer = uow.get(Customer, customer_id, lock=True)
    if customer.customer_status == CustomerStatus.ARCHIVED:
        return
    blockers = guards.reasons(uow, customer_id)
    if blockers:
        raise CustomerInUse(
            f"customer {customer_id} still has {', '.join(blockers)}", blockers=blockers
        )
    customer.status_before_archive = customer.customer_status
    customer.customer_status = CustomerStatus.ARCHIVED
    customer.archived_at = uow.now()
    uow.emit(events.CustomerArchived(customer_id=customer_id))


def restore(uow: UnitOfWork, customer_id: int) -> None:
    """Bring an archived customer back in the status it had; any other stays as it is."""
    customer = uow.get(Customer, customer_id, lock=True)
    if customer.customer_status == CustomerStatus.ARCHIVED:
        _return(uow, customer)


def _return(uow: UnitOfWork, customer: Customer) -> None:
    customer.customer_status = customer.status_before_archive or CustomerStatus.OPEN
    customer.status_before_archive = None
    customer.archived_at = None
    uow.session.flush()
    uow.emit(events.CustomerRestored(customer_id=customer.customer_id))


def not_archived(column: Any = None) -> ColumnElement[bool]:
    """A condition for lists: the customer that ``column`` names (or the row itself) is listed."""
    if column is None:
        return Customer.customer_status != CustomerStatus.ARCHIVED
    other = aliased(Customer)
    archived = exists().where(
        other.customer_id == column, other.customer_status == CustomerStatus.ARCHIVED
    )
    return ~archived


def require_open(uow: UnitOfWork, customer_id: int) -> Customer:
    """The customer, locked until the end, when something new may be ordered for it.

    :raises NotFound: when it is not there or belongs to somebody else.
    :raises CustomerNotOpen: when it is disabled, archived or in a status without orders.
    """
    customer = uow.get(Customer, customer_id, lock=True)
    status = customer.customer_status
    if status == CustomerStatus.ARCHIVED or status in uow.settings.crm.statuses_without_orders:
        reason = str(status).lower()
    elif not customer.customer_enabled:
        reason = "disabled"
    else:
        return customer
    raise CustomerNotOpen(f"customer {customer_id} is {reason}", reason=reason)


def parent(uow: UnitOfWork, customer_id: int | None, *, lock: bool = False) -> int:
    """The id of the customer to which something is added or of which something is changed.

    :raises NotFound: when it is not there or belongs to somebody else.
    :raises CustomerArchived: when it must be restored first.
    """
    customer = uow.get(Customer, customer_id, lock=lock)
    if customer.customer_status == CustomerStatus.ARCHIVED:
        raise CustomerArchived(f"restore customer {customer_id} before you change it")
    return customer.customer_id


def visible(uow: UnitOfWork, customer_id: int) -> None:
    """Say that a customer is not there before its empty list would.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    known = select(Customer.customer_id).where(Customer.customer_id == customer_id)
    if uow.session.execute(known).first() is None:
        raise NotFound(f"no customer {customer_id}")


def _checked(uow: UnitOfWork, values: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """``values`` with the status written as it is known; ``whole`` is what the row becomes."""
    start, end = whole.get("contract_start_date"), whole.get("contract_end_date")
    if start is not None and end is not None and end < start:
        raise Invalid.field("contract_end_date", "is before contract_start_date")
    if "customer_status" not in values:
        return values
    known = [*CustomerStatus, *uow.settings.crm.customer_statuses]
    wanted = values["customer_status"].strip().lower()
    status = next((name for name in known if name.lower() == wanted), None)
    if status is None:
        raise Invalid.field("customer_status", f"must be one of {', '.join(known)}")
    if status == CustomerStatus.ARCHIVED:
        raise Invalid.field("customer_status", "a customer is archived by deleting it")
    return values | {"customer_status": status}
