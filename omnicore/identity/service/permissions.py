"""The list of permissions; deployments may add names of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from omnicore.db.uow import UnitOfWork
from omnicore.identity.catalogue import PERMISSIONS, canonical
from omnicore.identity.errors import BuiltIn, NameTaken
from omnicore.identity.models import Permission, role_permission
from omnicore.identity.views import permission_view


def listing(uow: UnitOfWork) -> list[dict[str, Any]]:
    """All permissions, in the order of their names."""
    found = uow.session.scalars(select(Permission).order_by(Permission.name))
    return [permission_view(permission) for permission in found]


def read(uow: UnitOfWork, permission_id: int) -> dict[str, Any]:
    """One permission."""
    return permission_view(uow.get(Permission, permission_id))


def create(uow: UnitOfWork, name: str, description: str | None = None) -> dict[str, Any]:
    """Add a permission; its name is kept in lower case.

    :raises NameTaken: when it is there already, also under an alias.
    """
    wanted = canonical(name)
    _refuse_taken(uow, wanted)
    return permission_view(_kept(uow, Permission(name=wanted, description=description)))


def update(uow: UnitOfWork, permission_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Change the description, or the name of one that is not built in.

    :raises BuiltIn: for a new name of one that is.
    """
    permission = uow.get(Permission, permission_id, lock=True)
    if "name" in values and canonical(values["name"]) != permission.name:
        _refuse_built_in(permission)
        _refuse_taken(uow, canonical(values["name"]))
        permission.name = canonical(values["name"])
    if "description" in values:
        permission.description = values["description"]
    return permission_view(_kept(uow, permission))


def remove(uow: UnitOfWork, permission_id: int) -> None:
    """Remove a permission, and with it from all roles.

    :raises BuiltIn: when it is built in.
    """
    permission = uow.get(Permission, permission_id, lock=True)
    _refuse_built_in(permission)
    uow.session.execute(
        delete(role_permission).where(role_permission.c.permission_id == permission_id)
    )
    uow.session.delete(permission)
    uow.session.flush()


def _refuse_built_in(permission: Permission) -> None:
    if permission.name in PERMISSIONS:
        raise BuiltIn(f"{permission.name} is built in; routes ask for it by this name")


def _refuse_taken(uow: UnitOfWork, name: str) -> None:
    if uow.session.scalar(select(Permission.id).where(Permission.name == name)) is not None:
        raise NameTaken(f"there is a permission {name} already")


def _kept(uow: UnitOfWork, permission: Permission) -> Permission:
    name = permission.name
    try:
        return uow.add(permission)
    except IntegrityError as error:
        raise NameTaken(f"there is a permission {name} already") from error
