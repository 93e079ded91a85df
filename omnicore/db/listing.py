"""Lists: plain rows, paged, sorted, searched and filtered, at the same cost on any page.

Rows are read by column, not as objects, and go to JSON as they are. Totals are counted up
to ``COUNT_CAP``; beyond it the answer says so. ``cursor`` paging goes on from a row instead
of counting rows off, so that the last page costs what the first one does.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import Invalid

COUNT_CAP = 10_000
BARE_CAP = 1_000
MAX_PER_PAGE = 1_000


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """What a caller asked of a list. ``filters`` maps a name to accepted values."""

    page: int = 1
    per_page: int = 10
    sort: str = ""
    descending: bool | None = None
    search: str = ""
    filters: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    cursor: str = ""
    paged: bool = True


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a list offers.

    ``columns`` are what a row shows, in order; ``key`` is the unique one that breaks ties.
    ``search`` are text columns that are looked through, ``filters`` and ``sorts`` further
    names besides the columns. ``start`` is the statement's FROM, when columns come from
    more than one table.
    """

    columns: Mapping[str, Any]
    key: str
    search: Sequence[Any] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""
    descending: bool = True
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """Rows and where they stand."""

    rows: list[dict[str, Any]]
    pagination: dict[str, Any]

    def envelope(self) -> dict[str, Any]:
        """``{data, pagination}``."""
        return {"data": self.rows, "pagination": self.pagination}


def page(
    uow: UnitOfWork,
    listing: Listing,
    query: ListQuery,
    *where: ColumnElement[bool],
    start: Select[Any] | None = None,
) -> Page:
    """One page of ``listing``.

    :param start: ``select().select_from(join)`` when a join is needed; columns are added.
    :raises Invalid: naming an unknown sort, filter or cursor.
    """
    columns = [column.label(name) for name, column in listing.columns.items()]
    statement = (start if start is not None else select()).add_columns(*columns).where(*where)
    statement = _filtered(statement, listing, query)
    sort_name = query.sort or listing.sort or listing.key
    if sort_name not in listing.columns:
        raise Invalid.field("sort", f"{sort_name!r} is not one of {', '.join(listing.columns)}")
    descending = listing.descending if query.descending is None else query.descending
    limit = query.per_page if query.paged else BARE_CAP
    total = _total(uow, statement) if query.paged and not query.cursor else None
    statement = _ordered(statement, listing, sort_name, descending)
    if query.cursor:
        statement = _after(statement, listing, sort_name, descending, query.cursor)
    elif query.paged and query.page > 1:
        statement = statement.offset((query.page - 1) * limit)
    found = uow.session.execute(statement.limit(limit + 1)).mappings().all()
    rows = [dict(row) for row in found[:limit]]
    more = len(found) > limit
    following = _cursor(rows[-1], listing, sort_name) if more else None
    for row in rows:
        for name in listing.hidden:
            row.pop(name, None)
    return Page(rows, _pagination(query, limit, total, following))


def _pagination(
    query: ListQuery, limit: int, total: int | None, following: str | None
) -> dict[str, Any]:
    if total is None:
        return {"per_page": limit, "next_cursor": following}
    return {
        "current_page": query.page,
        "per_page": limit,
        "total_pages": -(-total // limit),
        "total_items": total,
        "total_is_capped": total >= COUNT_CAP,
        "next_cursor": following,
    }


def _filtered(statement: Select[Any], listing: Listing, query: ListQuery) -> Select[Any]:
    known = {**listing.columns, **listing.filters}
    for name, values in query.filters.items():
        if name not in known:
            raise Invalid.field("filters", f"{name!r} is not one of {', '.join(known)}")
        column = known[name]
        accepted = [value for value in values if value is not None]
        tests = [column.in_(accepted)] if accepted else []
        if len(accepted) < len(values):
            tests.append(column.is_(None))
        statement = statement.where(or_(*tests)) if tests else statement
    for word in query.search.split():
        pattern = f"%{escape(word)}%"
        statement = statement.where(
            or_(*(_as_text(column).ilike(pattern, escape="\\") for column in listing.search))
        )
    return statement


def escape(word: str) -> str:
    """``word`` with the wildcards of LIKE taken literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _as_text(column: Any) -> Any:
    return column if isinstance(column.type, String) else cast(column, String(64))


def _total(uow: UnitOfWork, statement: Select[Any]) -> int:
    """How many rows there are, counted up to the cap."""
    capped = statement.order_by(None).limit(COUNT_CAP).subquery()
    return int(uow.session.execute(select(func.count()).select_from(capped)).scalar_one())


def _ordered(
    statement: Select[Any], listing: Listing, sort_name: str, descending: bool
) -> Select[Any]:
    names = dict.fromkeys((sort_name, listing.key))
    columns = [listing.columns[name] for name in names]
    return statement.order_by(*(c.desc() if descending else c.asc() for c in columns))


def _after(
    statement: Select[Any], listing: Listing, sort_name: str, descending: bool, cursor: str
) -> Select[Any]:
    names = list(dict.fromkeys((sort_name, listing.key)))
    values = _read_cursor(cursor, listing, names)
    columns = [listing.columns[name] for name in names]
    *before, last = range(len(columns))
    key_test = columns[last] < values[last] if descending else columns[last] > values[last]
    if not before:
        return statement.where(key_test)
    first, value = columns[0], values[0]
    if value is None:  # nulls come first ascending, last descending, on both databases
        rest = and_(first.is_(None), key_test)
        return statement.where(rest if descending else or_(rest, first.is_not(None)))
    strictly = first < value if descending else first > value
    if descending:
        strictly = or_(strictly, first.is_(None))
    return statement.where(or_(strictly, and_(first == value, key_test)))


def _cursor(row: Mapping[str, Any], listing: Listing, sort_name: str) -> str:
    names = dict.fromkeys((sort_name, listing.key))
    values = [_plain(row[name]) for name in names]
    body = json.dumps([sort_name, values]).encode()
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _read_cursor(cursor: str, listing: Listing, names: Sequence[str]) -> list[Any]:
    try:
        body = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        sort_name, values = body
        if sort_name != names[0] or len(values) != len(names):
            raise ValueError("the order differs")
        return [
            _typed(value, listing.columns[name]) for name, value in zip(names, values, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error) as error:
        raise Invalid.field("cursor", "it does not belong to this list and order") from error


def _typed(value: Any, column: Any) -> Any:
    kind = column.type.python_type
    if value is None or not isinstance(value, str):
        return value
    if kind is datetime:
        return datetime.fromisoformat(value)
    return Decimal(value) if kind is Decimal else value


def columns_of(model: Any, *names: str) -> dict[str, InstrumentedAttribute[Any]]:
    """Columns of a model by name, for a listing."""
    return {name: getattr(model, name) for name in names}
