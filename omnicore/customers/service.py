"""What the business can do with customers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from omnicore.customers.models import Contact, Customer, CustomerStatus
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import Invalid
from omnicore.sdk.events import CustomerCreated

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
    search=(Customer.customer_name, Customer.customer_id),
)


def create(uow: UnitOfWork, values: dict[str, Any]) -> Customer:
    """Add a customer.

    :raises Invalid: for a status that this deployment does not know.
    """
    _check_status(uow, values.get("customer_status"))
    customer = uow.add(Customer(**values))
    uow.emit(
        CustomerCreated(customer_id=customer.customer_id, customer_name=customer.customer_name)
    )
    return customer


def update(uow: UnitOfWork, customer_id: int, values: dict[str, Any]) -> Customer:
    """Change a customer; what is absent stays."""
    _check_status(uow, values.get("customer_status"))
    customer = uow.get(Customer, customer_id, lock=True)
    for name, value in values.items():
        setattr(customer, name, value)
    uow.session.flush()
    return customer


def read(uow: UnitOfWork, customer_id: int) -> dict[str, Any]:
    """A customer with its contacts."""
    customer = uow.get(Customer, customer_id)
    contacts = uow.session.scalars(
        select(Contact).where(Contact.customer_id == customer_id).order_by(Contact.contact_id)
    ).all()
    shown = {name: getattr(customer, name) for name in CUSTOMERS.columns}
    return shown | {"contacts": list(contacts)}


def listing(uow: UnitOfWork, query: ListQuery) -> Page:
    """Customers that are not archived, unless the filter asks for them."""
    where = () if "customer_status" in query.filters else (_listed(),)
    return page(uow, CUSTOMERS, query, *where)


def _listed() -> Any:
    return Customer.customer_status != CustomerStatus.ARCHIVED


def _check_status(uow: UnitOfWork, status: str | None) -> None:
    known = [*CustomerStatus, *uow.settings.crm.customer_statuses]
    if status is not None and status not in known:
        raise Invalid.field("customer_status", f"must be one of {', '.join(known)}")
