"""Logs of a process: one line an event, as text or as JSON, without secrets.

``configure`` is called once by the edge (``serve``, ``worker``, a command). Every line says in
which log it belongs: ``access``, ``provisioning``, ``audit``, ``error`` or ``application``.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import lru_cache
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, TextIO

import orjson

from omnicore.sdk.settings import SecretValue

ACCESS = logging.getLogger("omnicore.access")
AUDIT = logging.getLogger("omnicore.audit")

LOGS = ("application", "access", "provisioning", "audit", "error")
FORMATS = ("text", "json")
MASK = "***"
SHORTEST_SECRET = 6

request_id: ContextVar[str] = ContextVar("omnicore_request_id", default="")
"""The id of the request (or job) that this thread of work belongs to; in every line."""

_NAMED = re.compile(r"password|secret|token|authorization|api_?key|cookie|credential", re.I)
_SHAPED = re.compile(
    r"(?<=Bearer )[\w.~+/=-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+|\bsk_(?:live|test)_\w{8,}"
)

_PIECES = ("Bearer ", "eyJ", "sk_")
"""What every text that ``_SHAPED`` finds contains."""


class Redactor:
    """Takes secrets out of text: registered values, and what has the shape of a credential.

    Values shorter than six characters are left alone: they would blot out ordinary words.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def register(self, values: Iterable[str]) -> None:
        """Blot out ``values`` from now on, also where JSON escapes them."""
        wanted = {value for value in values if len(value) >= SHORTEST_SECRET}
        wanted |= {json.dumps(value)[1:-1] for value in wanted}
        with self._lock:
            if wanted <= self._values:
                return
            self._values = self._values | wanted  # anew: others may be reading the old set
            longest_first = sorted(self._values, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def clean(self, text: str) -> str:
        """``text`` without secrets.

        A look for a plain piece costs a hundredth of a search for a pattern, and nearly every line
        ends there.
        """
        if self._pattern is not None and any(value in text for value in self._values):
            text = self._pattern.sub(MASK, text)
        if any(piece in text for piece in _PIECES):
            text = _SHAPED.sub(MASK, text)
        return text


REDACTOR = Redactor()


def secrets_in(value: Any) -> set[str]:
    """Every ``SecretValue`` inside settings: dataclasses, mappings and sequences."""
    if isinstance(value, SecretValue):
        return {value.reveal()}
    if is_dataclass(value) and not isinstance(value, type):
        return set().union(*(secrets_in(getattr(value, item.name)) for item in fields(value)))
    if isinstance(value, Mapping):
        return set().union(*(secrets_in(item) for item in value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return set().union(*(secrets_in(item) for item in value))
    return set()


def log_of(record: logging.LogRecord) -> str:
    """Which of the logs a record belongs to."""
    for name in ("access", "audit", "provisioning"):
        if record.name.startswith(f"omnicore.{name}"):
            return name
    return "error" if record.levelno >= logging.ERROR else "application"


class _Lines(logging.Formatter):
    """One line a record. ``extra={"facts": {...}}`` adds members of its own."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(self._line(record))

    def _line(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        said = " ".join(f"{key}={value}" for key, value in facts.items())
        parts = [_moment(record), record.levelname, record.name, record.getMessage(), said]
        if known := request_id.get():
            parts.append(f"request_id={known}")
        line = " ".join(filter(None, parts))
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _JsonLines(_Lines):
    def _line(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "log": log_of(record),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if known := request_id.get():
            line["request_id"] = known
        line.update(_facts(record))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, str, orjson.OPT_NON_STR_KEYS).decode()


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts: Mapping[str, Any] = getattr(record, "facts", {})
    return {key: MASK if _secret(key) else value for key, value in facts.items()}


@lru_cache(1000)
def _secret(name: str) -> bool:
    return _NAMED.search(name) is not None


class _Only(logging.Filter):
    def __init__(self, log: str) -> None:
        super().__init__()
        self._log = log

    def filter(self, record: logging.LogRecord) -> bool:
        return log_of(record) == self._log


def configure(
    log_format: str = "text",
    *,
    level: str = "INFO",
    stream: TextIO | None = None,
    folder: Path | None = None,
    secrets: Iterable[str] = (),
) -> None:
    """Send all logs to ``stream`` (standard error), or each to a file of its own in ``folder``.

    :param log_format: ``text`` or ``json``.
    :param secrets: values that must not appear, see :func:`secrets_in`.
    """
    REDACTOR.register(secrets)
    formatter = _JsonLines(REDACTOR) if log_format == "json" else _Lines(REDACTOR)
    handlers = [logging.StreamHandler(stream or sys.stderr)] if folder is None else _files(folder)
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    logging.raiseExceptions = False
    # No line shows these, and to find them costs half of it (logging's chapter Optimization).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _files(folder: Path) -> list[logging.StreamHandler[Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.StreamHandler[Any]] = []
    for log in LOGS:
        handler = WatchedFileHandler(folder / f"{log}.log", encoding="utf-8", delay=True)
        handler.addFilter(_Only(log))
        handlers.append(handler)
    return handlers
