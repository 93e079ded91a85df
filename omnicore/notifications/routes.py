"""Routes of the notifications room."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.db.listing import ListQuery
from omnicore.notifications import service
from omnicore.notifications.schemas import (
    CommunicationChange,
    CommunicationInput,
    CommunicationView,
)
from omnicore.web.gate import reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import (
    ListQuerySchema,
    PagedQuerySchema,
    bare,
    enveloped,
    page_schema,
)

blp = Blueprint(
    "communications", __name__, url_prefix="/crm/communication", description="Messages to people"
)

BLUEPRINTS = [blp]

SEE = requires("view_communication", own="view_own_communication")


@blp.route("/", methods=["PUT", "POST"])
@requires("create_communication")
@blp.arguments(CommunicationInput)
@blp.response(200, CommunicationView)
def create_communication(values: dict[str, Any]) -> Response:
    """Write to a customer; the message is kept and sent in the background"""
    with writing() as uow:
        row = service.write_to_customer(uow, **values)
        return answer(service.read(uow, row.communication_id))


@blp.route("/", methods=["GET"])
@blp.route("/paginated", methods=["GET"])
@SEE
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(CommunicationView))
def list_communications(query: ListQuery) -> Response:
    """Messages, newest first"""
    with reading() as uow:
        return enveloped(service.listing(uow, query))


@blp.route("/customer_id/<int:customer_id>", methods=["GET"])
@SEE
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, CommunicationView(many=True))
def list_communications_of_customer(query: ListQuery, customer_id: int) -> Response:
    """The messages to one customer as a bare array"""
    with reading() as uow:
        return bare(service.of_customer(uow, customer_id, query))


@blp.route("/communication_id/<int:communication_id>", methods=["GET"])
@SEE
@blp.response(200, CommunicationView)
def read_communication(communication_id: int) -> Response:
    """One message and what became of it"""
    with reading() as uow:
        return answer(service.read(uow, communication_id))


@blp.route("/communication_id/<int:communication_id>", methods=["PATCH", "PUT"])
@requires("update_communication")
@blp.arguments(CommunicationChange)
@blp.response(200, CommunicationView)
def update_communication(values: dict[str, Any], communication_id: int) -> Response:
    """Send a message again that was not sent"""
    with writing() as uow:
        service.update(uow, communication_id, values)
        return answer(service.read(uow, communication_id))


@blp.route("/communication_id/<int:communication_id>", methods=["DELETE"])
@requires("delete_communication")
@blp.response(200)
def delete_communication(communication_id: int) -> Response:
    """Delete a message; one that waits is not sent"""
    with writing() as uow:
        service.remove(uow, communication_id)
    return answer({"result": "success"})
