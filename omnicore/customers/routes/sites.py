"""Routes of sites."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.customers.schemas import (
    AroundSchema,
    OwnedPageQuerySchema,
    OwnedQuerySchema,
    ResultSchema,
    SiteInput,
    SiteView,
)
from omnicore.customers.service import sites
from omnicore.customers.service.sites import Around
from omnicore.db.listing import ListQuery
from omnicore.web.gate import reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import bare, enveloped, page_schema

blp = Blueprint(
    "sites", __name__, url_prefix="/crm/site", description="Where services are delivered"
)

SEE = requires("view_customer_site", own="view_own_customer_site")


@blp.route("/", methods=["PUT", "POST"])
@requires("create_customer_site")
@blp.arguments(SiteInput)
@blp.response(200, SiteView)
def create_site(values: dict[str, Any]) -> Response:
    """Add a site to a customer"""
    with writing() as uow:
        return answer(sites.read(uow, sites.create(uow, values)))


@blp.route("/site_id/<int:site_id>", methods=["GET"])
@SEE
@blp.response(200, SiteView)
def read_site(site_id: int) -> Response:
    """One site"""
    with reading() as uow:
        return answer(sites.read(uow, site_id))


@blp.route("/site_id/<int:site_id>", methods=["PATCH", "PUT"])
@requires("update_customer_site")
@blp.arguments(SiteInput(partial=True, exclude=("customer_id",)))
@blp.response(200, SiteView)
def update_site(values: dict[str, Any], site_id: int) -> Response:
    """Change a site; what is absent stays"""
    with writing() as uow:
        sites.update(uow, site_id, values)
        return answer(sites.read(uow, site_id))


@blp.route("/site_id/<int:site_id>", methods=["DELETE"])
@requires("delete_customer_site")
@blp.response(200, ResultSchema)
def delete_site(site_id: int) -> Response:
    """Remove a site"""
    with writing() as uow:
        sites.delete(uow, site_id)
    return answer({"result": "success"})


@blp.route("/customer_id/<int:customer_id>", methods=["GET"])
@SEE
@blp.arguments(OwnedQuerySchema, location="query")
@blp.response(200, SiteView(many=True))
def list_sites_of_customer(query: ListQuery, customer_id: int) -> Response:
    """Sites of a customer as a bare array"""
    with reading() as uow:
        return bare(sites.of_customer(uow, customer_id, query))


@blp.route("/paginated", methods=["GET"])
@blp.route("/", methods=["GET"])
@SEE
@blp.arguments(OwnedPageQuerySchema, location="query")
@blp.arguments(AroundSchema, location="query")
@blp.response(200, page_schema(SiteView))
def list_sites(query: ListQuery, around: Around | None) -> Response:
    """Sites of all customers, page by page; or those near a point, nearest first"""
    with reading() as uow:
        return enveloped(sites.near(uow, around, query) if around else sites.listing(uow, query))
