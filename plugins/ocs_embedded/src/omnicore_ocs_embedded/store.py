"""The server's state: JSON documents in one SQLite file, written before they are answered."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class StateFileInUse(Exception):
    """Another server works on the same state file."""


class Store:
    """Documents by kind and key. Each write is on disk when the call returns.

    The file is locked for this process, so that two servers never share one state.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=1.0
        )
        try:
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(_SCHEMA)
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise StateFileInUse(f"{path}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several writes as one; nests into the outermost."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def get(self, kind: str, key: str) -> Any:
        """The document, or None."""
        row = self._all("SELECT body FROM document WHERE kind = ? AND key = ?", kind, key)
        return json.loads(row[0][0]) if row else None

    def put(self, kind: str, key: str, body: Any) -> None:
        """Write the document, whether it was there or not."""
        text = json.dumps(body, separators=(",", ":"))
        self._all("REPLACE INTO document (kind, key, body) VALUES (?, ?, ?)", kind, key, text)

    def delete(self, kind: str, key: str) -> bool:
        """Remove the document; False when there was none."""
        with self._lock:
            return bool(
                self._connection.execute(
                    "DELETE FROM document WHERE kind = ? AND key = ?", (kind, key)
                ).rowcount
            )

    def items(self, kind: str, prefix: str = "") -> list[tuple[str, Any]]:
        """Key and document of each one whose key starts with ``prefix``, by key."""
        rows = self._all(
            "SELECT key, body FROM document WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
            kind,
            prefix,
            prefix + "\U0010ffff",
        )
        return [(key, json.loads(body)) for key, body in rows]

    def close(self) -> None:
        """Give the file free."""
        with self._lock:
            self._connection.close()

    def _all(self, sql: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()
