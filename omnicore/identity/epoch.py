"""The access epoch: what makes a change of rights hold at the next request, everywhere.

A listener raises the number in the transaction that changes a user, a role, a permission, a
session or the link from a user to its customer. Each request reads it and drops what it
remembers of actors under an older one.
"""

from __future__ import annotations

import os
import threading
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Engine, Table, event, insert, inspect, update
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, sessionmaker

from omnicore.db.uow import Database
from omnicore.identity.models import AccessEpoch

_QUERY = "SELECT epoch FROM access_epoch WHERE id = 1"
_RAISED = "access_epoch_raised"

# table -> columns whose change alters what somebody may do; None for any change of a row
_WATCHED: dict[str, frozenset[str] | None] = {
    "permission": frozenset({"name"}),
    "role": frozenset({"name", "permissions"}),
    "role_permission": None,
    "user_role": None,
    "user": frozenset({"email", "contact_id", "active", "deleted", "roles"}),
    "login_session": frozenset({"ended_at"}),
    "customer_contact": frozenset({"customer_id"}),
}
_NAMED = ("role", "permission")
"""A new one may be what an API key of the file names."""
_LIMIT = 20_000


def attach(sessions: sessionmaker[Session]) -> None:
    """Make every session of this factory raise the epoch when it changes rights."""
    event.listen(sessions, "after_flush", _after_flush)
    event.listen(sessions, "do_orm_execute", _on_statement)
    event.listen(sessions, "after_transaction_end", _on_end)


def raise_epoch(session: Session) -> None:
    """Raise the number, once a transaction; its row stays locked until the end."""
    if session.info.get(_RAISED):
        return
    session.info[_RAISED] = True
    connection = session.connection()
    found = connection.execute(
        update(AccessEpoch).where(AccessEpoch.id == 1).values(epoch=AccessEpoch.epoch + 1)
    )
    if found.rowcount == 0:
        connection.execute(insert(AccessEpoch).values(id=1, epoch=1))


def _after_flush(session: Session, *_: Any) -> None:
    # A new user or session alone changes nobody's rights.
    if (
        any(_matters(row) for row in session.dirty)
        or any(row.__tablename__ in _NAMED for row in session.new)
        or any(row.__tablename__ in _WATCHED for row in session.deleted)
    ):
        raise_epoch(session)


def _matters(row: Any) -> bool:
    columns = _WATCHED.get(row.__tablename__)
    if columns is None:
        return False
    state = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in columns)


def _on_statement(state: ORMExecuteState) -> None:
    """Statements that write without objects."""
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    table = getattr(state.statement, "table", None)
    if isinstance(table, Table) and table.name in _WATCHED:
        raise_epoch(state.session)


def _on_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested or transaction.parent is None:
        session.info.pop(_RAISED, None)


class _Line:
    """A connection of one thread's own; let go of when the thread or the engine ends."""

    def __init__(self, engine: Engine) -> None:
        pooled = engine.raw_connection()
        self.raw = cast(Any, pooled.dbapi_connection)
        pooled.detach()
        self.pid = os.getpid()
        if callable(getattr(self.raw, "autocommit", None)):
            self.raw.autocommit(True)


class Memory:
    """What this process remembers of one database's actors."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = threading.local()
        self._lines: WeakSet[_Line] = WeakSet()
        self._held: tuple[int | None, dict[Any, tuple[Any, float]]] = (None, {})
        event.listen(engine, "engine_disposed", self._close)

    def current(self) -> dict[Any, tuple[Any, float]]:
        """What holds at this moment: key -> actor (or permissions) and the second when it ends.

        Read it before what is put into it, never after.
        """
        epoch = self._read()
        held, actors = self._held
        if held != epoch or epoch is None or len(actors) > _LIMIT:
            actors = {}
            self._held = (epoch, actors)
        return actors

    def _read(self) -> int | None:
        # A connection of this thread's own, outside the pool: one statement a request and
        # no ping, rollback or check-in around it.
        try:
            cursor = self._connection().cursor()
            cursor.execute(_QUERY)
            rows = cursor.fetchall()
            cursor.close()
        except self._engine.dialect.loaded_dbapi.Error:
            self._thread.line = None
            with self._engine.connect() as connection:
                rows = connection.exec_driver_sql(_QUERY).all()
        return rows[0][0] if rows else None

    def _connection(self) -> Any:
        line: _Line | None = getattr(self._thread, "line", None)
        if line is None or line.pid != os.getpid():
            line = self._thread.line = _Line(self._engine)
            self._lines.add(line)
        return line.raw

    def _close(self, _: Engine) -> None:
        for line in list(self._lines):
            if line.pid == os.getpid():
                line.raw.close()
        self._lines.clear()
        self._thread = threading.local()


_MEMORIES: WeakKeyDictionary[Database, Memory] = WeakKeyDictionary()


def memory(db: Database) -> Memory:
    """The memory of this process for ``db``."""
    found = _MEMORIES.get(db)
    return found if found is not None else _MEMORIES.setdefault(db, Memory(db.engine))
