"""Routes of the charging room; reading one service is here, as its usage is read with it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.charging.schemas import ProxyAnswer, ProxyCall, RenewalView, ServiceUsageView
from omnicore.charging.service import accounts, native, renewals
from omnicore.db.listing import ListQuery
from omnicore.services import service as services
from omnicore.services.schemas import ResultView
from omnicore.web.gate import actor, requires, runtime, scope
from omnicore.web.json import answer
from omnicore.web.paging import ListQuerySchema, PagedQuerySchema, page_schema

blp = Blueprint("charging", __name__, url_prefix="/crm", description="Balances and renewals")

BLUEPRINTS = [blp]


@blp.route("/service/<int:service_id>", methods=["GET"])
@blp.route("/service/service_id/<int:service_id>", methods=["GET"])
@requires("view_customer_service", own="view_own_customer_service")
@blp.response(200, ServiceUsageView)
def read_service(service_id: int) -> dict[str, Any]:
    """One service with its live balances and renewals"""
    return accounts.read(runtime(), actor(), scope(), lambda uow: services.find(uow, service_id))


@blp.route("/service/service_uuid/<path:service_uuid>", methods=["GET"])
@requires("view_customer_service", own="view_own_customer_service")
@blp.response(200, ServiceUsageView)
def read_service_by_uuid(service_uuid: str) -> dict[str, Any]:
    """The service behind a charging account, with its live balances and renewals"""
    return accounts.read(
        runtime(), actor(), scope(), lambda uow: services.by_uuid(uow, service_uuid)
    )


@blp.route("/service/auto_renews", methods=["GET"])
@blp.route("/oam/scheduled_renewals", methods=["GET"])
@requires("view_customer_service")
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, RenewalView(many=True))
def list_renewals(query: ListQuery) -> Response:
    """All scheduled renewals, soonest first"""
    return answer(renewals.listed(renewals.upcoming(runtime(), actor(), scope()), query).rows)


@blp.route("/service/auto_renews/paginated", methods=["GET"])
@requires("view_customer_service")
@blp.arguments(PagedQuerySchema(), location="query")
@blp.response(200, page_schema(RenewalView))
def list_renewals_paginated(query: ListQuery) -> Response:
    """All scheduled renewals, page by page"""
    found = renewals.upcoming(runtime(), actor(), scope())
    return answer(renewals.listed(found, query).envelope())


@blp.route("/oam/remove_action_plan/<path:action_plan_id>", methods=["DELETE"])
@requires("update_customer_service", own="view_own_customer_service")
@blp.response(200, ResultView)
def remove_action_plan(action_plan_id: str) -> dict[str, Any]:
    """Stop a renewal; the service keeps its status and its end date"""
    renewals.remove(runtime(), actor(), scope(), action_plan_id)
    return {"result": "success"}


@blp.route("/ocs/proxy", methods=["POST"])
@requires("cgrates_api_access")
@blp.arguments(ProxyCall)
@blp.response(200, ProxyAnswer)
def call_charging_system(asked: dict[str, Any]) -> dict[str, Any]:
    """Make a native call to the charging system; what may change something is recorded"""
    return native.call(runtime(), actor(), scope(), asked)
