"""What every table is made of: the base class, column types and common columns."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

Key = BigInteger().with_variant(Integer, "sqlite")
"""Type of every integer key; SQLite counts only INTEGER keys by itself."""

LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
"""Text of up to 16 MB, where MariaDB's own TEXT ends at 64 kB."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, without zone and with microseconds in the database."""

    impl = DateTime
    cache_ok = True
    python_type = datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """On SQLite one call for the text instead of three: lists are full of moments."""
        return _moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Amount(TypeDecorator[Decimal]):
    """An amount of money, NUMERIC(18, 4), exact on both databases below :attr:`LIMIT`.

    SQLite has no decimals: the value goes in as text (the column's affinity keeps it as a
    number of 15 digits) and comes out rounded to the four decimals that went in. More than
    15 digits would not come back, so they are refused on both databases.
    """

    impl = Numeric(18, 4)
    cache_ok = True
    python_type = Decimal
    QUANTUM: ClassVar[Decimal] = Decimal("0.0001")
    LIMIT: ClassVar[Decimal] = Decimal(10) ** 11

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(18, 4, asdecimal=False))
        return dialect.type_descriptor(Numeric(18, 4))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = Decimal(str(value))
        if exact.is_finite() and abs(exact) < self.LIMIT:
            exact = exact.quantize(self.QUANTUM)
        if not exact.is_finite() or abs(exact) >= self.LIMIT:
            raise ValueError(f"{value} is no amount below {self.LIMIT}")
        return str(exact) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        exact = Decimal(repr(value) if isinstance(value, float) else str(value))
        return exact.quantize(self.QUANTUM)


class Base(DeclarativeBase):
    """Base of all tables of the core."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        Decimal: Amount(),
        str: String(255),
    }

    __audit__: ClassVar[str] = ""
    """What the activity log calls a row, for example ``customer``; empty: not recorded."""
    __secret__: ClassVar[frozenset[str]] = frozenset()
    """Columns whose values the activity log masks."""
    __noise__: ClassVar[frozenset[str]] = frozenset({"created", "last_modified"})
    """Columns whose change alone is not worth an entry."""


class Stamped:
    """``created`` and ``last_modified``, set by the unit of work and never by a client."""

    created: Mapped[datetime] = mapped_column(UtcDateTime(), sort_order=900)
    last_modified: Mapped[datetime] = mapped_column(UtcDateTime(), sort_order=901)


class Owned:
    """A row that belongs to a customer: own-scoped actors see only their own (see scope)."""

    __owner_nullable__: ClassVar[bool] = False

    @declared_attr
    def customer_id(cls) -> Mapped[int | None]:  # noqa: N805 - SQLAlchemy calls it on the class
        return mapped_column(
            Key,
            ForeignKey("customer.customer_id"),
            index=True,
            nullable=cls.__owner_nullable__,
        )
