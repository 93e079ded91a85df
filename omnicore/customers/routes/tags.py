"""Routes of tags."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.customers.schemas import (
    ActiveSchema,
    OwnedPageQuerySchema,
    OwnedQuerySchema,
    ResultSchema,
    TagInput,
    TagView,
)
from omnicore.customers.service import tags
from omnicore.db.listing import ListQuery
from omnicore.web.gate import reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import bare, enveloped, page_schema

blp = Blueprint("tags", __name__, url_prefix="/crm/tag", description="Coloured labels of customers")

SEE = requires("view_customer_tag", own="view_own_customer_tag")


@blp.route("/", methods=["PUT", "POST"])
@requires("create_customer_tag")
@blp.arguments(TagInput)
@blp.response(200, TagView)
def create_tag(values: dict[str, Any]) -> Response:
    """Add a tag to a customer"""
    with writing() as uow:
        return answer(tags.read(uow, tags.create(uow, values)))


@blp.route("/tag_id/<int:tag_id>", methods=["GET"])
@SEE
@blp.response(200, TagView)
def read_tag(tag_id: int) -> Response:
    """One tag"""
    with reading() as uow:
        return answer(tags.read(uow, tag_id))


@blp.route("/tag_id/<int:tag_id>", methods=["PATCH", "PUT"])
@requires("update_customer_tag")
@blp.arguments(TagInput(partial=True, exclude=("customer_id",)))
@blp.response(200, TagView)
def update_tag(values: dict[str, Any], tag_id: int) -> Response:
    """Change a tag; what is absent stays"""
    with writing() as uow:
        tags.update(uow, tag_id, values)
        return answer(tags.read(uow, tag_id))


@blp.route("/tag_id/<int:tag_id>", methods=["DELETE"])
@requires("delete_customer_tag")
@blp.response(200, ResultSchema)
def delete_tag(tag_id: int) -> Response:
    """Remove a tag"""
    with writing() as uow:
        tags.delete(uow, tag_id)
    return answer({"result": "success"})


@blp.route("/customer_id/<int:customer_id>", methods=["GET"])
@SEE
@blp.arguments(OwnedQuerySchema, location="query")
@blp.arguments(ActiveSchema, location="query")
@blp.response(200, TagView(many=True))
def list_tags_of_customer(query: ListQuery, wanted: dict[str, bool], customer_id: int) -> Response:
    """Tags of a customer as a bare array"""
    with reading() as uow:
        return bare(tags.of_customer(uow, customer_id, query, **wanted))


@blp.route("/paginated", methods=["GET"])
@blp.route("/", methods=["GET"])
@SEE
@blp.arguments(OwnedPageQuerySchema, location="query")
@blp.arguments(ActiveSchema, location="query")
@blp.response(200, page_schema(TagView))
def list_tags(query: ListQuery, wanted: dict[str, bool]) -> Response:
    """Tags of all customers, page by page"""
    with reading() as uow:
        return enveloped(tags.listing(uow, query, **wanted))
