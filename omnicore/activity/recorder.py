"""The one writer of the activity log.

A listener collects what each flush changes in rows whose class says ``__audit__``, and
services add what no row shows (a log-in, a call to the charging system). Just before the
commit the entries are chained by hash and written in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, sessionmaker

from omnicore.activity.models import Activity, ActivityHead
from omnicore.db.audit import Entry, record
from omnicore.db.audit import entries as pending
from omnicore.db.base import Base
from omnicore.db.scope import SYSTEM, Actor, unscoped

__all__ = ["GENESIS", "MASK", "Entry", "attach", "record", "row_hash"]

MASK = "***"
GENESIS = "0" * 64


def attach(sessions: sessionmaker[Session]) -> None:
    """Make every session of this factory record what it changes."""
    event.listen(sessions, "before_flush", _collect)
    event.listen(sessions, "before_commit", _write)


def row_hash(previous: str, values: dict[str, Any]) -> str:
    """SHA-256 over the previous hash and the entry in canonical JSON."""
    body = json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(f"{previous}{body}".encode()).hexdigest()


def _collect(session: Session, *_: Any) -> None:
    entries = pending(session)
    for row in session.new:
        if isinstance(row, Base) and row.__audit__:
            entries.append(_entry(row, "created", {}))
    for row in session.dirty:
        if isinstance(row, Base) and row.__audit__ and (changes := _changes(row)):
            entries.append(_entry(row, "updated", changes))
    for row in session.deleted:
        if isinstance(row, Base) and row.__audit__:
            entries.append(_entry(row, "deleted", {}))


def _changes(row: Base) -> dict[str, dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    state = inspect(row)
    for attribute in state.attrs:
        history = attribute.load_history()
        if not history.has_changes() or attribute.key in row.__noise__:
            continue
        if attribute.key in state.mapper.relationships:
            if state.mapper.relationships[attribute.key].secondary is None:
                continue
            old, new = _names(history.deleted), _names(history.added)
        else:
            old, new = _one(history.deleted), _one(history.added)
            if old == new:
                continue
            if attribute.key in row.__secret__:
                old, new = MASK, MASK
        changes[attribute.key] = {"old": old, "new": new}
    return changes


def _one(values: Sequence[Any] | None) -> Any:
    return _plain(values[0]) if values else None


def _names(values: Sequence[Any] | None) -> list[str]:
    return [str(getattr(value, "name", value)) for value in values or ()]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return (
        value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)
    )


def _entry(row: Base, action: str, changes: dict[str, Any]) -> Entry:
    if action == "created":
        changes = _first_values(row)
    return Entry(
        kind=row.__audit__,
        action=action,
        description="",
        customer_id=getattr(row, "customer_id", None),
        service_id=getattr(row, "service_id", None),
        details={"changes": changes} if changes else None,
        row=row,
    )


def _first_values(row: Base) -> dict[str, Any]:
    skipped = row.__noise__ | set(inspect(row).mapper.relationships.keys())
    values = {}
    for attribute in inspect(row).attrs:
        value = attribute.loaded_value
        if attribute.key in skipped or value is None or not _recordable(value):
            continue
        shown = MASK if attribute.key in row.__secret__ else _plain(value)
        values[attribute.key] = {"old": None, "new": shown}
    return values


def _recordable(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, list, dict, Decimal, datetime, date, Enum))


def _write(session: Session) -> None:
    session.flush()
    entries = pending(session)
    if not entries:
        return
    actor: Actor = session.info.get("actor") or SYSTEM
    now: datetime = session.info["now"]()
    with unscoped(session), session.no_autoflush:
        head = session.scalars(select(ActivityHead).with_for_update()).one()
        for entry in entries:
            _complete(entry)
            values = _values(entry, actor)
            linked = row_hash(head.row_hash, values | {"created": now.isoformat()})
            session.add(
                Activity(**values, created=now, previous_hash=head.row_hash, row_hash=linked)
            )
            head.row_hash = linked
            head.entries += 1
        entries.clear()
    session.flush()


def _complete(entry: Entry) -> None:
    """Keys exist only after the flush."""
    row = entry.row
    if row is None:
        return
    identity = inspect(row).identity or ()
    entry.entity_id = "/".join(str(part) for part in identity)
    entry.customer_id = getattr(row, "customer_id", None)
    entry.service_id = getattr(row, "service_id", None)
    changed = (
        ", ".join((entry.details or {}).get("changes", {})) if entry.action == "updated" else ""
    )
    name = entry.kind.replace("_", " ")
    entry.description = f"{entry.action.capitalize()} {name} {entry.entity_id}" + (
        f": {changed}" if changed else ""
    )


def _values(entry: Entry, actor: Actor) -> dict[str, Any]:
    values = asdict(
        Entry(
            entry.kind,
            entry.action,
            entry.description,
            entry.entity_id,
            entry.customer_id,
            entry.service_id,
            # The JSON that comes back from the database must hash like the one that went in.
            json.loads(json.dumps(entry.details, default=_plain)),
        )
    )
    values.pop("row")
    return values | {
        "user_id": actor.user_id,
        "impersonating_user_id": actor.impersonator_id,
        "actor": actor.label,
        "ip_address": actor.ip or None,
    }
