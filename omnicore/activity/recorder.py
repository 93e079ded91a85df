"""The one writer of the activity log.

A listener notes what each flush changes in rows whose class says ``__audit__``, and
services add what no row shows (a log-in, a call to the charging system) with
:func:`omnicore.db.audit.record`. Just before the
commit the entries are chained by hash and written in the same transaction.

A row has one entry a transaction for all its changes, with the values before the first
and after the last; what a savepoint took back is not told. Statements that change rows in
bulk pass by the listener: whoever uses one on an audited table calls :func:`record`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, event, insert, inspect, select, update
from sqlalchemy.orm import InstanceState, Session, sessionmaker

from omnicore.activity.canonical import GENESIS, plain, row_hash
from omnicore.activity.models import Activity, ActivityHead
from omnicore.db.audit import Entry, record
from omnicore.db.audit import entries as pending
from omnicore.db.base import Base
from omnicore.db.scope import SYSTEM, Actor, unscoped

__all__ = ["GENESIS", "MASK", "Entry", "attach", "record", "row_hash"]

MASK = "***"
_HEAD = cast(Table, ActivityHead.__table__)
_READ_HEAD = select(_HEAD.c.row_hash, _HEAD.c.entries).with_for_update()
_MOVE_HEAD = update(_HEAD).values(row_hash=bindparam("last"), entries=bindparam("count"))
_ADD = insert(cast(Table, Activity.__table__))


def attach(sessions: sessionmaker[Session]) -> None:
    """Make every session of this factory record what it changes."""
    event.listen(sessions, "before_flush", _collect)
    event.listen(sessions, "before_commit", _write)


def _collect(session: Session, *_: Any) -> None:
    for row in _audited(session.new):
        _entry(session, row, "created")
    for row in _audited(session.dirty):
        changed = dict(_changed(inspect(row)))
        if changed:
            entry = _entry(session, row, "updated")
            entry.before = changed | entry.before
    for row in _audited(session.deleted):
        state = inspect(row)
        entry = _entry(session, row, "deleted")
        entry.before = {key: _present(state, key) for key in _told(_kind(state))}


def _audited(rows: Iterable[Any]) -> Iterator[Base]:
    return (row for row in rows if isinstance(row, Base) and row.__audit__)


def _entry(session: Session, row: Base, action: str) -> Entry:
    """The entry of a row in this transaction; a removal stands for itself."""
    known: dict[Base, Entry] = session.info.setdefault("activity_rows", {})
    entry = known.get(row)
    if entry is None or action == "deleted":
        entry = known[row] = Entry(row.__audit__, action, row=row)
        pending(session).append(entry)
    return entry


def _kind(state: InstanceState[Any]) -> type[Base]:
    kind: type[Base] = state.class_
    return kind


@cache
def _told(kind: type[Base]) -> tuple[str, ...]:
    """What of a row is recorded: columns, and lists over a table between two others."""
    mapper = inspect(kind)
    lists = [key for key, related in mapper.relationships.items() if related.secondary is not None]
    return tuple(key for key in (*mapper.column_attrs.keys(), *lists) if key not in kind.__noise__)


def _changed(state: InstanceState[Any]) -> Iterator[tuple[str, Any]]:
    """What a flush is about to change, with the value before."""
    untouched = state.unmodified
    for key in _told(_kind(state)):
        if key in untouched:
            continue
        history = state.attrs[key].load_history()
        if not history.has_changes():
            continue
        if key in state.mapper.relationships:
            yield key, _names([*history.unchanged, *history.deleted])
        else:
            yield key, history.deleted[0] if history.deleted else None


def _present(state: InstanceState[Any], key: str) -> Any:
    """The value now; asks the database only where a savepoint was taken back."""
    if key in state.expired_attributes and state.persistent:
        value = getattr(state.obj(), key)
    else:
        value = state.dict.get(key)
    return _names(value or ()) if key in state.mapper.relationships else value


def _names(rows: Iterable[Any]) -> list[str]:
    return sorted(str(getattr(row, "name", row)) for row in rows)


def _write(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    with unscoped(session), session.no_autoflush:
        entries = [entry for entry in pending(session) if _complete(entry)]
        pending(session).clear()
        session.info.pop("activity_rows", None)
        if entries:
            _chain(session, entries)


def _chain(session: Session, entries: list[Entry]) -> None:
    """Hang entries on the last one, under the lock of the head: one writer at a time."""
    connection = session.connection()
    head = connection.execute(_READ_HEAD).one()
    actor: Actor = session.info.get("actor") or SYSTEM
    now: datetime = session.info["now"]().astimezone(UTC)
    last, rows = head.row_hash, []
    for entry in entries:
        values = _values(entry, actor)
        entry.row_hash = row_hash(last, values | {"created": now.isoformat()})
        rows.append(values | {"created": now, "previous_hash": last, "row_hash": entry.row_hash})
        last = entry.row_hash
    connection.execute(_ADD, rows)
    connection.execute(_MOVE_HEAD, {"last": last, "count": head.entries + len(rows)})


def _complete(entry: Entry) -> bool:
    """Fill in what is known after the last flush; False when nothing is left to tell."""
    if entry.row is None:
        return True
    state = inspect(entry.row)
    if not (state.deleted or (state.persistent and entry.action != "deleted")):
        return False  # a savepoint took it back
    changes = {
        key: change
        for key in _told(_kind(state))
        if (change := _change(state, key, entry)) is not None
    }
    if entry.action == "updated" and not changes:
        return False
    entry.entity_id = "/".join(str(part) for part in state.identity or ())
    for link in ("customer_id", "service_id"):
        if link in state.mapper.attrs:
            setattr(entry, link, _present(state, link))
    entry.details = {"changes": changes} if changes else None
    entry.description = f"{entry.action.capitalize()} {entry.kind.replace('_', ' ')} "
    entry.description += entry.entity_id
    if entry.action == "updated":
        entry.description += f": {', '.join(changes)}"
    return True


def _change(state: InstanceState[Any], key: str, entry: Entry) -> dict[str, Any] | None:
    if entry.action == "updated" and key not in entry.before:
        return None
    old = entry.before.get(key)
    new = None if entry.action == "deleted" else _present(state, key)
    if key in state.mapper.relationships:
        gone, come = set(old or ()) - set(new or ()), set(new or ()) - set(old or ())
        return {"removed": sorted(gone), "added": sorted(come)} if gone or come else None
    if old == new:
        return None
    row = cast(Base, entry.row)  # a row may hide more than its class, see inventory
    if key in row.__secret__:
        old, new = (None if value is None else MASK for value in (old, new))
    return {"old": old, "new": new}


def _values(entry: Entry, actor: Actor) -> dict[str, Any]:
    return {
        "kind": entry.kind[:60],
        "action": entry.action[:20],
        "description": plain(entry.description),
        "entity_id": entry.entity_id[:60],
        "customer_id": entry.customer_id,
        "service_id": entry.service_id,
        "details": plain(entry.details),
        "user_id": actor.user_id,
        "impersonating_user_id": actor.impersonator_id,
        "actor": actor.label[:255],
        "ip_address": actor.ip[:64] or None,
    }
