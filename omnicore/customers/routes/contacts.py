"""Routes of contacts."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from omnicore.customers.schemas import (
    ContactInput,
    ContactView,
    OwnedPageQuerySchema,
    OwnedQuerySchema,
    ResultSchema,
)
from omnicore.customers.service import contacts
from omnicore.db.listing import ListQuery
from omnicore.web.gate import reading, requires, writing
from omnicore.web.json import answer
from omnicore.web.paging import bare, enveloped, page_schema

blp = Blueprint("contacts", __name__, url_prefix="/crm/contact", description="People at customers")

SEE = requires("view_customer_contact", own="view_own_customer_contact")


@blp.route("/", methods=["PUT", "POST"])
@requires("create_customer_contact")
@blp.arguments(ContactInput)
@blp.response(200, ContactView)
def create_contact(values: dict[str, Any]) -> Response:
    """Add a contact to a customer"""
    with writing() as uow:
        return answer(contacts.read(uow, contacts.create(uow, values)))


@blp.route("/contact_id/<int:contact_id>", methods=["GET"])
@SEE
@blp.response(200, ContactView)
def read_contact(contact_id: int) -> Response:
    """One contact"""
    with reading() as uow:
        return answer(contacts.read(uow, contact_id))


@blp.route("/contact_id/<int:contact_id>", methods=["PATCH", "PUT"])
@requires("update_customer_contact")
@blp.arguments(ContactInput(partial=True, exclude=("customer_id",)))
@blp.response(200, ContactView)
def update_contact(values: dict[str, Any], contact_id: int) -> Response:
    """Change a contact; what is absent stays"""
    with writing() as uow:
        contacts.update(uow, contact_id, values)
        return answer(contacts.read(uow, contact_id))


@blp.route("/contact_id/<int:contact_id>", methods=["DELETE"])
@requires("delete_customer_contact")
@blp.response(200, ResultSchema)
def delete_contact(contact_id: int) -> Response:
    """Remove a contact"""
    with writing() as uow:
        contacts.delete(uow, contact_id)
    return answer({"result": "success"})


@blp.route("/customer_id/<int:customer_id>", methods=["GET"])
@SEE
@blp.arguments(OwnedQuerySchema, location="query")
@blp.response(200, ContactView(many=True))
def list_contacts_of_customer(query: ListQuery, customer_id: int) -> Response:
    """Contacts of a customer as a bare array"""
    with reading() as uow:
        return bare(contacts.of_customer(uow, customer_id, query))


@blp.route("/paginated", methods=["GET"])
@blp.route("/", methods=["GET"])
@SEE
@blp.arguments(OwnedPageQuerySchema, location="query")
@blp.response(200, page_schema(ContactView))
def list_contacts(query: ListQuery) -> Response:
    """Contacts of all customers, page by page"""
    with reading() as uow:
        return enveloped(contacts.listing(uow, query))
