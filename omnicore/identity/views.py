"""How users and roles are shown: values only, never a secret."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from omnicore.identity.access import effective
from omnicore.identity.links import contact
from omnicore.identity.models import Permission, User

USER_COLUMNS = (
    "id",
    "username",
    "email",
    "email_verified",
    "pending_email",
    "first_name",
    "middle_name",
    "last_name",
    "phone_number",
    "is_2fa_enabled",
    "contact_id",
    "active",
    "deleted",
    "deleted_at",
    "last_login",
    "login_count",
    "force_change",
    "created",
    "last_modified",
)


def user_view(session: Session, user: User) -> dict[str, Any]:
    """A user with roles, effective permissions and the linked contact."""
    linked = contact(session, user.contact_id)
    return {name: getattr(user, name) for name in USER_COLUMNS} | {
        "roles": [role.name for role in user.roles],
        "permissions": sorted(effective(user)),
        "contact": linked,
        "customer_id": linked["customer_id"] if linked else None,
    }


def permission_view(permission: Permission) -> dict[str, Any]:
    """A permission."""
    return {
        "id": permission.id,
        "name": permission.name,
        "description": permission.description,
    }
