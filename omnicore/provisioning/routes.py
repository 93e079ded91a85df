"""Routes of the provisioning room."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from omnicore.db.listing import ListQuery
from omnicore.db.scope import Actor
from omnicore.provisioning import schemas
from omnicore.provisioning.service import intake, notes, plays, records, watch
from omnicore.web.gate import actor, machines, reading, requires, runtime, scope, writing
from omnicore.web.json import answer
from omnicore.web.paging import (
    ListQuerySchema,
    PagedQuerySchema,
    bare,
    enveloped,
    page_schema,
)
from omnicore.web.push import stream

blp = Blueprint("provisioning", __name__, url_prefix="/crm", description="Orders and their jobs")

BLUEPRINTS = [blp]

RECHARGE_WAIT_S = 5.0
ONE = "/provision/provision_id/<int:provision_id>"
SIMPLE = "/service_id/<int:service_id>/product_id/<int:product_id>"


def _signed(service_id: int = 0, product_id: int = 0, **_: Any) -> Actor | None:
    """The actor of a URL that our own plays gave to the charging system."""
    token = request.args.get("token", "")
    return intake.callback_actor(runtime(), token, service_id, product_id) if token else None


@blp.route("/provision/", methods=["PUT", "POST"])
@requires("create_provision", own="view_own_provision")
@blp.arguments(schemas.ProvisionInput)
@blp.response(200, schemas.ProvisionAccepted)
def create_provision(body: dict[str, Any]) -> dict[str, Any]:
    """Order a product, or deprovision a service

    Checks the order, holds its inventory, queues the job and answers at once. Keys besides
    those named are variables for the play; an inventory type's name takes an item's id.
    """
    return intake.order(runtime(), actor(), scope(), body)


@blp.route(ONE, methods=["GET"])
@requires("view_provision", own="view_own_provision")
@blp.response(200, schemas.ProvisionView)
def read_provision(provision_id: int) -> Response:
    """One job with its events, redacted; poll it, or follow ``.../events``"""
    with reading() as uow:
        return answer(records.read(uow, provision_id))


@blp.route(f"{ONE}/events", methods=["GET"])
@requires("view_provision", own="view_own_provision")
def follow_provision(provision_id: int) -> Response:
    """The job's progress as server-sent events: ``task`` for each change, ``end`` at the end"""
    with reading() as uow:
        records.status(uow, provision_id)
    job = watch.Watch(runtime(), provision_id)
    return stream(job.fetch, job.done)


@blp.route("/provision/", methods=["GET"])
@requires("view_provision", own="view_own_provision")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(schemas.ProvisionRow))
def list_provisions(query: ListQuery) -> Response:
    """Jobs, newest first"""
    with reading() as uow:
        return enveloped(records.listing(uow, query))


@blp.route("/provision/paginated", methods=["GET"])
@requires("view_provision", own="view_own_provision")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(schemas.ProvisionRow))
def list_provisions_paginated(query: ListQuery) -> Response:
    """Jobs, page by page"""
    with reading() as uow:
        return enveloped(records.listing(uow, query))


@blp.route("/provision/customer_id/<int:customer_id>", methods=["GET"])
@requires("view_provision", own="view_own_provision")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, schemas.ProvisionRow(many=True))
def list_customer_provisions(query: ListQuery, customer_id: int) -> Response:
    """Jobs of a customer"""
    with reading() as uow:
        return bare(records.listing(uow, query, customer_id=customer_id))


@blp.route("/provision/service_id/<int:service_id>", methods=["GET"])
@requires("view_provision", own="view_own_provision")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, schemas.ProvisionRow(many=True))
def list_service_provisions(query: ListQuery, service_id: int) -> Response:
    """Jobs of a service"""
    with reading() as uow:
        return bare(records.listing(uow, query, service_id=service_id))


@blp.route(ONE, methods=["PATCH", "PUT"])
@requires("update_provision")
@blp.arguments(schemas.ProvisionChange)
@blp.response(200, schemas.ProvisionAccepted)
def change_provision(_: dict[str, Any], provision_id: int) -> dict[str, Any]:
    """Stop a job: ``{"provisioning_status": 2}`` is the one change there is"""
    return intake.cancel(runtime(), actor(), scope(), provision_id)


@blp.route(f"{ONE}/cancel", methods=["POST"])
@requires("update_provision", "create_provision")
@blp.response(200, schemas.ProvisionAccepted)
def cancel_provision(provision_id: int) -> dict[str, Any]:
    """Stop a job; what it did is undone"""
    return intake.cancel(runtime(), actor(), scope(), provision_id)


@blp.route(f"{ONE}/retry", methods=["POST"])
@requires("create_provision", own="view_own_provision")
@blp.response(200, schemas.ProvisionAccepted)
def retry_provision(provision_id: int) -> dict[str, Any]:
    """Run a failed job again, as a new one"""
    return intake.repeat(runtime(), actor(), scope(), provision_id)


@blp.route(ONE, methods=["DELETE"])
@requires("delete_provision")
@blp.response(200, schemas.Done)
def delete_provision(provision_id: int) -> dict[str, str]:
    """Delete the record of a job that has ended"""
    with writing() as uow:
        records.remove(uow, provision_id)
    return {"result": "success"}


@blp.route(f"/provision/simple_provision_addon{SIMPLE}", methods=["POST", "GET"])
@machines("create_provision", _signed)
@blp.response(200, schemas.ProvisionAccepted)
def simple_provision(service_id: int, product_id: int) -> dict[str, Any]:
    """A renewal or automatic top-up by the charging system; the same call again changes nothing"""
    return intake.callback(runtime(), actor(), service_id, product_id)


@blp.route(f"/provision/simple_provision_addon_recharge{SIMPLE}", methods=["POST", "GET"])
@machines("create_provision", _signed)
@blp.response(200, schemas.ProvisionAccepted)
def simple_recharge(service_id: int, product_id: int) -> dict[str, Any]:
    """The same, waiting up to five seconds for the outcome"""
    accepted = intake.callback(runtime(), actor(), service_id, product_id, "recharge")
    status = intake.wait(runtime(), accepted["provision_id"], RECHARGE_WAIT_S)
    return accepted | {"provisioning_status": int(status)}


@blp.route("/simple_provision", methods=["POST"])
@machines("create_provision", lambda: None)
@blp.arguments(schemas.SimpleProvision)
@blp.response(200, schemas.ProvisionAccepted)
def simple_provision_short(body: dict[str, int]) -> dict[str, Any]:
    """The short form of ``simple_provision_addon``"""
    return intake.callback(runtime(), actor(), body["service_id"], body["product_id"])


@blp.route("/provision/plays", methods=["GET"])
@requires("create_product", "update_product", "create_provision")
@blp.response(200, schemas.PlayView(many=True))
def list_plays() -> Response:
    """The plays that a product can name, and what is wrong with those that cannot run"""
    return answer(plays.known(runtime()))


@blp.route("/provision_event/provision_id/<int:provision_id>", methods=["GET"])
@requires("view_provision_event")
@blp.response(200, schemas.ProvisionEventView(many=True))
def list_provision_events(provision_id: int) -> Response:
    """The events of a job"""
    with reading() as uow:
        return answer(records.read(uow, provision_id)["provisioning_result_json"])


@blp.route("/provision_event/provision_event_id/<int:provision_event_id>", methods=["GET"])
@requires("view_provision_event")
@blp.response(200, schemas.ProvisionEventView)
def read_provision_event(provision_event_id: int) -> Response:
    """One event"""
    with reading() as uow:
        return answer(records.event(uow, provision_event_id))


@blp.route("/provision_event/", methods=["PUT", "POST"])
@requires("create_provision_event")
@blp.arguments(schemas.EventInput)
@blp.response(200, schemas.ProvisionEventView)
def create_provision_event(values: dict[str, Any]) -> Response:
    """Add a note to a job, as a play or program sees it"""
    with writing() as uow:
        return answer(records.event(uow, notes.add(uow, values)))


@blp.route(
    "/provision_event/provision_event_id/<int:provision_event_id>",
    methods=["PATCH", "PUT", "DELETE"],
)
@requires("update_provision_event", "delete_provision_event")
@blp.response(200, schemas.Done)
def keep_provision_event(provision_event_id: int) -> None:
    """Refused: what a job did is a record, and nobody changes it"""
    notes.refuse_change(provision_event_id)
