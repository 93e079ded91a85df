"""Routes of attributes."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.customers.schemas import (
    AttributeInput,
    AttributeView,
    OwnedPageQuerySchema,
    OwnedQuerySchema,
    ResultSchema,
)
from omnicore.customers.service import attributes
from omnicore.db.listing import ListQuery
from omnicore.web.gate import reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import bare, enveloped, page_schema

blp = Blueprint(
    "attributes", __name__, url_prefix="/crm/attribute", description="Free metadata of customers"
)

SEE = requires("view_customer_attribute", own="view_own_customer_attribute")


@blp.route("/", methods=["PUT", "POST"])
@requires("create_customer_attribute")
@blp.arguments(AttributeInput)
@blp.response(200, AttributeView)
def put_attribute(values: dict[str, Any]) -> Response:
    """Give an attribute of a customer a value, whether it was there or not"""
    with writing() as uow:
        return answer(attributes.read(uow, attributes.put(uow, **values)))


@blp.route("/attribute_id/<int:attribute_id>", methods=["GET"])
@SEE
@blp.response(200, AttributeView)
def read_attribute(attribute_id: int) -> Response:
    """One attribute"""
    with reading() as uow:
        return answer(attributes.read(uow, attribute_id))


@blp.route("/attribute_id/<int:attribute_id>", methods=["PATCH", "PUT"])
@requires("update_customer_attribute")
@blp.arguments(AttributeInput(partial=True, exclude=("customer_id",)))
@blp.response(200, AttributeView)
def update_attribute(values: dict[str, Any], attribute_id: int) -> Response:
    """Change an attribute; what is absent stays"""
    with writing() as uow:
        attributes.update(uow, attribute_id, values)
        return answer(attributes.read(uow, attribute_id))


@blp.route("/attribute_id/<int:attribute_id>", methods=["DELETE"])
@requires("delete_customer_attribute")
@blp.response(200, ResultSchema)
def delete_attribute(attribute_id: int) -> Response:
    """Remove an attribute"""
    with writing() as uow:
        attributes.delete(uow, attribute_id)
    return answer({"result": "success"})


@blp.route("/customer_id/<int:customer_id>", methods=["GET"])
@SEE
@blp.arguments(OwnedQuerySchema, location="query")
@blp.response(200, AttributeView(many=True))
def list_attributes_of_customer(query: ListQuery, customer_id: int) -> Response:
    """Attributes of a customer as a bare array"""
    with reading() as uow:
        return bare(attributes.of_customer(uow, customer_id, query))


@blp.route("/paginated", methods=["GET"])
@blp.route("/", methods=["GET"])
@SEE
@blp.arguments(OwnedPageQuerySchema, location="query")
@blp.response(200, page_schema(AttributeView))
def list_attributes(query: ListQuery) -> Response:
    """Attributes of all customers, page by page"""
    with reading() as uow:
        return enveloped(attributes.listing(uow, query))
