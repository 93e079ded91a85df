"""Users: made, found, changed, deleted softly and restored (guide 33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from omnicore.db.audit import record
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.scope import Actor, ActorKind
from omnicore.db.uow import UnitOfWork
from omnicore.identity import links, passwords, sessions
from omnicore.identity.errors import NameTaken
from omnicore.identity.login import find_user
from omnicore.identity.models import Role, User, user_role
from omnicore.identity.service import roles as role_service
from omnicore.identity.service.admins import keeping_an_admin
from omnicore.identity.views import USER_COLUMNS, user_view
from omnicore.sdk.errors import Invalid, NotFound

USERS = Listing(
    columns=columns_of(User, *USER_COLUMNS),
    key="id",
    search=(User.username, User.email, User.first_name, User.last_name, User.phone_number),
    filters={
        "email_domain": func.lower(func.substr(User.email, func.instr(User.email, "@") + 1)),
        "last_login": func.date(User.last_login),
    },
)


def create_user(
    uow: UnitOfWork,
    *,
    username: str,
    email: str,
    password: str,
    roles: Sequence[str],
    first_name: str = "",
    last_name: str = "",
    middle_name: str | None = None,
    phone_number: str | None = None,
    contact_id: int | None = None,
) -> User:
    """Add a user who may log in at once.

    Make it the unit's first step: the password is hashed before the first statement, so that
    no lock is held meanwhile.

    :param roles: names of roles, at least one.
    :param contact_id: the contact whose customer is the user's own.
    :raises Invalid: for a weak password, an unknown role or contact.
    :raises NameTaken: when user name or e-mail address belong to somebody.
    """
    passwords.check(password)
    kept = passwords.hashed(password, uow.settings.auth.bcrypt_rounds)
    _check_names(uow, username.strip(), email.strip())
    _check_contact(uow, contact_id)
    user = User(
        username=username.strip(),
        email=email.strip().lower(),
        password_hash=kept,
        first_name=first_name,
        middle_name=middle_name,
        last_name=last_name,
        phone_number=phone_number,
        contact_id=contact_id,
        roles=role_service.named(uow, roles),
    )
    _keep(uow, user)
    names = [role.name for role in user.roles]
    facts = {"user_id": user.id, "roles": names}
    record(uow, "user", "roles", f"{user.email} has {', '.join(names)}", details=facts)
    return user


def set_password(uow: UnitOfWork, identifier: str, password: str) -> User:
    """Give a user a new password; unlocks the account and ends its sessions.

    :param identifier: e-mail address or user name.
    :raises Invalid: for a weak password.
    :raises NotFound: when there is no such user.
    """
    passwords.check(password)
    kept = passwords.hashed(password, uow.settings.auth.bcrypt_rounds)
    found = find_user(uow.session, identifier)
    if found is None:
        raise NotFound(f"no user {identifier}")
    user = uow.get(User, found.id, lock=True)
    user.password_hash = kept
    user.failed_login_attempts, user.locked_until = 0, None
    sessions.end_all(uow, user.id, "the password was set anew")
    return user


def read(uow: UnitOfWork, user_id: int) -> dict[str, Any]:
    """One user with roles, effective permissions and contact."""
    return user_view(uow.session, uow.get(User, user_id))


def read_caller(uow: UnitOfWork, who: Actor) -> dict[str, Any]:
    """Who an actor is: kind, label, user (None for machines), roles, permissions, customer."""
    user_id = who.user_id if who.kind is ActorKind.USER else None
    return {
        "kind": who.kind.value,
        "label": who.label,
        "user": None if user_id is None else read(uow, user_id),
        "roles": list(who.roles),
        "permissions": sorted(who.permissions),
        "customer_id": who.customer_id,
    }


def listing(uow: UnitOfWork, query: ListQuery) -> Page:
    """Users, without deleted ones unless the filter ``deleted`` asks; ``role`` filters by name."""
    filters = dict(query.filters)
    role_names = filters.pop("role", None)
    where = [] if "deleted" in filters else [User.deleted.is_(False)]
    if role_names:
        holders = select(user_role.c.user_id).join(Role, Role.id == user_role.c.role_id)
        where.append(User.id.in_(holders.where(Role.name.in_([str(n) for n in role_names]))))
    found = page(uow, USERS, replace(query, filters=filters, paged=True), *where)
    _add_roles(uow, found.rows)
    return found


def update(uow: UnitOfWork, user_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Change a user; what is absent stays, ``roles`` replaces the whole set.

    ``deleted`` false restores a deleted user, who keeps the old password.

    :raises LastAdmin: when nobody who may administer would be left.
    """
    user = uow.get(User, user_id, lock=True)
    values = dict(values)
    names = values.pop("roles", None)
    if "email" in values:
        _change_email(uow, user, values.pop("email").strip().lower())
    if "contact_id" in values:
        _check_contact(uow, values["contact_id"])
    with keeping_an_admin(uow):
        if names is not None:
            user.roles = role_service.named(uow, names)
        _mark_deleted(uow, user, values.pop("deleted", user.deleted))
        for name, value in values.items():
            setattr(user, name, value)
        _keep(uow, user)
    if user.deleted or not user.active:
        sessions.end_all(uow, user.id, "the account was closed")
    return user_view(uow.session, user)


def remove(uow: UnitOfWork, user_id: int) -> None:
    """Delete a user softly: no log-in, no session, the row and its links stay.

    :raises LastAdmin: when nobody who may administer would be left.
    """
    update(uow, user_id, {"deleted": True})


def _change_email(uow: UnitOfWork, user: User, email: str) -> None:
    """A user name that is the address follows it."""
    username = email if user.username.lower() == user.email.lower() else user.username
    _check_names(uow, username, email, but=user.id)
    user.email_verified = user.email_verified and email == user.email
    user.username, user.email = username, email


def _mark_deleted(uow: UnitOfWork, user: User, deleted: bool) -> None:
    if user.deleted != deleted:
        user.deleted = deleted
        user.deleted_at = uow.now() if deleted else None


def _check_names(uow: UnitOfWork, username: str, email: str, but: int = 0) -> None:
    if "@" in username and username.lower() != email.lower():
        # Either logs in, so one user's name must never be another's address.
        raise Invalid.field("username", "holds an @, so it must be the e-mail address itself")
    same = select(User).where(or_(User.username == username, User.email == email), User.id != but)
    taken = uow.session.scalars(same).first()
    if taken is not None:
        is_name = taken.username.lower() == username.lower()
        what = f"user name {username}" if is_name else f"e-mail address {email}"
        raise NameTaken(f"the {what} belongs to another user")


def _check_contact(uow: UnitOfWork, contact_id: int | None) -> None:
    if contact_id is not None and links.customer_of(uow.session, contact_id) is None:
        raise Invalid.field("contact_id", f"no contact {contact_id}")


def _keep(uow: UnitOfWork, user: User) -> None:
    email = user.email
    try:
        uow.add(user)
    except IntegrityError as error:
        raise NameTaken(
            f"the user name or the e-mail address {email} belongs to another user"
        ) from error


def _add_roles(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    """One statement for all rows of a page."""
    names: dict[int, list[str]] = {row["id"]: [] for row in rows}
    pairs = (
        select(user_role.c.user_id, Role.name)
        .join(Role, Role.id == user_role.c.role_id)
        .where(user_role.c.user_id.in_(list(names)))
        .order_by(Role.id)
    )
    for user_id, name in uow.session.execute(pairs):
        names[user_id].append(name)
    for row in rows:
        row["roles"] = names[row["id"]]
