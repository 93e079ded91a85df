"""Routes of the customers room."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.customers import service
from omnicore.customers.schemas import CustomerInput, CustomerView
from omnicore.db.listing import ListQuery
from omnicore.web.gate import reading, requires, writing
from omnicore.web.paging import ListQuerySchema, bare, data_only, enveloped, page_schema

blp = Blueprint("customers", __name__, url_prefix="/crm", description="Who is served")

BLUEPRINTS = [blp]


@blp.route("/customer/", methods=["PUT", "POST"])
@requires("create_customer")
@blp.arguments(CustomerInput)
@blp.response(200, CustomerView)
def create_customer(values: dict[str, Any]) -> dict[str, Any]:
    """Add a customer"""
    with writing() as uow:
        return service.read(uow, service.create(uow, values).customer_id)


@blp.route("/customer/customer_id/<int:customer_id>", methods=["GET"])
@requires("view_customer", own="view_own_customer")
@blp.response(200, CustomerView)
def read_customer(customer_id: int) -> dict[str, Any]:
    """One customer with its contacts"""
    with reading() as uow:
        return service.read(uow, customer_id)


@blp.route("/customer/customer_id/<int:customer_id>", methods=["PATCH", "PUT"])
@requires("update_customer")
@blp.arguments(CustomerInput(partial=True))
@blp.response(200, CustomerView)
def update_customer(values: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Change a customer; what is absent stays"""
    with writing() as uow:
        service.update(uow, customer_id, values)
        return service.read(uow, customer_id)


@blp.route("/customer/", methods=["GET"])
@requires("view_customer", own="view_own_customer")
@blp.arguments(ListQuerySchema, location="query")
@blp.response(200, CustomerView(many=True))
def list_customers_bare(query: ListQuery) -> Response:
    """Customers as a bare array"""
    with reading() as uow:
        return bare(service.listing(uow, query))


@blp.route("/customers", methods=["GET"])
@requires("view_customer", own="view_own_customer")
@blp.arguments(ListQuerySchema, location="query")
@blp.response(200, page_schema(CustomerView))
def list_customers(query: ListQuery) -> Response:
    """Customers in an envelope"""
    with reading() as uow:
        return data_only(service.listing(uow, query))


@blp.route("/customer/paginated", methods=["GET"])
@requires("view_customer", own="view_own_customer")
@blp.arguments(ListQuerySchema, location="query")
@blp.response(200, page_schema(CustomerView))
def list_customers_paginated(query: ListQuery) -> Response:
    """Customers, page by page"""
    with reading() as uow:
        return enveloped(service.listing(uow, query))
