"""Customers and what belongs to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Double, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from omnicore.db.base import Base, Key, LongText, Owned, Stamped

ExactName = String(150).with_variant(
    mysql.VARCHAR(150, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
)
"""Text that MariaDB compares by letter and case, as SQLite does."""


class AccountType(StrEnum):
    """Who the customer is; decides which products are offered."""

    INDIVIDUAL = "Individual"
    BUSINESS = "Business"


class CustomerStatus(StrEnum):
    """Built-in statuses; a deployment may add more (``crm.customer_statuses``)."""

    OPEN = "Open"
    CLOSED = "Closed"
    SUSPENDED = "Suspended"
    ARCHIVED = "Archived"


class PaymentType(StrEnum):
    """When the customer pays."""

    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class ContactType(StrEnum):
    """What a contact is asked about; a deployment may use further words (guide 10)."""

    PRIMARY = "Primary"
    BILLING = "Billing"
    TECHNICAL = "Technical"


class Customer(Base, Owned, Stamped):
    """A company or person who is billed; parent of nearly everything else."""

    __tablename__ = "customer"
    __audit__ = "customer"
    __table_args__ = (Index("ix_customer_status_order", "customer_status", "customer_id"),)

    customer_id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_name: Mapped[str] = mapped_column(String(255), index=True)
    customer_account_type: Mapped[AccountType] = mapped_column(
        String(20), default=AccountType.INDIVIDUAL
    )
    customer_status: Mapped[str] = mapped_column(String(40), default=CustomerStatus.OPEN)
    customer_payment_type: Mapped[PaymentType] = mapped_column(
        String(20), default=PaymentType.PREPAID
    )
    customer_enabled: Mapped[bool] = mapped_column(default=True)
    tax_identifier: Mapped[str | None] = mapped_column(String(60))
    contract_start_date: Mapped[datetime | None]
    contract_end_date: Mapped[datetime | None]
    customer_notes: Mapped[str | None] = mapped_column(LongText)
    archived_at: Mapped[datetime | None]
    status_before_archive: Mapped[str | None] = mapped_column(String(40))


class Contact(Base, Owned, Stamped):
    """A person at a customer; may have a portal login.

    ``contact_types`` is a comma list; ``contact_phone_digits`` is what the phone is found by.
    """

    __tablename__ = "customer_contact"
    __audit__ = "contact"
    __noise__ = Base.__noise__ | {"contact_phone_digits"}

    contact_id: Mapped[int] = mapped_column(Key, primary_key=True)
    contact_firstname: Mapped[str] = mapped_column(String(120), default="")
    contact_lastname: Mapped[str] = mapped_column(String(120), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="", index=True)
    contact_phone: Mapped[str | None] = mapped_column(String(40))
    contact_phone_digits: Mapped[str | None] = mapped_column(String(40), index=True)
    contact_types: Mapped[str] = mapped_column(String(255), default="")


class Site(Base, Owned, Stamped):
    """A place where services are delivered; WGS 84 degrees."""

    __tablename__ = "customer_site"
    __audit__ = "site"
    __table_args__ = (Index("ix_customer_site_position", "latitude", "longitude"),)

    site_id: Mapped[int] = mapped_column(Key, primary_key=True)
    site_name: Mapped[str] = mapped_column(String(255), default="")
    address_line_1: Mapped[str | None] = mapped_column(String(255))
    address_line_2: Mapped[str | None] = mapped_column(String(255))
    city: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str | None] = mapped_column(String(120))
    zip_code: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(120))
    latitude: Mapped[float] = mapped_column(Double)
    longitude: Mapped[float] = mapped_column(Double)
    plus_code: Mapped[str | None] = mapped_column(String(20))
    google_maps_place_id: Mapped[str | None] = mapped_column(String(255))
    address_note: Mapped[str | None] = mapped_column(LongText)


class CustomerAttribute(Base, Owned, Stamped):
    """Free metadata on a customer: one value a name; ``VLAN`` and ``vlan`` are two names."""

    __tablename__ = "customer_attribute"
    __audit__ = "attribute"
    __table_args__ = (UniqueConstraint("customer_id", "attribute_name"),)

    attribute_id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Key, ForeignKey("customer.customer_id"))
    attribute_name: Mapped[str] = mapped_column(ExactName)
    attribute_value: Mapped[str] = mapped_column(String(150))


class CustomerTag(Base, Owned, Stamped):
    """A coloured, linkable label, shown between its two dates."""

    __tablename__ = "customer_tag"
    __audit__ = "tag"

    tag_id: Mapped[int] = mapped_column(Key, primary_key=True)
    tag_text: Mapped[str] = mapped_column(String(255))
    tag_hex_color: Mapped[str] = mapped_column(String(7))
    tag_link: Mapped[str | None] = mapped_column(String(2048))
    tag_active_date: Mapped[datetime]
    tag_deactivate_date: Mapped[datetime]
