"""Routes of the inventory."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from omnicore.db.listing import ListQuery
from omnicore.inventory import schemas, service, sheets, views
from omnicore.sdk.errors import Malformed
from omnicore.web.gate import reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import ListQuerySchema, bare, data_only, enveloped, page_schema

blp = Blueprint("inventory", __name__, url_prefix="/crm", description="What is in stock")
templates = Blueprint(
    "inventory_templates", __name__, url_prefix="/crm", description="Kinds of items"
)

BLUEPRINTS = [templates, blp]

OWN = "view_own_inventory"
OWN_TEMPLATES = "view_own_inventory_template"


@templates.route("/inventory_template/", methods=["GET"])
@requires("view_inventory_template", own=OWN_TEMPLATES)
@templates.arguments(ListQuerySchema(), location="query")
@templates.response(200, schemas.TemplateView(many=True))
def list_inventory_templates(query: ListQuery) -> Response:
    """Kinds of items"""
    with reading() as uow:
        return bare(service.list_templates(uow, query))


@templates.route("/inventory_template/paginated", methods=["GET"])
@requires("view_inventory_template", own=OWN_TEMPLATES)
@templates.arguments(ListQuerySchema(), location="query")
@templates.response(200, page_schema(schemas.TemplateView))
def list_inventory_templates_paginated(query: ListQuery) -> Response:
    """Kinds of items, page by page"""
    with reading() as uow:
        return enveloped(service.list_templates(uow, query))


@templates.route(
    "/inventory_template/inventory_template_id/<int:inventory_template_id>", methods=["GET"]
)
@requires("view_inventory_template", own=OWN_TEMPLATES)
@templates.response(200, schemas.TemplateView)
def read_inventory_template(inventory_template_id: int) -> dict[str, Any]:
    """One kind of item"""
    with reading() as uow:
        return service.read_template(uow, inventory_template_id)


@templates.route("/inventory_template/", methods=["PUT", "POST"])
@requires("create_inventory_template")
@templates.arguments(schemas.TemplateInput)
@templates.response(200, schemas.TemplateView)
def create_inventory_template(values: dict[str, Any]) -> Any:
    """Add a kind of item"""
    with writing() as uow:
        return service.create_template(uow, values)


@templates.route(
    "/inventory_template/inventory_template_id/<int:inventory_template_id>",
    methods=["PATCH", "PUT"],
)
@requires("update_inventory_template")
@templates.arguments(schemas.TemplateInput(partial=True))
@templates.response(200, schemas.WrittenTemplateView)
def update_inventory_template(values: dict[str, Any], inventory_template_id: int) -> Any:
    """Change a kind of item; its items keep their data"""
    with writing() as uow:
        return service.changed_template(uow, inventory_template_id, values)


@templates.route(
    "/inventory_template/inventory_template_id/<int:inventory_template_id>", methods=["DELETE"]
)
@requires("delete_inventory_template")
def delete_inventory_template(inventory_template_id: int) -> dict[str, str]:
    """Remove a kind of which there is no item"""
    with writing() as uow:
        service.delete_template(uow, inventory_template_id)
    return {"result": "success"}


@blp.route("/inventory/", methods=["GET"])
@requires("view_inventory", own=OWN)
@blp.arguments(ListQuerySchema(), location="query")
@blp.arguments(schemas.ItemQuery, location="query")
@blp.response(200, page_schema(schemas.ItemView))
def list_inventory(query: ListQuery, wanted: dict[str, Any]) -> Response:
    """Items"""
    with reading() as uow:
        return data_only(service.listing(uow, query, wanted))


@blp.route("/inventory/paginated", methods=["GET"])
@requires("view_inventory", own=OWN)
@blp.arguments(ListQuerySchema(), location="query")
@blp.arguments(schemas.ItemQuery, location="query")
@blp.response(200, page_schema(schemas.ItemView))
def list_inventory_paginated(query: ListQuery, wanted: dict[str, Any]) -> Response:
    """Items, page by page"""
    with reading() as uow:
        return enveloped(service.listing(uow, query, wanted))


@blp.route("/inventory/available", methods=["GET"])
@requires("view_inventory", own=OWN)
@blp.arguments(ListQuerySchema(), location="query")
@blp.arguments(schemas.PickerQuery, location="query")
@blp.response(200, page_schema(schemas.PickerRow))
def list_available_inventory(query: ListQuery, wanted: dict[str, Any]) -> Response:
    """Items of one kind that an order may choose"""
    with reading() as uow:
        return data_only(service.available(uow, query, wanted))


@blp.route("/inventory/counts", methods=["GET"])
@requires("view_inventory")
@blp.arguments(schemas.StockQuery, location="query")
def count_inventory(wanted: dict[str, Any]) -> Response:
    """How many items there are by kind, place and state"""
    with reading() as uow:
        return answer({"data": service.counts(uow, wanted)})


@blp.route("/inventory/low_stock", methods=["GET"])
@requires("view_inventory")
def list_low_stock() -> Response:
    """Kinds of which few can be picked"""
    with reading() as uow:
        return answer({"data": service.low(uow)})


@blp.route("/inventory/qualification", methods=["GET"])
@requires("view_inventory")
@blp.arguments(schemas.PlaceQuery, location="query")
def qualify_place(asked: dict[str, Any]) -> Response:
    """Whether an address or point is covered"""
    with reading() as uow:
        return answer(service.qualify(uow, asked))


@blp.route("/inventory/export", methods=["GET"])
@requires("view_inventory")
@blp.arguments(ListQuerySchema(), location="query")
@blp.arguments(schemas.ItemQuery, location="query")
def export_inventory(query: ListQuery, wanted: dict[str, Any]) -> Response:
    """Items as CSV; all that match, unless a page is asked for"""
    with reading() as uow:
        text = sheets.write_items(service.each(uow, query, wanted), schemas.SHEET)
    return Response(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": "attachment; filename=inventory.csv"},
    )


@blp.route("/inventory/import", methods=["POST", "PUT"])
@requires("create_inventory")
def import_inventory() -> dict[str, Any]:
    """Load items from CSV: all of them, or none with the cells that are wrong"""
    items = sheets.read_items(_uploaded())
    with writing() as uow:
        return {"imported": sheets.load(uow, items), "errors": []}


@blp.route("/inventory/customer_id/<int:customer_id>", methods=["GET"])
@requires("view_inventory", own=OWN)
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, page_schema(schemas.ItemView))
def list_inventory_of_customer(query: ListQuery, customer_id: int) -> Response:
    """A customer's items"""
    with reading() as uow:
        return data_only(service.of_customer(uow, customer_id, query))


@blp.route("/inventory/service_id/<int:service_id>", methods=["GET"])
@requires("view_inventory", own=OWN)
@blp.arguments(ListQuerySchema(), location="query")
@blp.response(200, page_schema(schemas.ItemView))
def list_inventory_of_service(query: ListQuery, service_id: int) -> Response:
    """A service's items"""
    with reading() as uow:
        return data_only(service.of_service(uow, service_id, query))


@blp.route("/inventory/", methods=["PUT", "POST"])
@requires("create_inventory")
@blp.arguments(schemas.ItemInput)
@blp.response(200, schemas.ItemView)
def create_inventory(values: dict[str, Any]) -> Response:
    """Load an item"""
    with writing() as uow:
        return answer(views.shown(uow, service.create(uow, values)))


@blp.route("/inventory/inventory_id/<int:inventory_id>", methods=["GET"])
@requires("view_inventory", own=OWN)
@blp.response(200, schemas.ItemView)
def read_inventory(inventory_id: int) -> Response:
    """One item, with the keys of its labels"""
    with reading() as uow:
        return answer(service.read(uow, inventory_id))


@blp.route("/inventory/inventory_id/<int:inventory_id>", methods=["PATCH", "PUT"])
@requires("update_inventory")
@blp.arguments(schemas.ItemInput(partial=True))
@blp.response(200, schemas.ItemView)
def update_inventory(values: dict[str, Any], inventory_id: int) -> Response:
    """Change an item, give it to a customer or service, or take it back"""
    with writing() as uow:
        return answer(views.shown(uow, service.update(uow, inventory_id, values)))


@blp.route("/inventory/inventory_id/<int:inventory_id>", methods=["DELETE"])
@requires("delete_inventory")
def delete_inventory(inventory_id: int) -> dict[str, str]:
    """Remove an item that nobody has"""
    with writing() as uow:
        service.remove(uow, inventory_id)
    return {"result": "success"}


@blp.route("/inventory/inventory_id/<int:inventory_id>/history", methods=["GET"])
@requires("view_inventory", own=OWN)
@blp.response(200, page_schema(schemas.HoldingRow))
def read_inventory_history(inventory_id: int) -> Response:
    """Who had an item, latest first"""
    with reading() as uow:
        return answer({"data": service.history(uow, inventory_id)})


@blp.route("/inventory/inventory_id/<int:inventory_id>/management_password", methods=["GET"])
@requires("update_inventory")
def read_management_password(inventory_id: int) -> Response:
    """The device password in clear; the activity log says who read it"""
    with writing() as uow:
        return answer(service.reveal_password(uow, inventory_id))


def _uploaded() -> str:
    """The sheet: the body itself, or the first file of a form.

    :raises Malformed: when there is none, or it is no UTF-8.
    """
    given = next(iter(request.files.values()), None)
    raw = request.get_data() if given is None else given.read()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 at byte {error.start}") from error
    if not text.strip():
        raise Malformed("send CSV as the body, or as a file in a form")
    return text
