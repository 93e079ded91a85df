"""What a transaction leaves for the activity log, until the log's one writer chains it.

It stands below all rooms, because each of them may have something to record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from omnicore.db.base import Base
from omnicore.db.uow import UnitOfWork


@dataclass
class Entry:
    """One entry before it is chained; ``row_hash`` names it once the transaction is committed.

    For a changed row, ``before`` keeps the values that the transaction found.
    """

    kind: str
    action: str
    description: str = ""
    entity_id: str = ""
    customer_id: int | None = None
    service_id: int | None = None
    details: dict[str, Any] | None = None
    row_hash: str = ""
    row: Base | None = field(default=None, repr=False)
    before: dict[str, Any] = field(default_factory=dict, repr=False)


def record(
    uow: UnitOfWork,
    kind: str,
    action: str,
    description: str,
    *,
    customer_id: int | None = None,
    service_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> Entry:
    """Record what no changed row shows. ``details`` are JSON values without secrets."""
    entry = Entry(kind, action, description, "", customer_id, service_id, details)
    entries(uow.session).append(entry)
    return entry


def entries(session: Session) -> list[Entry]:
    """What this transaction has to record so far."""
    waiting: list[Entry] = session.info.setdefault("activity", [])
    return waiting
