"""Lists that arrive as text: ``"['SIM Card']"``, ``'["SIM Card"]'``, ``'mobile, 9'``.

The guide writes lists as Python literals, clients send JSON, people type separators. All are
read as plain strings; nothing in them is ever evaluated.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable

MAX_CHARACTERS = 20_000
MAX_ENTRIES = 500
_NESTED = re.compile(r"^\s*\[\s*[\[({]")


def read_list(text: str | None) -> list[str]:
    """The entries of a list in text, trimmed, in order, duplicates kept.

    Python list, JSON list, or entries separated by commas; empty text and None are no entries.

    :raises ValueError: saying what is wrong, when it is none of these.
    """
    return _read(text, re.compile(r","))


def read_features(text: str | None) -> list[str]:
    """The bullets of ``features_list``: a list as above, or sentences separated by ``. ``.

    Text that looks like a list and is none is one bullet: what staff typed is shown as it is.
    """
    try:
        found = _read(text, re.compile(r"\.\s+|\n+"))
    except ValueError:
        return [(text or "").strip()]
    return [entry.removesuffix(".") for entry in found]


def write_list(entries: Iterable[object]) -> str:
    """Entries as the guide writes them: a Python list in text."""
    return repr([entry if isinstance(entry, int) else str(entry) for entry in entries])


def _read(text: str | None, separator: re.Pattern[str]) -> list[str]:
    text = (text or "").strip()
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"a list of at most {MAX_CHARACTERS} characters was expected")
    found = _bracketed(text) if text.startswith("[") else separator.split(text)
    entries = [str(entry).strip() for entry in found]
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"a list of at most {MAX_ENTRIES} entries was expected")
    return [entry for entry in entries if entry]


def _bracketed(text: str) -> list[object]:
    if _NESTED.match(text):
        raise ValueError("a flat list was expected")
    try:
        value = json.loads(text)
    except ValueError:
        value = _literal(text)
    except RecursionError as error:
        raise ValueError("a flat list was expected") from error
    if not isinstance(value, list) or not all(
        isinstance(entry, (str, int)) and not isinstance(entry, bool) for entry in value
    ):
        raise ValueError("a list of texts was expected, for example ['SIM Card']")
    return value


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("not a list, for example ['SIM Card', 'Mobile Number']") from error
