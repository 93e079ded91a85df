"""Routes of customers."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.customers.schemas import CustomerInput, CustomerRow, CustomerView, ResultSchema
from omnicore.customers.service import customers
from omnicore.db.listing import ListQuery
from omnicore.web.gate import reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import (
    ListQuerySchema,
    PagedQuerySchema,
    bare,
    data_only,
    enveloped,
    page_schema,
)

blp = Blueprint("customers", __name__, url_prefix="/crm", description="Who is served")

SEE = requires("view_customer", own="view_own_customer")


@blp.route("/customer/", methods=["PUT", "POST"])
@requires("create_customer")
@blp.arguments(CustomerInput)
@blp.response(200, CustomerView)
def create_customer(values: dict[str, Any]) -> Response:
    """Add a customer"""
    with writing() as uow:
        return answer(customers.read(uow, customers.create(uow, values)))


@blp.route("/customer/<int:customer_id>", methods=["GET"])
@blp.route("/customer_id/<int:customer_id>", methods=["GET"])
@blp.route("/customer/customer_id/<int:customer_id>", methods=["GET"])
@SEE
@blp.response(200, CustomerView)
def read_customer(customer_id: int) -> Response:
    """One customer with its contacts and the address of its first site"""
    with reading() as uow:
        return answer(customers.read(uow, customer_id))


@blp.route("/customer/<int:customer_id>", methods=["PATCH", "PUT"])
@blp.route("/customer/customer_id/<int:customer_id>", methods=["PATCH", "PUT"])
@requires("update_customer")
@blp.arguments(CustomerInput(partial=True))
@blp.response(200, CustomerView)
def update_customer(values: dict[str, Any], customer_id: int) -> Response:
    """Change a customer; what is absent stays"""
    with writing() as uow:
        customers.update(uow, customer_id, values)
        return answer(customers.read(uow, customer_id))


@blp.route("/customer/<int:customer_id>", methods=["DELETE"])
@blp.route("/customer/customer_id/<int:customer_id>", methods=["DELETE"])
@requires("delete_customer")
@blp.response(200, ResultSchema)
def delete_customer(customer_id: int) -> Response:
    """Archive a customer and all below it; refused while business is open"""
    with writing() as uow:
        customers.archive(uow, customer_id)
    return answer({"result": "success"})


@blp.route("/customer/customer_id/<int:customer_id>/restore", methods=["POST", "PUT"])
@requires("update_customer")
@blp.response(200, CustomerView)
def restore_customer(customer_id: int) -> Response:
    """Bring an archived customer back"""
    with writing() as uow:
        customers.restore(uow, customer_id)
        return answer(customers.read(uow, customer_id))


@blp.route("/customer/", methods=["GET"])
@SEE
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, CustomerRow(many=True))
def list_customers_bare(query: ListQuery) -> Response:
    """Customers as a bare array"""
    with reading() as uow:
        return bare(customers.listing(uow, query))


@blp.route("/customers", methods=["GET"])
@SEE
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, page_schema(CustomerRow))
def list_customers(query: ListQuery) -> Response:
    """Customers in an envelope; found by name, id, and e-mail or phone of a contact"""
    with reading() as uow:
        return data_only(customers.listing(uow, query))


@blp.route("/customer/paginated", methods=["GET"])
@SEE
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(CustomerRow))
def list_customers_paginated(query: ListQuery) -> Response:
    """Customers, page by page"""
    with reading() as uow:
        return enveloped(customers.listing(uow, query))
