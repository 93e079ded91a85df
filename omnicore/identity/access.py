"""From credentials to an actor, at every request.

Rights are read from the database and cached under the access epoch: one indexed read a
request tells whether the cache still holds, so a change of rights works at once.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session, selectinload

from omnicore.db.scope import Actor, ActorKind
from omnicore.db.uow import Database
from omnicore.identity import tokens
from omnicore.identity.models import LoginSession, Role, User
from omnicore.identity.tokens import Claims, TokenKind
from omnicore.sdk.errors import Unauthenticated


def of_token(db: Database, token: str, ip: str) -> Actor:
    """The user behind an access token.

    :raises Unauthenticated: when the token, its session or its user is no longer good.
    """
    claims = tokens.read(db.settings.jwt_secret, token, TokenKind.ACCESS, db.now())
    with db.read() as uow:
        return _user(uow.session, claims, ip)


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
        if login is None or login.ended_at is not None:
            raise Unauthenticated("the session has ended; log in again")
    customer_id = None
    if user.contact_id is not None:
        customer_id = session.execute(
            text("SELECT customer_id FROM customer_contact WHERE contact_id = :id"),
            {"id": user.contact_id},
        ).scalar()
    return Actor(
        kind=ActorKind.USER,
        label=user.email,
        user_id=user.id,
        permissions=frozenset(p.name.lower() for role in user.roles for p in role.permissions),
        roles=tuple(role.name for role in user.roles),
        customer_id=customer_id,
        ip=ip,
        session_id=claims.session_id,
    )


def of_key(db: Database, key: str, ip: str) -> Actor:
    """The actor behind an API key of the file."""
    raise Unauthenticated("the API key is not valid")


def of_address(db: Database, ip: str) -> Actor | None:
    """The actor behind a trusted address, or None."""
    for trusted in db.settings.ip_whitelist:
        if ip and ipaddress.ip_address(ip) in ipaddress.ip_network(trusted.network):
            return Actor(kind=ActorKind.ADDRESS, label=f"address {ip}", ip=ip)
    return None


def access_token(db: Database, user_id: int, session_id: int | None = None) -> str:
    """A fresh access token for a user."""
    life = timedelta(minutes=db.settings.auth.access_token_minutes)
    claims = Claims(kind=TokenKind.ACCESS, subject=user_id, session_id=session_id)
    return tokens.sign(db.settings.jwt_secret, claims, db.now(), life)
