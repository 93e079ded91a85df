"""From credentials to an actor, at every request (guide 14).

Rights are read from the database and remembered under the access epoch (see ``epoch``): one
indexed read a request tells whether what is remembered still holds, so a change of rights
works at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session, selectinload

from omnicore.db.scope import Actor, ActorKind
from omnicore.db.uow import Database
from omnicore.identity import keys, tokens
from omnicore.identity.catalogue import PROVISIONER, canonical
from omnicore.identity.epoch import memory
from omnicore.identity.errors import BadApiKey, SessionOver
from omnicore.identity.keys import unknown_role_names
from omnicore.identity.links import customer_of
from omnicore.identity.models import LoginSession, Role, User
from omnicore.identity.tokens import Claims, TokenKind
from omnicore.sdk.errors import Unauthenticated

__all__ = [
    "CallbackGrant",
    "JobStanding",
    "access_token",
    "callback_token",
    "job_callback_token",
    "job_token",
    "of_address",
    "of_key",
    "of_token",
    "read_callback_token",
    "register_job_check",
    "unknown_role_names",
]

LABEL_LENGTH = 120
"""The activity log keeps that much of who acted."""

_FOREVER = float("inf")


@dataclass(frozen=True, kw_only=True)
class JobStanding:
    """What the provisioning room says of a job that runs.

    ``customer_id`` limits the job's token to one customer, where an own-scoped actor started
    it. ``label`` is what the activity log shows; ``user_id`` is who started the job.
    """

    label: str
    customer_id: int | None = None
    user_id: int | None = None


JobCheck = Callable[[Session, int], JobStanding | None]

_JOB_CHECKS: list[JobCheck] = []


def register_job_check(check: JobCheck) -> None:
    """Let the room that keeps jobs say whether one still runs: its standing, or None."""
    _JOB_CHECKS[:] = [check]


def of_token(db: Database, token: str, ip: str) -> Actor:
    """The user behind an access token, or the job behind a job's token.

    :raises Unauthenticated: when the token, its session, its user or its job is no longer good.
    """
    remembered = memory(db).current()
    now = db.now()
    known = remembered.get((token, ip))
    if known is not None and known[1] > now.timestamp():
        return known[0]
    claims = tokens.read(db.settings.jwt_secret, token, now, TokenKind.ACCESS, TokenKind.JOB)
    with db.read() as uow:
        if claims.kind is TokenKind.JOB:
            return _job(uow.session, remembered, claims, ip)
        actor = _user(uow.session, claims, ip)
    remembered[token, ip] = (actor, claims.expires)
    return actor


def of_key(db: Database, key: str, ip: str) -> Actor:
    """The actor behind an API key of the file.

    :raises BadApiKey: when no entry has it, or not for this address.
    """
    entry = keys.find_key(db.settings.api_keys, key, ip)
    if entry is None:
        raise BadApiKey("Invalid API key")
    label = f"API key {entry.description or 'without description'}"
    return _named(db, ActorKind.API_KEY, label, entry.roles, ip)


def of_address(db: Database, ip: str) -> Actor | None:
    """The actor behind a trusted address, or None."""
    if not db.settings.ip_whitelist:
        return None
    entry = keys.find_address(db.settings.ip_whitelist, ip)
    if entry is None:
        return None
    return _named(db, ActorKind.ADDRESS, f"address {ip}", entry.roles, ip)


def access_token(db: Database, user_id: int, session_id: int | None = None) -> str:
    """A fresh access token for a user; with a session, it dies with the session."""
    life = timedelta(minutes=db.settings.auth.access_token_minutes)
    claims = Claims(kind=TokenKind.ACCESS, subject=user_id, session_id=session_id)
    return tokens.sign(db.settings.jwt_secret, claims, db.now(), life)


def job_token(db: Database, provision_id: int, life: timedelta) -> str:
    """A token for one provisioning job: the rights of the role ``provisioner``, while it runs."""
    claims = Claims(kind=TokenKind.JOB, subject=provision_id)
    return tokens.sign(db.settings.jwt_secret, claims, db.now(), life)


@dataclass(frozen=True)
class CallbackGrant:
    """What a callback's token is good for: one product on one service, nothing else.

    ``service_id`` names the service; with ``provision_id`` instead it is whichever service
    that job made.
    """

    service_id: int | None
    product_id: int
    provision_id: int | None = None


def callback_token(
    db: Database, service_id: int, product_id: int, life: timedelta = timedelta(days=3650)
) -> str:
    """A token for a URL that the charging system calls, bound to a service and a product.

    It lives long because the action plans that hold the URL do; what it starts is checked
    against the service's state each time.
    """
    claims = Claims(kind=TokenKind.CALLBACK, subject=service_id, extra={"product_id": product_id})
    return tokens.sign(db.settings.jwt_secret, claims, db.now(), life)


def job_callback_token(
    db: Database, provision_id: int, product_id: int, life: timedelta = timedelta(days=3650)
) -> str:
    """The same for a service that the job is yet to make: its play needs the URL before."""
    extra = {"product_id": product_id, "of_job": True}
    claims = Claims(kind=TokenKind.CALLBACK, subject=provision_id, extra=extra)
    return tokens.sign(db.settings.jwt_secret, claims, db.now(), life)


def read_callback_token(db: Database, token: str) -> CallbackGrant:
    """What the token of a callback allows; compare it with what the URL asks.

    :raises Unauthenticated: when it is forged, over, or another kind of token.
    """
    claims = tokens.read(db.settings.jwt_secret, token, db.now(), TokenKind.CALLBACK)
    extra = claims.extra or {}
    product_id = int(extra["product_id"])
    if extra.get("of_job"):
        return CallbackGrant(None, product_id, claims.subject)
    return CallbackGrant(claims.subject, product_id)


def _user(session: Session, claims: Claims, ip: str) -> Actor:
    user = session.get(
        User,
        claims.subject,
        options=[selectinload(User.roles).selectinload(Role.permissions)],
    )
    if user is None or user.deleted or not user.active:
        raise Unauthenticated("this account is closed")
    if claims.session_id is not None:
        login = session.get(LoginSession, claims.session_id)
        if login is None or login.ended_at is not None or login.user_id != user.id:
            raise SessionOver("the session has ended; log in again")
    return Actor(
        kind=ActorKind.USER,
        label=user.email[:LABEL_LENGTH],
        user_id=user.id,
        permissions=effective(user),
        roles=tuple(role.name for role in user.roles),
        customer_id=customer_of(session, user.contact_id),
        ip=ip,
        session_id=claims.session_id,
    )


def effective(user: User) -> frozenset[str]:
    """The union of the permissions of all roles of a user."""
    return frozenset(canonical(p.name) for role in user.roles for p in role.permissions)


def _job(session: Session, remembered: dict[Any, Any], claims: Claims, ip: str) -> Actor:
    standing = _JOB_CHECKS[0](session, claims.subject) if _JOB_CHECKS else None
    if standing is None:
        raise Unauthenticated("the job of this token no longer runs")
    known = remembered.get(PROVISIONER)
    if known is None:
        rights = keys.granted(session, (PROVISIONER,))
        known = remembered[PROVISIONER] = (rights, _FOREVER)
    return Actor(
        kind=ActorKind.JOB,
        label=standing.label[:LABEL_LENGTH],
        user_id=standing.user_id,
        permissions=known[0],
        roles=(PROVISIONER,),
        customer_id=standing.customer_id,
        ip=ip,
        provision_id=claims.subject,
    )


def _named(db: Database, kind: ActorKind, label: str, names: tuple[str, ...], ip: str) -> Actor:
    """An actor whose rights are names in the file."""
    remembered = memory(db).current()
    known = remembered.get((kind, label, names, ip))
    if known is not None:
        return known[0]
    with db.read() as uow:
        permissions = keys.granted(uow.session, names)
    actor = Actor(
        kind=kind, label=label[:LABEL_LENGTH], permissions=permissions, roles=names, ip=ip
    )
    remembered[kind, label, names, ip] = (actor, _FOREVER)
    return actor
