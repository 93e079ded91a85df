"""Who may log in, and what they may do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from omnicore.db.base import Base, Key, Stamped


def any_case(length: int) -> String:
    """Text that is unique and found whatever the case of its letters, on both databases."""
    return (
        String(length)
        .with_variant(String(length, collation="NOCASE"), "sqlite")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_general_ci"), "mysql", "mariadb")
    )


role_permission = Table(
    "role_permission",
    Base.metadata,
    Column("role_id", Key, ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
    Column("permission_id", Key, ForeignKey("permission.id", ondelete="CASCADE"), primary_key=True),
)
user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", Key, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Key, ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Permission(Base):
    """One capability; lower snake case, compared without case."""

    __tablename__ = "permission"
    __audit__ = "permission"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(any_case(120), unique=True)
    description: Mapped[str | None] = mapped_column(Text)


class Role(Base):
    """A named set of permissions."""

    __tablename__ = "role"
    __audit__ = "role"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(any_case(120), unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    # There is no list of users here: a role of customers has too many to load.
    permissions: Mapped[list[Permission]] = relationship(
        secondary=role_permission, order_by=Permission.id
    )


class User(Base, Stamped):
    """A login of staff, or of a customer through a contact."""

    __tablename__ = "user"
    __audit__ = "user"
    __secret__ = frozenset({"password_hash", "totp_secret", "backup_codes"})
    # Log-ins, failed ones and lockouts have entries of their own.
    __noise__ = frozenset(
        {
            "created",
            "last_modified",
            "last_login",
            "login_count",
            "failed_login_attempts",
            "locked_until",
        }
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    username: Mapped[str] = mapped_column(any_case(120), unique=True)
    email: Mapped[str] = mapped_column(any_case(254), unique=True)
    email_verified: Mapped[bool] = mapped_column(default=False)
    pending_email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(120))
    first_name: Mapped[str] = mapped_column(String(120), default="")
    middle_name: Mapped[str | None] = mapped_column(String(120))
    last_name: Mapped[str] = mapped_column(String(120), default="")
    phone_number: Mapped[str | None] = mapped_column(String(40))
    is_2fa_enabled: Mapped[bool] = mapped_column(default=False)
    totp_secret: Mapped[str | None] = mapped_column(String(255))
    backup_codes: Mapped[list[str] | None] = mapped_column(JSON)
    contact_id: Mapped[int | None] = mapped_column(
        Key,
        index=True,  # of the room above: no foreign key upwards
    )
    active: Mapped[bool] = mapped_column(default=True)
    deleted: Mapped[bool] = mapped_column(default=False)
    deleted_at: Mapped[datetime | None]
    last_login: Mapped[datetime | None]
    login_count: Mapped[int] = mapped_column(default=0)
    force_change: Mapped[bool] = mapped_column(default=False)
    failed_login_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    notification_preferences: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    roles: Mapped[list[Role]] = relationship(secondary=user_role, order_by=Role.id)


class LoginSession(Base):
    """A family of refresh tokens: one log-in, until it ends."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"), index=True)
    created: Mapped[datetime]
    expires: Mapped[datetime]
    last_used: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(60))
    remember_me: Mapped[bool] = mapped_column(default=False)
    ip: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(255), default="")


class RefreshToken(Base):
    """One refresh token, stored as a hash; used once."""

    __tablename__ = "refresh_token"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    session_id: Mapped[int] = mapped_column(Key, ForeignKey("login_session.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccessEpoch(Base):
    """One row whose number grows with every change of users, roles, permissions or sessions.

    Requests compare it with the number under which an actor was cached, so that a change of
    rights holds at once on every machine for the price of one indexed read.
    """

    __tablename__ = "access_epoch"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    epoch: Mapped[int] = mapped_column(Key, default=1)
