"""Routes of the activity room."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Response
from flask_smorest import Blueprint

from omnicore.activity import service
from omnicore.activity.errors import AppendOnly
from omnicore.activity.schemas import ActivityView, NoteInput
from omnicore.db.listing import ListQuery
from omnicore.web.gate import authenticated, reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import PagedQuerySchema, enveloped, page_schema

blp = Blueprint("activity", __name__, url_prefix="/crm/activity", description="Who did what")

BLUEPRINTS = [blp]


@blp.route("/paginated", methods=["GET"])
@blp.route("/", methods=["GET"])
@requires("view_customer_activity", own="view_own_customer_activity")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(ActivityView))
def list_activity(query: ListQuery) -> Response:
    """The log, newest first; filter by kind, action, user or customer"""
    with reading() as uow:
        return enveloped(service.listing(uow, query))


@blp.route("/customer_id/<int:customer_id>", methods=["GET"])
@requires("view_customer_activity", own="view_own_customer_activity")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(ActivityView))
def list_activity_of_customer(query: ListQuery, customer_id: int) -> Response:
    """What happened to a customer, newest first"""
    with reading() as uow:
        return enveloped(service.listing(uow, query, customer_id=customer_id))


@blp.route("/service_id/<int:service_id>", methods=["GET"])
@requires("view_customer_activity", own="view_own_customer_activity")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(ActivityView))
def list_activity_of_service(query: ListQuery, service_id: int) -> Response:
    """What happened to a service, newest first"""
    with reading() as uow:
        return enveloped(service.listing(uow, query, service_id=service_id))


@blp.route("/activity_id/<int:activity_id>", methods=["GET"])
@requires("view_customer_activity", own="view_own_customer_activity")
@blp.response(200, ActivityView)
def read_activity(activity_id: int) -> Response:
    """One entry"""
    with reading() as uow:
        return answer(service.read(uow, activity_id))


@blp.route("/", methods=["PUT", "POST"])
@requires("create_customer_activity")
@blp.arguments(NoteInput)
@blp.response(200, ActivityView)
def create_note(values: dict[str, Any]) -> Response:
    """Keep a note with a customer"""
    with writing() as uow:
        entry = service.note(uow, **values)
    with reading() as uow:
        return answer(service.written(uow, entry))


@blp.route("/activity_id/<int:activity_id>", methods=["PATCH", "PUT", "DELETE"])
@authenticated
@blp.alt_response(405, description="Always")
def refuse_activity_change(activity_id: int) -> NoReturn:
    """Refused for everybody: the log is append-only"""
    raise AppendOnly(f"activity {activity_id} stays as it was written")


@blp.after_request
def name_the_method(response: Response) -> Response:
    """A 405 says what is allowed instead (RFC 9110, 15.5.6)."""
    if response.status_code == 405:
        response.headers.setdefault("Allow", "GET")
    return response
