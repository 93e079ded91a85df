"""One transaction and what belongs to it.

The edge opens it (a route, a command, a worker); leaving the block well commits, raising
rolls back. Services get it as their first argument and never commit. While a writing unit
is open no port may be called: see ``refuse_open_write``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from omnicore.config import Settings
from omnicore.db import scope as scoping
from omnicore.db.base import Base, Stamped
from omnicore.db.engine import WRITE
from omnicore.db.outbox import OutboxRow, waiting
from omnicore.db.scope import EVERYTHING, SYSTEM, Actor, Scope, unscoped, visible
from omnicore.sdk.errors import NotFound
from omnicore.sdk.events import DomainEvent

Row = TypeVar("Row", bound=Base)

_writing: ContextVar[int] = ContextVar("omnicore_writing", default=0)


def utc_now() -> datetime:
    """The wall clock, aware UTC."""
    return datetime.now(UTC)


def refuse_open_write() -> None:
    """The guard of port calls.

    :raises RuntimeError: when this thread of work holds an open write transaction.
    """
    if _writing.get():
        raise RuntimeError("a port call inside an open write transaction")


@dataclass
class UnitOfWork:
    """A session, who acts, what they may see, the clock and the way to tell events."""

    session: Session
    actor: Actor
    scope: Scope
    settings: Settings
    now: Callable[[], datetime]
    subscribers: Callable[[type[DomainEvent]], list[str]]

    def get(self, model: type[Row], key: Any, *, lock: bool = False) -> Row:
        """The row with that primary key, within the scope.

        :param lock: hold the row until the end (``FOR UPDATE``), with its values read anew.
        :raises NotFound: when it is not there or belongs to somebody else.
        """
        options: dict[str, Any] = {"with_for_update": True, "populate_existing": True}
        row = self.session.get(model, key, **(options if lock else {}))
        if row is None or not visible(self.session, row):
            name = model.__audit__ or model.__tablename__
            raise NotFound(f"no {name.replace('_', ' ')} {key}")
        return row

    def add(self, row: Row) -> Row:
        """Add a row and give it its key at once."""
        self.session.add(row)
        self.session.flush()
        return row

    def emit(self, event: DomainEvent) -> None:
        """Tell an event: one outbox row per subscriber, delivered after the commit."""
        now = self.now()
        rows: list[OutboxRow] = [
            waiting(event, subscriber, now) for subscriber in self.subscribers(type(event))
        ]
        self.session.add_all(rows)

    def unscoped(self) -> AbstractContextManager[None]:
        """See :func:`omnicore.db.scope.unscoped`."""
        return unscoped(self.session)


class Database:
    """The engine and its sessions; makes units of work."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        now: Callable[[], datetime] = utc_now,
        subscribers: Callable[[type[DomainEvent]], list[str]] = lambda _: [],
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.now = now
        self.subscribers = subscribers
        self.sessions = sessionmaker(expire_on_commit=False, class_=Session)
        self._writer = engine.execution_options(**{WRITE: True})
        scoping.attach(self.sessions)
        event.listen(self.sessions, "do_orm_execute", _refuse_changes)
        event.listen(self.sessions, "before_flush", self._stamp)

    def _stamp(self, session: Session, *_: Any) -> None:
        if session.info.get("read_only") and (session.new or session.dirty or session.deleted):
            raise RuntimeError("a reading unit of work has changes")
        now = self.now()
        for row in session.new:
            if isinstance(row, Stamped):
                row.created = row.created or now
                row.last_modified = now
        for row in session.dirty:
            if isinstance(row, Stamped) and session.is_modified(row):
                row.last_modified = now

    @contextmanager
    def write(self, actor: Actor = SYSTEM, scope: Scope = EVERYTHING) -> Iterator[UnitOfWork]:
        """A unit that may change things."""
        token = _writing.set(_writing.get() + 1)
        try:
            with self._session(self._writer, actor, scope) as session, session.begin():
                yield self._unit(session, actor, scope)
        finally:
            _writing.reset(token)

    @contextmanager
    def read(self, actor: Actor = SYSTEM, scope: Scope = EVERYTHING) -> Iterator[UnitOfWork]:
        """A unit that only reads; it sees one state of the database and is rolled back."""
        with self._session(self.engine, actor, scope) as session:
            session.info["read_only"] = True
            yield self._unit(session, actor, scope)

    def _session(self, engine: Engine, actor: Actor, scope: Scope) -> Session:
        info = {"actor": actor, "scope": scope, "now": self.now}
        return self.sessions(bind=engine, info=info)

    def _unit(self, session: Session, actor: Actor, scope: Scope) -> UnitOfWork:
        return UnitOfWork(session, actor, scope, self.settings, self.now, self.subscribers)


def _refuse_changes(state: ORMExecuteState) -> None:
    changes = state.is_insert or state.is_update or state.is_delete
    if changes and state.session.info.get("read_only"):
        raise RuntimeError("a reading unit of work has changes")
