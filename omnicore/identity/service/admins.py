"""Nobody may lock everybody out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from omnicore.db.uow import UnitOfWork
from omnicore.identity.catalogue import ADMIN
from omnicore.identity.epoch import raise_epoch
from omnicore.identity.errors import LastAdmin
from omnicore.identity.models import Permission, User, role_permission, user_role


@contextmanager
def keeping_an_admin(uow: UnitOfWork) -> Iterator[None]:
    """Refuse what happens inside when it takes the last administrator away.

    :raises LastAdmin: when there was one before and none is left.
    """
    before = _count(uow.session)
    yield
    uow.session.flush()
    # Whoever changes rights holds the epoch's row until the end, so that of two
    # administrators who remove each other at the same time one sees the other's work.
    raise_epoch(uow.session)
    if before and not _count(uow.session):
        raise LastAdmin("it would leave no active user with the permission admin")


def _count(session: Session) -> int:
    """Active users who hold the permission ``admin``."""
    statement = (
        select(func.count(User.id.distinct()))
        .join(user_role, user_role.c.user_id == User.id)
        .join(role_permission, role_permission.c.role_id == user_role.c.role_id)
        .join(Permission, Permission.id == role_permission.c.permission_id)
        .where(Permission.name == ADMIN, User.active.is_(True), User.deleted.is_(False))
    )
    return int(session.scalar(statement) or 0)
