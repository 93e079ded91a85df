"""Roles, their permissions and their users; for administrators only."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.db.listing import ListQuery
from omnicore.identity.schemas import (
    MemberView,
    PermissionInput,
    PermissionView,
    ResultView,
    RoleInput,
    RolePermissionsInput,
    RoleView,
)
from omnicore.identity.service import permissions, roles
from omnicore.web.gate import reading, requires, writing
from omnicore.web.paging import ListQuerySchema, bare

blp = Blueprint("roles", __name__, url_prefix="/crm/auth", description="Who may do what")

DONE = {"result": "success"}


@blp.route("/roles", methods=["GET"])
@requires("admin")
@blp.response(200, RoleView(many=True))
def list_roles() -> list[dict[str, Any]]:
    """All roles"""
    with reading() as uow:
        return roles.listing(uow)


@blp.route("/roles", methods=["PUT", "POST"])
@requires("admin")
@blp.arguments(RoleInput)
@blp.response(200, RoleView)
def create_role(values: dict[str, Any]) -> dict[str, Any]:
    """Add a role, without permissions and users"""
    with writing() as uow:
        return roles.create(uow, **values)


@blp.route("/roles/<int:role_id>", methods=["GET"])
@requires("admin")
@blp.response(200, RoleView)
def read_role(role_id: int) -> dict[str, Any]:
    """One role"""
    with reading() as uow:
        return roles.read(uow, role_id)


@blp.route("/roles/<int:role_id>", methods=["PATCH", "PUT"])
@requires("admin")
@blp.arguments(RoleInput(partial=True))
@blp.response(200, RoleView)
def update_role(values: dict[str, Any], role_id: int) -> dict[str, Any]:
    """Change name or description"""
    with writing() as uow:
        return roles.update(uow, role_id, values)


@blp.route("/roles/<int:role_id>", methods=["DELETE"])
@requires("admin")
@blp.response(200, ResultView)
def delete_role(role_id: int) -> dict[str, str]:
    """Remove a role, also from everybody who has it"""
    with writing() as uow:
        roles.remove(uow, role_id)
    return DONE


@blp.route("/roles/<int:role_id>/permissions", methods=["GET"])
@requires("admin")
@blp.response(200, PermissionView(many=True))
def list_role_permissions(role_id: int) -> list[dict[str, Any]]:
    """The permissions of a role"""
    with reading() as uow:
        return roles.permissions(uow, role_id)


@blp.route("/roles/<int:role_id>/permissions", methods=["PUT", "POST"])
@requires("admin")
@blp.arguments(RolePermissionsInput)
@blp.response(200, RoleView)
def add_role_permissions(ids: list[int], role_id: int) -> dict[str, Any]:
    """Give one or several permissions to a role"""
    with writing() as uow:
        return roles.add_permissions(uow, role_id, ids)


@blp.route("/roles/<int:role_id>/permissions/<int:permission_id>", methods=["DELETE"])
@requires("admin")
@blp.response(200, ResultView)
def remove_role_permission(role_id: int, permission_id: int) -> dict[str, str]:
    """Take a permission from a role"""
    with writing() as uow:
        roles.remove_permission(uow, role_id, permission_id)
    return DONE


@blp.route("/roles/<int:role_id>/users", methods=["GET"])
@requires("admin")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, MemberView(many=True))
def list_role_users(query: ListQuery, role_id: int) -> Response:
    """Users who have a role"""
    with reading() as uow:
        return bare(roles.members(uow, role_id, query))


@blp.route("/roles/<int:role_id>/users/<int:user_id>", methods=["PUT", "POST"])
@requires("admin")
@blp.response(200, RoleView)
def assign_role(role_id: int, user_id: int) -> dict[str, Any]:
    """Give a role to a user, who keeps the others"""
    with writing() as uow:
        return roles.assign(uow, role_id, user_id)


@blp.route("/roles/<int:role_id>/users/<int:user_id>", methods=["DELETE"])
@requires("admin")
@blp.response(200, ResultView)
def withdraw_role(role_id: int, user_id: int) -> dict[str, str]:
    """Take a role from a user"""
    with writing() as uow:
        roles.withdraw(uow, role_id, user_id)
    return DONE


@blp.route("/permissions", methods=["GET"])
@requires("admin")
@blp.response(200, PermissionView(many=True))
def list_permissions() -> list[dict[str, Any]]:
    """All permissions"""
    with reading() as uow:
        return permissions.listing(uow)


@blp.route("/permissions", methods=["PUT", "POST"])
@requires("admin")
@blp.arguments(PermissionInput)
@blp.response(200, PermissionView)
def create_permission(values: dict[str, Any]) -> dict[str, Any]:
    """Add a permission; rarely needed"""
    with writing() as uow:
        return permissions.create(uow, **values)


@blp.route("/permissions/<int:permission_id>", methods=["GET"])
@requires("admin")
@blp.response(200, PermissionView)
def read_permission(permission_id: int) -> dict[str, Any]:
    """One permission"""
    with reading() as uow:
        return permissions.read(uow, permission_id)


@blp.route("/permissions/<int:permission_id>", methods=["PATCH", "PUT"])
@requires("admin")
@blp.arguments(PermissionInput(partial=True))
@blp.response(200, PermissionView)
def update_permission(values: dict[str, Any], permission_id: int) -> dict[str, Any]:
    """Change a permission; built-in names stay"""
    with writing() as uow:
        return permissions.update(uow, permission_id, values)


@blp.route("/permissions/<int:permission_id>", methods=["DELETE"])
@requires("admin")
@blp.response(200, ResultView)
def delete_permission(permission_id: int) -> dict[str, str]:
    """Remove a permission that is not built in"""
    with writing() as uow:
        permissions.remove(uow, permission_id)
    return DONE
