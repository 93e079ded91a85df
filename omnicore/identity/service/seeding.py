"""The catalogue and the ready roles, put into a database; run again after each upgrade."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from omnicore.db.uow import UnitOfWork
from omnicore.identity.catalogue import PERMISSIONS, READY_ROLES
from omnicore.identity.epoch import raise_epoch
from omnicore.identity.models import Permission, Role
from omnicore.sdk.contributions import PermissionSpec


def seed(uow: UnitOfWork, plugin_permissions: Iterable[PermissionSpec] = ()) -> None:
    """Add what is missing; what an operator changed stays.

    A permission that is new with this release goes into the ready roles that are meant to
    have it; one that was there before is not put back into a role that lost it.
    """
    names = dict(PERMISSIONS)
    names |= {spec.name.lower(): spec.description for spec in plugin_permissions}
    held = {row.name: row for row in uow.session.scalars(select(Permission))}
    new = {
        name: Permission(name=name, description=text)
        for name, text in names.items()
        if name not in held
    }
    uow.session.add_all(new.values())
    roles = {role.name.lower(): role for role in uow.session.scalars(select(Role))}
    for name, (text, wanted) in READY_ROLES.items():
        role = roles.get(name.lower())
        if role is None:
            known = held | new
            rights = [known[permission] for permission in sorted(wanted)]
            uow.session.add(Role(name=name, description=text, permissions=rights))
        else:
            role.permissions.extend(new[name] for name in sorted(wanted) if name in new)
    raise_epoch(uow.session)
    uow.session.flush()
