"""Log-in with a password: the same answer and the same time for every wrong try (guide 09).

Comparing a password takes a quarter of a second, so it happens between two transactions,
never inside one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from omnicore.db.audit import record
from omnicore.db.scope import Actor, ActorKind
from omnicore.db.uow import Database, UnitOfWork
from omnicore.identity import access, passwords, sessions
from omnicore.identity.errors import AccountLocked, BadCredentials
from omnicore.identity.models import User
from omnicore.identity.sessions import Client, Issued
from omnicore.sdk.errors import OmniCoreError

REFUSAL = "Invalid email or password"


@dataclass(frozen=True)
class _Tried:
    """What the password was compared with."""

    user_id: int
    label: str
    password_hash: str


def log_in(
    db: Database, identifier: str, password: str, remember_me: bool, client: Client
) -> Issued:
    """Open a session for an e-mail address or user name and its password.

    :raises BadCredentials: saying the same for an unknown user and a wrong password.
    :raises AccountLocked: after too many wrong ones, even for the right one.
    """
    tried = _look_up(db, identifier)
    right = passwords.matches(
        password, tried.password_hash if tried else None, db.settings.auth.bcrypt_rounds
    )
    with db.write(_actor(tried, right, client)) as uow:
        outcome = _settle(db, uow, tried, right, remember_me, client)
    if isinstance(outcome, OmniCoreError):
        raise outcome  # only now: what was counted and recorded is committed
    return outcome


def find_user(session: Session, identifier: str) -> User | None:
    """The user with that e-mail address or user name, in any case of letters."""
    name = identifier.strip()
    statement = select(User).where(or_(User.email == name, User.username == name))
    return session.scalars(statement.order_by(User.id)).first()


def _look_up(db: Database, identifier: str) -> _Tried | None:
    with db.read() as uow:
        user = find_user(uow.session, identifier)
        if user is None or user.deleted or not user.active:
            return None
        return _Tried(user.id, user.email[: access.LABEL_LENGTH], user.password_hash)


def _actor(tried: _Tried | None, right: bool, client: Client) -> Actor:
    if tried is None or not right:
        return client.visitor()
    return Actor(kind=ActorKind.USER, label=tried.label, user_id=tried.user_id, ip=client.ip)


def _settle(
    db: Database,
    uow: UnitOfWork,
    tried: _Tried | None,
    right: bool,
    remember_me: bool,
    client: Client,
) -> Issued | OmniCoreError:
    user = uow.session.get(User, tried.user_id, with_for_update=True) if tried else None
    if tried is None or user is None or user.deleted or not user.active:
        record(uow, "login", "failed", "Log-in failed: no such account")
        return BadCredentials(REFUSAL)
    if user.locked_until is not None:
        if user.locked_until > uow.now():
            return _still_locked(uow, user)
        user.locked_until, user.failed_login_attempts = None, 0
    if not right or user.password_hash != tried.password_hash:
        return _count_failure(uow, user)
    user.failed_login_attempts = 0
    user.last_login = uow.now()
    user.login_count += 1
    record(uow, "login", "succeeded", f"{user.email} logged in", details={"user_id": user.id})
    login = sessions.begin(uow, user, client, remember_me)
    return sessions.issue(db, uow, login, user)


def _count_failure(uow: UnitOfWork, user: User) -> OmniCoreError:
    auth = uow.settings.auth
    user.failed_login_attempts += 1
    facts = {"user_id": user.id, "attempt": user.failed_login_attempts}
    record(uow, "login", "failed", f"Log-in failed: wrong password for {user.email}", details=facts)
    if user.failed_login_attempts >= auth.lockout_attempts:
        user.locked_until = uow.now() + timedelta(minutes=auth.lockout_minutes)
        text = f"{user.email} was locked for {auth.lockout_minutes:g} minutes"
        record(uow, "login", "locked", text, details={"user_id": user.id})
    return BadCredentials(REFUSAL)


def _still_locked(uow: UnitOfWork, user: User) -> OmniCoreError:
    text = f"Log-in refused: {user.email} is locked"
    record(uow, "login", "refused", text, details={"user_id": user.id})
    left = (user.locked_until or uow.now()) - uow.now()
    seconds = max(1, round(left.total_seconds()))
    return AccountLocked(
        f"too many failed log-ins; try again in {-(-seconds // 60)} minutes", retry_after=seconds
    )
