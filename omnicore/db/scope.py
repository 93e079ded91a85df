"""Who acts, and whose rows they may see. The one place where reads are scoped.

Every ORM statement of a unit of work passes ``narrow``: when the unit's scope is a
customer, each entity that is :class:`~omnicore.db.base.Owned` gets that customer as a
further condition, also in joins and aliases, in updates and deletes. A statement on the bare
table of such an entity cannot be narrowed and is refused. Nobody can forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement, bindparam, event
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker, with_loader_criteria
from sqlalchemy.sql.util import find_tables

from omnicore.db.base import Key, Owned

NOBODY = -1
"""A customer that does not exist: what an own-scoped actor without a contact may see."""


class ActorKind(StrEnum):
    """How somebody got in."""

    USER = "user"
    API_KEY = "api_key"
    ADDRESS = "ip_whitelist"
    JOB = "job"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who does something.

    ``permissions`` are lower-case names; ``admin`` among them implies all. ``customer_id``
    is the customer of the user's contact, or the one a job is bound to. ``provision_id`` is
    set for the token of a job, ``impersonator_id`` for staff who act as somebody else.
    """

    kind: ActorKind
    label: str
    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ()
    customer_id: int | None = None
    ip: str = ""
    provision_id: int | None = None
    impersonator_id: int | None = None
    session_id: int | None = None

    def may(self, *permissions: str) -> bool:
        """Whether the actor has any of ``permissions``."""
        return "admin" in self.permissions or not self.permissions.isdisjoint(permissions)


SYSTEM = Actor(kind=ActorKind.SYSTEM, label="system", permissions=frozenset({"admin"}))


@dataclass(frozen=True)
class Scope:
    """Which customer's rows may be seen; None for all."""

    customer_id: int | None = field(default=None)


EVERYTHING = Scope()


def own(actor: Actor) -> Scope:
    """The scope of an actor who may see only what is its own."""
    return Scope(NOBODY if actor.customer_id is None else actor.customer_id)


_narrowed_to: ContextVar[int] = ContextVar("omnicore_narrowed_to", default=NOBODY)
"""The customer of the statement that is being executed; set for each anew, just before."""

# One condition for all customers, its value read when the statement runs: so the narrowed form of
# a statement is made once. It goes on to what the rows load later, also where the scope is lifted.
_CUSTOMER = bindparam("omnicore_narrowed_to", callable_=_narrowed_to.get, type_=Key)
_ITS_OWN = with_loader_criteria(
    Owned,
    lambda cls: cls.customer_id == _CUSTOMER,
    include_aliases=True,
    track_closure_variables=False,
)
_NARROWED: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def attach(sessions: sessionmaker[Session]) -> None:
    """Make every session of this factory obey its scope."""
    event.listen(sessions, "do_orm_execute", _narrow)


def _narrow(state: ORMExecuteState) -> None:
    info = state.session.info
    scope: Scope | None = info.get("scope")
    opened: Scope | None = info.get("lifted_scope", scope)
    customer_id = None if opened is None else opened.customer_id
    _narrowed_to.set(NOBODY if customer_id is None else customer_id)
    if scope is None or scope.customer_id is None or state.is_column_load:
        return
    if not state.is_orm_statement:
        _refuse_owned(state)
        return
    known = _NARROWED.get(state.statement)
    if known is None:
        known = _NARROWED[state.statement] = state.statement.options(_ITS_OWN)
    state.statement = known


def _refuse_owned(state: ORMExecuteState) -> None:
    if state.is_insert:
        return
    touched = find_tables(
        cast(ClauseElement, state.statement),
        check_columns=True,
        include_aliases=True,
        include_joins=True,
        include_selects=True,
        include_crud=True,
    )
    for cls in _owned(Owned):
        if cls.__table__ in touched:
            raise RuntimeError(f"{cls.__table__} has owners: name the class, not its table")


def _owned(cls: type[Any]) -> Iterator[type[Any]]:
    for below in cls.__subclasses__():
        yield below
        yield from _owned(below)


def visible(session: Session, row: object) -> bool:
    """Whether the scope shows a row that the session holds already.

    What a rule read with the scope lifted stays in the session, where a look-up by key
    finds it without asking the database.
    """
    scope: Scope | None = session.info.get("scope")
    if scope is None or scope.customer_id is None or not isinstance(row, Owned):
        return True
    return row.customer_id == scope.customer_id


@contextmanager
def unscoped(session: Session) -> Iterator[None]:
    """Lift the scope for a rule that must see all rows, such as 'is this item free'.

    Use it for decisions only; never hand what was read to the caller.
    """
    before = session.info.get("scope")
    outermost = "lifted_scope" not in session.info
    session.info.setdefault("lifted_scope", before)
    session.info["scope"] = EVERYTHING
    try:
        yield
    finally:
        session.info["scope"] = before
        if outermost:
            del session.info["lifted_scope"]
