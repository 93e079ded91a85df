"""Keeps secrets out of what is stored and shown: by the name they stand under, and by value.

A value that was once seen under a secret's name is masked wherever it appears from then on,
in results, standard output and messages, also in the ways it is commonly written inside
other text (JSON, URL, base64).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 6
"""A shorter value is masked under its name only: as a value it would hit ordinary words."""

_NAME = re.compile(
    r"pass(word|wd|phrase)?$|pass(word|wd|phrase)|secret|token|api[-_ ]?key|apikey|private[-_ ]?key"
    r"|credential|authorization|cookie|bearer|jwt|^(ki|opc?|k|pin|puk\d?|adm\d?|cvc|cvv|psk|otp)$"
    r"|(^|[-_ ])(ki|opc|psk|puk)\d*$",
    re.IGNORECASE,
)
# Names that match above but hold no secret: how many, when, which kind.
_HARMLESS = re.compile(r"(count|length|expires?(_in|_at)?|type|status|url|policy)$", re.IGNORECASE)
_IN_TEXT = (
    re.compile(r"(?i)\b(bearer|basic)\s+([A-Za-z0-9._~+/=-]{8,})"),
    re.compile(
        r"(?i)([\"']?[\w-]*(?:password|passwd|secret|token|api[-_]?key)[\"']?\s*[:=]\s*[\"']?)"
        r"([^\s\"',;&}\]]{3,})"
    ),
)


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is a secret."""
    return bool(_NAME.search(name)) and not _HARMLESS.search(name)


class Redactor:
    """The secrets of one job."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for value in values:
            self.learn(value)

    def learn(self, value: Any) -> None:
        """From now on ``value`` is masked wherever it appears."""
        text = str(value)
        if len(text) < SHORTEST or text in self._values or isinstance(value, bool):
            return
        self._values.update(_spellings(text))
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def learn_from(self, data: Any) -> None:
        """Learn every value that stands under a secret's name, at any depth."""
        for name, value in _named(data):
            if is_secret_name(name):
                for leaf in _leaves(value):
                    self.learn(leaf)

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        text = _IN_TEXT[0].sub(rf"\1 {MASK}", text)
        return _IN_TEXT[1].sub(rf"\1{MASK}", text)

    def data(self, data: Any) -> Any:
        """A copy of JSON-like ``data`` without secrets; learns from it first."""
        self.learn_from(data)
        return self._masked(data)

    def _masked(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {
                self.text(str(key)): MASK
                if is_secret_name(str(key)) and _is_leafy(value)
                else self._masked(value)
                for key, value in data.items()
            }
        if isinstance(data, (list, tuple)):
            return [self._masked(item) for item in data]
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, (int, float, bool, type(None))):
            return MASK if str(data) in self._values else data
        return self.text(str(data))


def _is_leafy(value: Any) -> bool:
    """A secret, or several; an empty or absent one is shown as it is."""
    return value not in (None, "", [], {}) and not isinstance(value, bool)


def _named(data: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield str(key), value
            yield from _named(value)
    elif isinstance(data, (list, tuple)):
        for item in data:
            yield from _named(item)
    elif isinstance(data, str) and data[:1] in "{[" and len(data) > 2:
        try:
            yield from _named(json.loads(data))
        except ValueError:
            return


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield value


def _spellings(text: str) -> set[str]:
    spelt = {text, quote(text), quote_plus(text), quote(text, safe="")}
    spelt.add(json.dumps(text)[1:-1])
    spelt.add(json.dumps(text, ensure_ascii=False)[1:-1])
    spelt.add(base64.b64encode(text.encode()).decode().rstrip("="))
    return {spelling for spelling in spelt if len(spelling) >= SHORTEST}
