"""Log-in sessions and their refresh tokens, which rotate (OAuth 2.0 Security BCP, RFC 9700 4.14).

A refresh token is kept as a hash and used once. When a used one comes again, somebody has a
copy: the whole session ends, whoever of the two was the thief.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from omnicore.db.audit import record
from omnicore.db.scope import Actor, ActorKind
from omnicore.db.uow import Database, UnitOfWork
from omnicore.identity import access
from omnicore.identity.errors import SessionOver
from omnicore.identity.models import LoginSession, RefreshToken, User
from omnicore.identity.views import user_view

KEPT_AFTER_END = timedelta(days=30)


@dataclass(frozen=True)
class Client:
    """Who is at the other end, as far as a request shows."""

    ip: str
    user_agent: str = ""

    def visitor(self) -> Actor:
        """The actor of what nobody has proved to be yet."""
        return Actor(kind=ActorKind.ADDRESS, label=f"address {self.ip}", ip=self.ip)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """Fresh tokens of a session, and its user as shown.

    ``expires_in`` is the access token's life in seconds; ``cookie_seconds`` the cookie's, None
    for one that ends with the browser.
    """

    user: dict[str, Any]
    access_token: str
    refresh_token: str
    expires_in: int
    cookie_seconds: int | None


def begin(uow: UnitOfWork, user: User, client: Client, remember_me: bool) -> LoginSession:
    """A new session of a user; forgets the ones that ended long ago."""
    now = uow.now()
    _forget_old(uow, user.id, now - KEPT_AFTER_END)
    return uow.add(
        LoginSession(
            user_id=user.id,
            created=now,
            expires=now + _life(uow, remember_me),
            last_used=now,
            remember_me=remember_me,
            ip=client.ip[:64],
            user_agent=client.user_agent[:255],
        )
    )


def issue(db: Database, uow: UnitOfWork, login: LoginSession, user: User) -> Issued:
    """The next pair of tokens of a session."""
    token = secrets.token_urlsafe(32)
    uow.add(RefreshToken(session_id=login.id, token_hash=_hash(token), created=uow.now()))
    life = _life(uow, login.remember_me)
    return Issued(
        user=user_view(uow.session, user),
        access_token=access.access_token(db, user.id, login.id),
        refresh_token=token,
        expires_in=int(uow.settings.auth.access_token_minutes * 60),
        cookie_seconds=int(life.total_seconds()) if login.remember_me else None,
    )


def refresh(db: Database, token: str, client: Client) -> Issued:
    """Change a refresh token for the next pair.

    :raises SessionOver: when it is unknown, used or over; what a used one means is written
        down before.
    """
    with db.write(client.visitor()) as uow:
        issued = _rotate(db, uow, token)
    if issued is None:
        raise SessionOver("the session has ended; log in again")
    return issued


def end(uow: UnitOfWork, session_id: int, reason: str) -> None:
    """End one session at once; its access token dies with it."""
    login = uow.get(LoginSession, session_id, lock=True)
    if login.ended_at is None:
        login.ended_at = uow.now()
        login.end_reason = reason
        uow.session.flush()


def end_own(uow: UnitOfWork) -> None:
    """End the caller's session; nothing for a caller without one, such as an API key."""
    who = uow.actor
    if who.session_id is not None:
        end(uow, who.session_id, "logged out")
        record(uow, "login", "ended", f"{who.label} logged out", details={"user_id": who.user_id})


def end_all(uow: UnitOfWork, user_id: int, reason: str) -> None:
    """End every session of a user at once."""
    open_ones = select(LoginSession).where(
        LoginSession.user_id == user_id, LoginSession.ended_at.is_(None)
    )
    for login in uow.session.scalars(open_ones):
        login.ended_at = uow.now()
        login.end_reason = reason
    uow.session.flush()


def _rotate(db: Database, uow: UnitOfWork, token: str) -> Issued | None:
    now = uow.now()
    by_hash = select(RefreshToken).where(RefreshToken.token_hash == _hash(token))
    row = uow.session.scalars(by_hash.with_for_update()).first()
    if row is None:
        return None
    login = uow.get(LoginSession, row.session_id, lock=True)
    user = uow.session.get(User, login.user_id)
    if login.ended_at is not None or user is None or user.deleted or not user.active:
        return None
    if row.used_at is not None:
        end(uow, login.id, "a refresh token was used twice")
        facts = {"user_id": user.id, "session_id": login.id}
        text = f"A used refresh token of {user.email} came again: its session was ended"
        record(uow, "session", "ended", text, details=facts)
        return None
    if now >= login.expires or _idle(uow, login, now):
        return None
    row.used_at = now
    login.last_used = now
    login.expires = now + _life(uow, login.remember_me)
    return issue(db, uow, login, user)


def _idle(uow: UnitOfWork, login: LoginSession, now: datetime) -> bool:
    minutes = uow.settings.auth.session_inactivity_minutes
    return bool(minutes) and now - login.last_used > timedelta(minutes=minutes)


def _life(uow: UnitOfWork, remember_me: bool) -> timedelta:
    auth = uow.settings.auth
    return timedelta(days=auth.remember_me_days if remember_me else auth.refresh_token_days)


def _forget_old(uow: UnitOfWork, user_id: int, before: datetime) -> None:
    old = select(LoginSession.id).where(
        LoginSession.user_id == user_id, LoginSession.expires < before
    )
    found = uow.session.scalars(old).all()
    if found:
        uow.session.execute(delete(RefreshToken).where(RefreshToken.session_id.in_(found)))
        uow.session.execute(delete(LoginSession).where(LoginSession.id.in_(found)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
