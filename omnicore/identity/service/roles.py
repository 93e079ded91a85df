"""Roles: what they may do, and who has them. Every change holds at the next request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from omnicore.db.audit import record
from omnicore.db.listing import BARE_CAP, Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.identity.catalogue import PROVISIONER
from omnicore.identity.errors import BuiltIn, NameTaken
from omnicore.identity.models import Permission, Role, User, user_role
from omnicore.identity.service.admins import keeping_an_admin
from omnicore.identity.views import permission_view
from omnicore.sdk.errors import Invalid, NotFound

_MEMBER = ("id", "username", "email", "first_name", "last_name")
MEMBERS = Listing(
    columns=columns_of(User, *_MEMBER, "active", "last_login"),
    key="id",
    search=(User.username, User.email, User.first_name, User.last_name),
    descending=False,
)


def listing(uow: UnitOfWork) -> list[dict[str, Any]]:
    """All roles with their permissions and users."""
    roles = uow.session.scalars(
        select(Role).options(selectinload(Role.permissions)).order_by(Role.id)
    ).all()
    return _shown(uow, roles)


def read(uow: UnitOfWork, role_id: int) -> dict[str, Any]:
    """One role with its permissions and users."""
    return _shown(uow, [uow.get(Role, role_id)])[0]


def create(uow: UnitOfWork, name: str, description: str | None = None) -> dict[str, Any]:
    """Add a role, without permissions and users.

    :raises NameTaken: when there is one of that name.
    """
    role = Role(name=_free_name(uow, name), description=description)
    return _shown(uow, [_kept(uow, role)])[0]


def update(uow: UnitOfWork, role_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Change name or description.

    :raises BuiltIn: for a new name of the role that jobs act under.
    """
    role = uow.get(Role, role_id, lock=True)
    if "name" in values and values["name"].strip() != role.name:
        _refuse_built_in(role)
        role.name = _free_name(uow, values["name"], but=role_id)
    if "description" in values:
        role.description = values["description"]
    return _shown(uow, [_kept(uow, role)])[0]


def remove(uow: UnitOfWork, role_id: int) -> None:
    """Remove a role, and with it from everybody who has it.

    :raises LastAdmin: when nobody who may administer would be left.
    """
    role = uow.get(Role, role_id, lock=True)
    _refuse_built_in(role)
    with keeping_an_admin(uow):
        gone = uow.session.execute(delete(user_role).where(user_role.c.role_id == role_id))
        held = int(getattr(gone, "rowcount", 0))
        uow.session.delete(role)
    text = f"Deleted role {role.name}, which {held} users had"
    record(uow, "role", "deleted", text, details={"name": role.name, "users": held})


def permissions(uow: UnitOfWork, role_id: int) -> list[dict[str, Any]]:
    """The permissions of a role."""
    return [permission_view(permission) for permission in uow.get(Role, role_id).permissions]


def add_permissions(uow: UnitOfWork, role_id: int, ids: Sequence[int]) -> dict[str, Any]:
    """Give permissions to a role; those it has already stay.

    :raises NotFound: naming the first id that is no permission; nothing is added then.
    """
    if not ids:
        raise Invalid.field("permission_ids", "give permission_id or permission_ids")
    role = uow.get(Role, role_id, lock=True)
    found = {
        row.id: row for row in uow.session.scalars(select(Permission).where(Permission.id.in_(ids)))
    }
    unknown = [str(key) for key in ids if key not in found]
    if unknown:
        raise NotFound(f"no permission {', '.join(unknown)}")
    held = {permission.id for permission in role.permissions}
    role.permissions.extend(found[key] for key in dict.fromkeys(ids) if key not in held)
    uow.session.flush()
    return _shown(uow, [role])[0]


def remove_permission(uow: UnitOfWork, role_id: int, permission_id: int) -> None:
    """Take a permission from a role.

    :raises NotFound: when the role does not have it.
    :raises LastAdmin: when nobody who may administer would be left.
    """
    role = uow.get(Role, role_id, lock=True)
    kept = [permission for permission in role.permissions if permission.id != permission_id]
    if len(kept) == len(role.permissions):
        raise NotFound(f"role {role.name} has no permission {permission_id}")
    with keeping_an_admin(uow):
        role.permissions = kept


def members(uow: UnitOfWork, role_id: int, query: ListQuery) -> Page:
    """Users who have a role; deleted ones are left out."""
    uow.get(Role, role_id)
    start = select().select_from(User).join(user_role, user_role.c.user_id == User.id)
    where = (user_role.c.role_id == role_id, User.deleted.is_(False))
    return page(uow, MEMBERS, query, *where, start=start)


def assign(uow: UnitOfWork, role_id: int, user_id: int) -> dict[str, Any]:
    """Give a role to a user, who keeps the others."""
    role = uow.get(Role, role_id)
    user = uow.get(User, user_id, lock=True)
    if role not in user.roles:
        user.roles.append(role)
        uow.session.flush()
    return _shown(uow, [role])[0]


def withdraw(uow: UnitOfWork, role_id: int, user_id: int) -> None:
    """Take a role from a user.

    :raises NotFound: when the user does not have it.
    :raises LastAdmin: when nobody who may administer would be left.
    """
    role = uow.get(Role, role_id)
    user = uow.get(User, user_id, lock=True)
    if role not in user.roles:
        raise NotFound(f"user {user_id} does not have role {role.name}")
    with keeping_an_admin(uow):
        user.roles.remove(role)


def named(uow: UnitOfWork, names: Iterable[str]) -> list[Role]:
    """Roles by name, in any case of letters.

    :raises Invalid: naming those that do not exist.
    """
    wanted = {name.strip().lower(): name.strip() for name in names if name.strip()}
    found = {
        role.name.lower(): role
        for role in uow.session.scalars(select(Role).where(Role.name.in_(wanted)))
    }
    unknown = [given for lower, given in wanted.items() if lower not in found]
    if unknown or not wanted:
        raise Invalid.field("role", f"no role {', '.join(unknown)}" if unknown else "name a role")
    return [found[lower] for lower in wanted]


def _shown(uow: UnitOfWork, roles: Sequence[Role]) -> list[dict[str, Any]]:
    users = _users(uow, [role.id for role in roles])
    return [
        {
            "id": role.id,
            "name": role.name,
            "description": role.description,
            "permissions": [permission_view(permission) for permission in role.permissions],
            "users": users.get(role.id, []),
        }
        for role in roles
    ]


def _users(uow: UnitOfWork, role_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Users of each role, at most 1,000 a role: a role of customers may have many more."""
    place = func.row_number().over(partition_by=user_role.c.role_id, order_by=User.id)
    ranked = (
        select(user_role.c.role_id, place.label("place"), *(getattr(User, n) for n in _MEMBER))
        .join(User, User.id == user_role.c.user_id)
        .where(user_role.c.role_id.in_(role_ids), User.deleted.is_(False))
        .subquery()
    )
    rows = uow.session.execute(
        select(ranked).where(ranked.c.place <= BARE_CAP).order_by(ranked.c.role_id, ranked.c.place)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.mappings():
        found.setdefault(row["role_id"], []).append({name: row[name] for name in _MEMBER})
    return found


def _refuse_built_in(role: Role) -> None:
    if role.name.lower() == PROVISIONER:
        raise BuiltIn("provisioning jobs act under this role; change its permissions instead")


def _free_name(uow: UnitOfWork, name: str, but: int = 0) -> str:
    taken = select(Role.id).where(Role.name == name.strip(), Role.id != but)
    if uow.session.scalar(taken) is not None:
        raise NameTaken(f"there is a role {name.strip()} already")
    return name.strip()


def _kept(uow: UnitOfWork, role: Role) -> Role:
    name = role.name
    try:
        return uow.add(role)
    except IntegrityError as error:
        raise NameTaken(f"there is a role {name} already") from error
