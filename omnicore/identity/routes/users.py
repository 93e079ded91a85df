"""Users; for administrators only."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.db.listing import ListQuery
from omnicore.identity.schemas import ResultView, UserChange, UserDetail, UserInput, UserView
from omnicore.identity.service import users
from omnicore.web.gate import reading, requires, writing
from omnicore.web.paging import ListQuerySchema, enveloped, page_schema

blp = Blueprint("users", __name__, url_prefix="/crm/auth", description="Who may log in")


@blp.route("/users", methods=["PUT", "POST"])
@requires("admin")
@blp.arguments(UserInput)
@blp.response(200, UserDetail)
def create_user(values: dict[str, Any]) -> dict[str, Any]:
    """Add a user"""
    with writing() as uow:
        return users.read(uow, users.create_user(uow, **values).id)


@blp.route("/users", methods=["GET"])
@requires("admin")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, page_schema(UserView))
def list_users(query: ListQuery) -> Response:
    """Users, page by page"""
    with reading() as uow:
        return enveloped(users.listing(uow, query))


@blp.route("/users/paginated", methods=["GET"])
@requires("admin")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, page_schema(UserView))
def list_users_paginated(query: ListQuery) -> Response:
    """Users, page by page, under the path that every entity has"""
    with reading() as uow:
        return enveloped(users.listing(uow, query))


@blp.route("/users/search", methods=["GET"])
@requires("admin")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, page_schema(UserView))
def search_users(query: ListQuery) -> Response:
    """Find users by text, role, e-mail domain, state or day of the last log-in"""
    with reading() as uow:
        return enveloped(users.listing(uow, query))


@blp.route("/users/<int:user_id>", methods=["GET"])
@requires("admin")
@blp.response(200, UserDetail)
def read_user(user_id: int) -> dict[str, Any]:
    """One user with roles, effective permissions and contact"""
    with reading() as uow:
        return users.read(uow, user_id)


@blp.route("/users/<int:user_id>", methods=["PATCH", "PUT"])
@requires("admin")
@blp.arguments(UserChange)
@blp.response(200, UserDetail)
def update_user(values: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Change a user; what is absent stays"""
    with writing() as uow:
        return users.update(uow, user_id, values)


@blp.route("/users/<int:user_id>", methods=["DELETE"])
@requires("admin")
@blp.response(200, ResultView)
def delete_user(user_id: int) -> dict[str, str]:
    """Delete a user softly; it can be restored"""
    with writing() as uow:
        users.remove(uow, user_id)
    return {"result": "success"}
