"""Routes of the catalogue.

Customers have no ``view_product``; what they may order they read with the permission to see
their own services, narrowed and without what is staff's alone (see ``service.is_staff``).
"""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.catalog import checks, service
from omnicore.catalog.schemas import (
    CatalogueQuery,
    ProductInput,
    ProductView,
    WrittenProductView,
)
from omnicore.db.listing import ListQuery
from omnicore.web.gate import reading, requires, runtime, writing
from omnicore.web.paging import ListQuerySchema, bare, enveloped, page_schema

blp = Blueprint("products", __name__, url_prefix="/crm", description="What is sold")

BLUEPRINTS = [blp]


def _with_play_warnings(product: dict[str, Any], plays: list[str]) -> dict[str, Any]:
    """Plays are looked at when the transaction has ended: a plugin is asked."""
    said = checks.play_problems(runtime(), plays)
    return product | {"warnings": [*product["warnings"], *said]}


CUSTOMERS = "view_own_customer_service"


@blp.route("/product/", methods=["GET"])
@requires("view_product", own=CUSTOMERS)
@blp.arguments(ListQuerySchema(), location="query")
@blp.arguments(CatalogueQuery, location="query")
@blp.response(200, ProductView(many=True))
def list_products(query: ListQuery, wanted: dict[str, Any]) -> Response:
    """Products that can be ordered now"""
    with reading() as uow:
        return bare(service.offered(uow, query, wanted))


@blp.route("/product/paginated", methods=["GET"])
@requires("view_product", own=CUSTOMERS)
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, page_schema(ProductView))
def list_products_paginated(query: ListQuery) -> Response:
    """All products, page by page, also those not for sale"""
    with reading() as uow:
        return enveloped(service.listing(uow, query))


@blp.route("/product/product_id/<int:product_id>", methods=["GET"])
@requires("view_product", own=CUSTOMERS)
@blp.response(200, ProductView)
def read_product(product_id: int) -> dict[str, Any]:
    """One product, for sale or not"""
    with reading() as uow:
        return service.read(uow, product_id)


@blp.route("/product/product_slug/<product_slug>", methods=["GET"])
@requires("view_product", own=CUSTOMERS)
@blp.response(200, ProductView)
def read_product_by_slug(product_slug: str) -> dict[str, Any]:
    """One product by its slug, in any case"""
    with reading() as uow:
        return service.read_by_slug(uow, product_slug)


@blp.route("/product/", methods=["PUT", "POST"])
@requires("create_product")
@blp.arguments(ProductInput)
@blp.response(200, WrittenProductView)
def create_product(values: dict[str, Any]) -> dict[str, Any]:
    """Add a product"""
    with writing() as uow:
        written = service.written(uow, service.create(uow, values))
    return _with_play_warnings(*written)


@blp.route("/product/product_id/<int:product_id>", methods=["PATCH", "PUT"])
@requires("update_product")
@blp.arguments(ProductInput(partial=True))
@blp.response(200, WrittenProductView)
def update_product(values: dict[str, Any], product_id: int) -> dict[str, Any]:
    """Change a product; what is absent stays"""
    with writing() as uow:
        written = service.written(uow, service.update(uow, product_id, values))
    return _with_play_warnings(*written)


@blp.route("/product/product_id/<int:product_id>", methods=["DELETE"])
@requires("delete_product")
def delete_product(product_id: int) -> dict[str, str]:
    """Remove a product that nothing uses"""
    with writing() as uow:
        service.delete(uow, product_id)
    return {"result": "success"}


@blp.route("/product/product_id/<int:product_id>/clone", methods=["POST", "PUT"])
@requires("create_product")
@blp.response(200, WrittenProductView)
def clone_product(product_id: int) -> dict[str, Any]:
    """Copy a product"""
    with writing() as uow:
        written = service.written(uow, service.clone(uow, product_id))
    return _with_play_warnings(*written)
