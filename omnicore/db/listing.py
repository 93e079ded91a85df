"""Lists: plain rows, paged, sorted, searched and filtered, at the same cost on any page.

Rows are read by column, not as objects, and go to JSON as they are. Totals are counted up
to ``COUNT_CAP``; beyond it the answer says so. ``cursor`` paging goes on from a row instead
of counting rows off, so that the last page costs what the first one does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    inspect,
    literal,
    literal_column,
    or_,
    select,
)
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

    @cached_property
    def select(self) -> Select[Any]:
        """The columns under their names; built once, for it costs as much as to run it."""
        return select(*(column.label(name) for name, column in self.columns.items()))


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
    shown = listing.select
    if start is not None:
        shown = start.add_columns(*shown.selected_columns)
    statement = _filtered(shown.where(*where), listing, query)
    sort_name = query.sort or listing.sort or listing.key
    if sort_name not in listing.columns:
        raise Invalid.field("sort", f"{sort_name!r} is not one of {', '.join(listing.columns)}")
    descending = listing.descending if query.descending is None else query.descending
    limit = query.per_page if query.paged else BARE_CAP
    ordered = _ordered(statement, listing, sort_name, descending)
    stretches = [ordered]
    if query.cursor:
        after = _after(listing, sort_name, descending, query.cursor)
        sought = _with_index(ordered, listing, query, sort_name)
        stretches = [sought.where(test) for test in after]
    elif query.paged and query.page > 1:
        stretches = [ordered.offset(min((query.page - 1) * limit, 2**62))]
    names = tuple(listing.columns)
    found: list[Any] = []
    for stretch in stretches:
        if len(found) <= limit:
            found += uow.session.execute(stretch.limit(limit + 1 - len(found))).all()
    rows = [dict(zip(names, row, strict=True)) for row in found[:limit]]
    following = _cursor(rows[-1], listing, sort_name, descending) if len(found) > limit else None
    for name in listing.hidden:
        for row in rows:
            row.pop(name, None)
    counted = query.paged and not query.cursor
    total = _total(uow, statement, query, len(found)) if counted else None
    return Page(rows, _pagination(query, limit, total, following))


def _pagination(
    query: ListQuery, limit: int, total: int | None, following: str | None
) -> dict[str, Any]:
    if total is None:
        return {"per_page": limit, "next_cursor": following}
    return {
        "current_page": query.page,
        "per_page": limit,
        "total_pages": -(-min(total, COUNT_CAP) // limit),
        "total_items": min(total, COUNT_CAP),
        "total_is_capped": total > COUNT_CAP,
        "next_cursor": following,
    }


def _filtered(statement: Select[Any], listing: Listing, query: ListQuery) -> Select[Any]:
    known = {**listing.columns, **listing.filters}
    for name, values in query.filters.items():
        if name not in known:
            raise Invalid.field("filters", f"{name!r} is not one of {', '.join(known)}")
        column = known[name]
        accepted = [_accepted(name, column, value) for value in values if value is not None]
        tests = [column.in_(accepted)] if accepted else []
        if len(accepted) < len(values):
            tests.append(column.is_(None))
        statement = statement.where(or_(*tests)) if tests else statement
    for word in query.search.split():
        pattern = f"%{escape(word)}%"
        statement = statement.where(
            or_(
                false(),
                *(_as_text(column).ilike(pattern, escape="\\") for column in listing.search),
            )
        )
    return statement


def _accepted(name: str, column: Any, value: Any) -> Any:
    """A filter's value in the column's type; numbers and truth may come as text."""
    kind = _kind(column)
    try:
        if isinstance(value, (dict, list)):
            raise TypeError("one value was expected")
        if kind is None or type(value) is kind:
            return _small(value)
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]
        if kind in (datetime, date):
            return _typed(value, column)
        return _small(kind(str(value)))
    except (ValueError, TypeError, ArithmeticError, KeyError) as error:
        raise Invalid.field("filters", f"{name}: {value!r} is none of its values") from error


def _small(value: Any) -> Any:
    if type(value) is int and abs(value) >= 2**63:
        raise ValueError("more than 64 bits")
    return value


def _kind(column: Any) -> Any:
    """What the column's values are in Python, None where the expression does not tell."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return None
    return None if kind is object else kind


def escape(word: str) -> str:
    """``word`` with the wildcards of LIKE taken literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _as_text(column: Any) -> Any:
    return column if isinstance(column.type, String) else cast(column, String(64))


def _total(uow: UnitOfWork, statement: Select[Any], query: ListQuery, found: int) -> int:
    """How many rows there are, up to one beyond the cap; not counted where the page tells."""
    before = (query.page - 1) * query.per_page
    if found <= query.per_page and (found or query.page == 1) and before + found < COUNT_CAP:
        return before + found
    # Without columns, so that an index can answer.
    bare: Select[Any] = statement.with_only_columns(literal_column("1"), maintain_column_froms=True)
    capped = bare.limit(COUNT_CAP + 1).subquery()
    return int(uow.session.execute(select(func.count()).select_from(capped)).scalar_one())


def _ordered(
    statement: Select[Any], listing: Listing, sort_name: str, descending: bool
) -> Select[Any]:
    names = dict.fromkeys((sort_name, listing.key))
    columns = [listing.columns[name] for name in names]
    return statement.order_by(*(c.desc() if descending else c.asc() for c in columns))


def _after(
    listing: Listing, sort_name: str, descending: bool, cursor: str
) -> list[ColumnElement[bool]]:
    """What is left of the list, in one or two stretches that an index can seek.

    An OR of both would be read from the list's beginning.
    """
    names = list(dict.fromkeys((sort_name, listing.key)))
    values = _read_cursor(cursor, listing, names, descending)
    columns = [listing.columns[name] for name in names]
    key_test = _beyond(columns[-1], values[-1], descending)
    if len(columns) == 1:
        return [key_test]
    first, value = columns[0], values[0]
    if value is None:  # nulls come first ascending, last descending, on both databases
        rest = and_(first.is_(None), key_test)
        return [rest] if descending else [rest, first.is_not(None)]
    bound = literal(value, first.type)
    sought = first <= bound if descending else first >= bound
    rest = and_(sought, or_(_beyond(first, value, descending), key_test))
    return [rest, first.is_(None)] if descending else [rest]


def _with_index(
    statement: Select[Any], listing: Listing, query: ListQuery, sort_name: str
) -> Select[Any]:
    """Name the index that filters and sorts: MariaDB would filter by it and walk to the cursor."""
    owner = getattr(listing.columns[listing.key], "class_", None)
    known = {**listing.columns, **listing.filters}
    equal = {
        known[name].key
        for name, values in query.filters.items()
        if len(values) == 1 and getattr(known[name], "class_", None) is owner is not None
    }
    order = [
        getattr(listing.columns[name], "key", None)
        for name in dict.fromkeys((sort_name, listing.key))
    ]
    if owner is None or not equal:
        return statement
    for index in inspect(owner).local_table.indexes:
        columns = [column.key for column in index.columns]
        ahead, behind = columns[: len(equal)], columns[len(equal) :]
        # The primary key stands behind every index.
        if set(ahead) == equal and behind in (order, order[:-1]):
            hint = f"FORCE INDEX ({index.name})"
            for dialect in ("mysql", "mariadb"):
                statement = statement.with_hint(owner, hint, dialect)
            break
    return statement


def _beyond(column: Any, value: Any, descending: bool) -> ColumnElement[bool]:
    """A literal, because SQLAlchemy compares no column with True or False by size."""
    bound = literal(value, column.type)
    test: ColumnElement[bool] = column < bound if descending else column > bound
    return test


def _cursor(row: Mapping[str, Any], listing: Listing, sort_name: str, descending: bool) -> str:
    names = dict.fromkeys((sort_name, listing.key))
    values = [_plain(row[name]) for name in names]
    body = json.dumps([sort_name, descending, values]).encode()
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _read_cursor(
    cursor: str, listing: Listing, names: Sequence[str], descending: bool
) -> list[Any]:
    try:
        body = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        sort_name, direction, values = body
        if (sort_name, direction) != (names[0], descending) or len(values) != len(names):
            raise ValueError("the order differs")
        typed = [
            _typed(value, listing.columns[name]) for name, value in zip(names, values, strict=True)
        ]
        if typed[-1] is None:
            raise ValueError("the key is missing")
        return typed
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise Invalid.field("cursor", "it does not belong to this list and order") from error


def _typed(value: Any, column: Any) -> Any:
    """What stands in a cursor came from outside: it is of the column's type or refused."""
    if value is None:
        return None
    kind = _kind(column)
    if kind in (datetime, date):
        read = kind.fromisoformat(value)
        if kind is datetime and read.tzinfo is None:
            raise ValueError("a moment without zone")
        return read
    if kind is Decimal and isinstance(value, str):
        return Decimal(value)
    if kind is float and type(value) is int:
        return float(value)
    if kind is not None and type(value) is not kind:
        raise ValueError(f"no {kind.__name__}")
    return _small(value)


def columns_of(model: Any, *names: str) -> dict[str, InstrumentedAttribute[Any]]:
    """Columns of a model by name, for a listing."""
    return {name: getattr(model, name) for name in names}
