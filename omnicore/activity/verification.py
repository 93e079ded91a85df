"""Proving that the log is whole: every entry fits its hash and hangs on the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Row, select

from omnicore.activity.canonical import GENESIS, row_hash
from omnicore.activity.models import Activity, ActivityHead
from omnicore.db.uow import UnitOfWork

CHUNK = 2_000

_SIGNED = (
    "kind",
    "action",
    "description",
    "entity_id",
    "customer_id",
    "service_id",
    "details",
    "user_id",
    "impersonating_user_id",
    "actor",
    "ip_address",
)


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """Whether the log is whole.

    ``problem`` is ``edited`` (an entry no longer fits its hash), ``missing`` (what an entry
    hangs on is gone or was exchanged), ``cut`` (the last entries are gone) or ``forged``
    (entries at the end that the head does not know); empty when all is well. ``activity_id``
    is the first entry that does not fit, None for ``cut``. ``entries`` counts those that do,
    ``head`` is the hash of the last of them: kept elsewhere, it proves later that nobody
    wrote the whole log anew.
    """

    entries: int
    head: str
    problem: str = ""
    activity_id: int | None = None
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem

    def __str__(self) -> str:
        if self.ok:
            return f"the log is whole: {self.entries} entries, head {self.head}"
        at = "" if self.activity_id is None else f" at entry {self.activity_id}"
        return f"the log is not whole ({self.problem}{at}): {self.detail}; {self.entries} fit"


@dataclass
class _Walk:
    """How far the chain was followed, and what it was at the entry the head named."""

    expected: int
    last_hash: str = GENESIS
    last_id: int = 0
    count: int = 0
    at_expected: str = GENESIS

    def go_on(self, row: Row[Any]) -> None:
        self.last_hash, self.last_id = row.row_hash, row.activity_id
        self.count += 1
        if self.count == self.expected:
            self.at_expected = self.last_hash

    def report(self, problem: str = "", detail: str = "", at: int | None = None) -> VerifyReport:
        return VerifyReport(
            entries=self.count, head=self.last_hash, problem=problem, activity_id=at, detail=detail
        )


def verify(uow: UnitOfWork) -> VerifyReport:
    """Follow the whole chain, :data:`CHUNK` entries at a time; others may write meanwhile."""
    expected, expected_hash = _head(uow)
    walk = _Walk(expected)
    with uow.unscoped():
        for row in _entries(uow):
            fault = _fault(row, walk)
            if fault is not None:
                return walk.report(*fault, row.activity_id)
            walk.go_on(row)
    return _end(uow, walk, expected_hash)


def _end(uow: UnitOfWork, walk: _Walk, expected_hash: str) -> VerifyReport:
    """Compare with the head as it was before the walk, and as it is after it."""
    if walk.count < walk.expected:
        lost = walk.expected - walk.count
        return walk.report("cut", f"{lost} entries after entry {walk.last_id} are gone")
    if walk.at_expected != expected_hash:
        detail = f"the log was exchanged: its entry number {walk.expected} is not the head's"
        return walk.report("missing", detail, walk.last_id)
    extra = walk.count - _head(uow)[0]
    if extra > 0:
        detail = f"the last {extra} entries were not written by OmniCore"
        return walk.report("forged", detail, walk.last_id)
    return walk.report()


def _head(uow: UnitOfWork) -> tuple[int, str]:
    head = uow.session.execute(select(ActivityHead.entries, ActivityHead.row_hash)).one()
    return head.entries, head.row_hash


def _entries(uow: UnitOfWork) -> Iterator[Row[Any]]:
    """All entries in the order of writing."""
    names = ("activity_id", *_SIGNED, "created", "previous_hash", "row_hash")
    statement = select(*(getattr(Activity, name) for name in names)).order_by(Activity.activity_id)
    last = 0
    while True:
        chunk = statement.where(Activity.activity_id > last).limit(CHUNK)
        rows = uow.session.execute(chunk).all()
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1].activity_id


def _fault(row: Row[Any], walk: _Walk) -> tuple[str, str] | None:
    if row.previous_hash != walk.last_hash:
        where = f"after entry {walk.last_id}" if walk.last_id else "at the start"
        return "missing", f"what stood {where} and before entry {row.activity_id} is gone"
    values = {name: getattr(row, name) for name in _SIGNED}
    values["created"] = row.created.astimezone(UTC).isoformat()
    if row_hash(walk.last_hash, values) != row.row_hash:
        return "edited", f"entry {row.activity_id} was changed after it was written"
    return None
