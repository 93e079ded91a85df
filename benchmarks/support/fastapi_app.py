"""The customer routes as a FastAPI application would have them: SQLAlchemy's ORM, pydantic.

The same tables, JSON and rules as OmniCore's: a token is checked, the user and the permissions of
its roles are read from the database, customers see themselves only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AliasPath, BaseModel, ConfigDict, Field
from sqlalchemy import Column, ForeignKey, Select, Table, create_engine, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

SECRET = os.environ["BENCH_SECRET"]
engine = create_engine(f"sqlite:///{os.environ['BENCH_DATABASE']}")
Sessions = sessionmaker(engine)
app = FastAPI()
bearer = HTTPBearer()


class Base(DeclarativeBase):
    """Base of all tables."""


user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", ForeignKey("user.id"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)
role_permission = Table(
    "role_permission",
    Base.metadata,
    Column("role_id", ForeignKey("role.id"), primary_key=True),
    Column("permission_id", ForeignKey("permission.id"), primary_key=True),
)


class Permission(Base):
    """One capability."""

    __tablename__ = "permission"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    """Who may log in."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("customer_contact.contact_id"))
    active: Mapped[bool]
    deleted: Mapped[bool]


class Contact(Base):
    """A person at a customer."""

    __tablename__ = "customer_contact"
    contact_id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.customer_id"))
    contact_firstname: Mapped[str]
    contact_lastname: Mapped[str]
    contact_email: Mapped[str]
    contact_phone: Mapped[str | None]
    contact_types: Mapped[str]


class Site(Base):
    """Where services are delivered."""

    __tablename__ = "customer_site"
    site_id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.customer_id"))
    address_line_1: Mapped[str | None]
    address_line_2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    zip_code: Mapped[str | None]
    country: Mapped[str]


class Customer(Base):
    """Who is billed."""

    __tablename__ = "customer"
    customer_id: Mapped[int] = mapped_column(primary_key=True)
    customer_name: Mapped[str]
    customer_account_type: Mapped[str]
    customer_status: Mapped[str]
    customer_payment_type: Mapped[str]
    customer_enabled: Mapped[bool]
    tax_identifier: Mapped[str | None]
    contract_start_date: Mapped[datetime | None]
    contract_end_date: Mapped[datetime | None]
    customer_notes: Mapped[str | None]
    created: Mapped[datetime]
    last_modified: Mapped[datetime]
    contacts: Mapped[list[Contact]] = relationship(order_by=Contact.contact_id)
    sites: Mapped[list[Site]] = relationship(order_by=Site.site_id)


class ContactOut(BaseModel):
    """A contact in an answer."""

    model_config = ConfigDict(from_attributes=True)
    contact_id: int
    customer_id: int
    contact_firstname: str
    contact_lastname: str
    contact_email: str
    contact_phone: str | None
    contact_types: str


class RowOut(BaseModel):
    """A customer in a list."""

    model_config = ConfigDict(from_attributes=True)
    customer_id: int
    customer_name: str
    customer_account_type: str
    customer_status: str
    customer_payment_type: str
    customer_enabled: bool
    tax_identifier: str | None
    contract_start_date: datetime | None
    contract_end_date: datetime | None
    customer_notes: str | None
    created: datetime
    last_modified: datetime


def _of_site(name: str) -> Any:
    return Field(default=None, validation_alias=AliasPath("sites", 0, name))


class CustomerOut(RowOut):
    """A customer with its contacts and the address of its first site."""

    address_line_1: str | None = _of_site("address_line_1")
    address_line_2: str | None = _of_site("address_line_2")
    city: str | None = _of_site("city")
    state: str | None = _of_site("state")
    zip_code: str | None = _of_site("zip_code")
    country: str | None = _of_site("country")
    contacts: list[ContactOut]


class PaginationOut(BaseModel):
    """Where a page stands."""

    current_page: int
    per_page: int
    total_pages: int
    total_items: int


class PageOut(BaseModel):
    """A page of customers."""

    data: list[RowOut]
    pagination: PaginationOut


def session() -> Iterator[Session]:
    """A session for a request."""
    with Sessions() as opened:
        yield opened


Db = Annotated[Session, Depends(session)]


def scope(
    db: Db, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> int | None:
    """The one customer that the caller may see, or None for all."""
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    user = db.get(User, int(claims["sub"]))
    if user is None or not user.active or user.deleted:
        raise HTTPException(401)
    granted = (
        select(Permission.name)
        .join(role_permission, role_permission.c.permission_id == Permission.id)
        .join(user_role, user_role.c.role_id == role_permission.c.role_id)
        .where(user_role.c.user_id == user.id)
    )
    permissions = set(db.scalars(granted))
    if "admin" in permissions or "view_customer" in permissions:
        return None
    if "view_own_customer" not in permissions:
        raise HTTPException(403)
    contact = db.get(Contact, user.contact_id) if user.contact_id else None
    return -1 if contact is None else contact.customer_id


Scope = Annotated[int | None, Depends(scope)]


def _visible(only: int | None) -> Select[Any]:
    found = select(Customer)
    return found if only is None else found.where(Customer.customer_id == only)


@app.get("/customers/{customer_id}", response_model=CustomerOut)
def read_customer(customer_id: int, db: Db, only: Scope) -> Customer:
    """One customer."""
    found = db.scalar(
        _visible(only)
        .where(Customer.customer_id == customer_id)
        .options(selectinload(Customer.contacts), selectinload(Customer.sites))
    )
    if found is None:
        raise HTTPException(404)
    return found


@app.get("/customers", response_model=PageOut)
def list_customers(db: Db, only: Scope, page: int = 1, per_page: int = 10) -> dict[str, Any]:
    """A page of customers."""
    listed = _visible(only).where(Customer.customer_status != "Archived")
    total = db.scalar(select(func.count()).select_from(listed.subquery())) or 0
    ordered = listed.order_by(Customer.customer_id.desc())
    rows = db.scalars(ordered.limit(per_page).offset((page - 1) * per_page)).all()
    pagination = {
        "current_page": page,
        "per_page": per_page,
        "total_pages": -(-total // per_page),
        "total_items": total,
    }
    return {"data": rows, "pagination": pagination}
