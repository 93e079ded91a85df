"""Routes of the services room.

Reading one service is a route of the charging room, which adds balances and renewals.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.db.listing import ListQuery
from omnicore.services import service
from omnicore.services.schemas import (
    BulkDelete,
    ResultView,
    ServiceChange,
    ServiceInput,
    ServiceView,
)
from omnicore.web.gate import reading, requires, writing
from omnicore.web.paging import (
    ListQuerySchema,
    PagedQuerySchema,
    bare,
    enveloped,
    page_schema,
)

blp = Blueprint("services", __name__, url_prefix="/crm", description="What customers have")

BLUEPRINTS = [blp]

SUCCESS = {"result": "success"}


@blp.route("/service/", methods=["PUT", "POST"])
@requires("create_customer_service")
@blp.arguments(ServiceInput)
@blp.response(200, ServiceView)
def create_service(values: dict[str, Any]) -> dict[str, Any]:
    """Add a service"""
    with writing() as uow:
        return service.shown(uow, service.create(uow, values))


@blp.route("/service/", methods=["GET"])
@requires("view_customer_service", own="view_own_customer_service")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(ServiceView))
def list_services(query: ListQuery) -> Response:
    """Services with their customers' names, newest first"""
    with reading() as uow:
        return enveloped(service.listing(uow, query))


@blp.route("/service/paginated", methods=["GET"])
@requires("view_customer_service", own="view_own_customer_service")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(ServiceView))
def list_services_paginated(query: ListQuery) -> Response:
    """Services, page by page"""
    with reading() as uow:
        return enveloped(service.listing(uow, query))


@blp.route("/service/customer_id/<int:customer_id>", methods=["GET"])
@requires("view_customer_service", own="view_own_customer_service")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, ServiceView(many=True))
def list_services_of_customer(query: ListQuery, customer_id: int) -> Response:
    """The services of one customer as a bare array"""
    with reading() as uow:
        return bare(service.listing(uow, query, customer_id))


@blp.route("/service/<int:service_id>", methods=["PATCH", "PUT"])
@blp.route("/service/service_id/<int:service_id>", methods=["PATCH", "PUT"])
@requires("update_customer_service")
@blp.arguments(ServiceChange)
@blp.response(200, ServiceView)
def update_service(values: dict[str, Any], service_id: int) -> dict[str, Any]:
    """Change a service; what is absent stays"""
    with writing() as uow:
        return service.shown(uow, service.update(uow, service_id, values))


@blp.route("/service/<int:service_id>", methods=["DELETE"])
@blp.route("/service/service_id/<int:service_id>", methods=["DELETE"])
@requires("delete_customer_service")
@blp.response(200, ResultView)
def delete_service(service_id: int) -> dict[str, Any]:
    """Delete a service, give its items back and stop its renewals"""
    with writing() as uow:
        service.remove(uow, service_id)
    return SUCCESS


@blp.route("/service/", methods=["DELETE"])
@requires("delete_customer_service")
@blp.arguments(BulkDelete)
@blp.response(200, ResultView)
def delete_services(values: dict[str, Any]) -> dict[str, Any]:
    """Delete several services: all of them or, when one cannot be, none"""
    with writing() as uow:
        service.remove_all(uow, values["service_ids"])
    return SUCCESS
