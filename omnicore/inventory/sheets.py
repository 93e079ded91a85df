"""Items as CSV: many at once, in and out (RFC 4180, UTF-8, a header line).

A cell that a spreadsheet would take for a formula leaves with an apostrophe before it, and
comes back without; plain numbers such as ``+61412345678`` or ``-33.8688`` stay as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from omnicore.db.uow import UnitOfWork
from omnicore.inventory import service
from omnicore.inventory.models import InventoryTemplate
from omnicore.inventory.schemas import SHEET_READ_ONLY, ItemInput
from omnicore.sdk.errors import Conflict, FieldError, Invalid, Malformed, NotFound

MAX_ROWS = 10_000
MAX_ERRORS = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def read_items(text: str) -> list[dict[str, Any]]:
    """The items of a sheet, checked.

    :raises Malformed: when the text is no CSV with a header.
    :raises Invalid: naming line and column of what is wrong; then nothing is to be loaded.
    """
    schema, items, errors = ItemInput(), [], []
    for line, cells in _rows(text):
        try:
            items.append(schema.load(cells) | {"line": line})
        except ValidationError as error:
            for column, said in error.normalized_messages().items():
                errors.append(FieldError(_place(line, column), " ".join(map(str, said))))
        if len(errors) >= MAX_ERRORS:
            break
    if errors:
        raise Invalid(f"nothing was imported: {len(errors)} cells are wrong", errors)
    return items


def load(uow: UnitOfWork, items: Iterable[Mapping[str, Any]]) -> int:
    """Load what ``read_items`` gave, all or nothing; how many there were.

    :raises Invalid: naming lines whose kind, customer or labels do not exist.
    """
    kinds: dict[str, InventoryTemplate] = {}
    count, errors = 0, []
    for item in items:
        line, name = item["line"], item["item"]
        try:
            kinds[name] = kinds.get(name) or service.template_named(uow, name)
            service.build(uow, kinds[name], {k: v for k, v in item.items() if k != "line"})
            count += 1
        except Invalid as error:
            errors += [FieldError(_place(line, one.field), one.detail) for one in error.errors]
        except (NotFound, Conflict) as error:
            errors.append(FieldError(f"line {line}", str(error)))
        if len(errors) >= MAX_ERRORS:
            break
    if errors:
        raise Invalid(f"nothing was imported: {len(errors)} lines are wrong", errors)
    uow.session.flush()
    return count


def write_items(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """A sheet of rows, with a header."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header) or len(set(header)) < len(header):
            raise Malformed("the first line must name each column once, for example item,itemtext1")
        line = reader.line_num + 1
        for count, cells in enumerate(reader):
            if count >= MAX_ROWS:
                raise Invalid.field(f"line {line}", f"at most {MAX_ROWS} items at once")
            if len(cells) > len(header):
                raise Malformed(f"line {line} has more cells than the header")
            if any(cells):
                yield line, _values(header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise Malformed(f"line {reader.line_num}: {error}") from error


def _values(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Cells by column; what is empty or read-only is left out."""
    pairs = zip(header, cells, strict=False)
    return {
        name: _plain(cell) for name, cell in pairs if cell and name and name not in SHEET_READ_ONLY
    }


def _plain(cell: str) -> str:
    guarded = cell[:1] == "'" and cell[1:2] in _FORMULA and len(cell) > 1
    return cell[1:] if guarded else cell


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    text = str(value)
    risky = text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if risky else text


def _place(line: int, column: str) -> str:
    return f"line {line}, {column}"
