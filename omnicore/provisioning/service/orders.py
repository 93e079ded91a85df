"""From a request to an accepted job: checked, reserved, written, queued, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from omnicore.catalog import lists, rules
from omnicore.catalog.models import Category, Product
from omnicore.customers import service as customers
from omnicore.customers.models import Customer
from omnicore.db.secrets import seal
from omnicore.db.uow import UnitOfWork
from omnicore.inventory import service as inventory
from omnicore.jobs import queue
from omnicore.provisioning.errors import (
    InventoryNotChosen,
    NoPlay,
    StaffMayOrder,
    UnsafePlay,
    WhichService,
)
from omnicore.provisioning.models import Action, Provision
from omnicore.provisioning.service import variables
from omnicore.provisioning.service.redaction import Redactor
from omnicore.sdk.errors import FieldError, Invalid
from omnicore.sdk.ports.provisioning import PlayInfo
from omnicore.services.models import OVER, Service

RUN = "provision.run"
QUEUE = "provisioning"
PURPOSE = "provision-variables"


@dataclass(frozen=True)
class Order:
    """What a request comes to, before anything is written."""

    customer_id: int | None
    product: Product | None
    service: Service | None
    plays: tuple[str, ...]
    action: Action
    overrides: dict[str, Any]
    chosen: dict[str, int] = field(default_factory=dict)
    staff: bool = True


def read_order(uow: UnitOfWork, body: Mapping[str, Any], *, renews: bool = False) -> Order:
    """Check a request against everything that is not an item of inventory.

    :param renews: the charging system renews what was ordered before. That, and staff who
        order the product that the service was made from, needs no new items and works for
        products that are no longer sold (guide 15).
    :raises NotFound: for a product, service or customer that is not there or not the caller's.
    :raises Conflict: when the customer, the product's window, audience or dependency forbids it.
    :raises Invalid: when a value is wrong or an item is not chosen.
    """
    staff = uow.actor.may("create_provision")
    action = _action(body)
    service = _service(uow, body)
    if action is Action.DEPROVISION:
        return _deprovision(uow, body, service, staff)
    product = uow.get(Product, _id(body, "product_id")) if body.get("product_id") else None
    customer_id = _customer_id(uow, body, service)
    if product is None and (not staff or not body.get("provisioning_play")):
        raise Invalid.field("product_id", "which product is ordered?")
    again = bool(product and service and service.product_id == product.product_id)
    renews = renews or (again and staff)
    types = set(rules.inventory_types(product)) if product and not (renews or again) else set()
    if customer_id is not None:
        customer = customers.require_open(uow, customer_id)
        if product is not None and not renews:
            service = _check_rules(uow, product, customer, service, staff)
    overrides = variables.of_request(body, types, staff=staff)
    _check_renewal(product, overrides, staff)
    plays = _plays(body, product, staff)
    chosen = _chosen(body, types)
    return Order(customer_id, product, service, plays, action, overrides, chosen, staff)


def place(
    uow: UnitOfWork,
    order: Order,
    found: tuple[str, PlayInfo],
    *,
    callback: str | None = None,
    retry_of: int | None = None,
) -> Provision:
    """Write the job, hold its inventory and queue it.

    :param found: who runs the first play, and what is known of it.
    :raises Conflict: when an item is taken; then nothing was written.
    """
    provisioner, info = found
    service = order.service
    job = uow.add(
        Provision(
            customer_id=order.customer_id,
            product_id=_product_id(order),
            service_id=service.service_id if service else None,
            provisioning_play=order.plays[0],
            playbook_description=info.description,
            task_count=info.task_count,
            initiating_user=uow.actor.user_id,
            initiated_by=uow.actor.label,
            action=order.action,
            provisioner=provisioner,
            retry_of=retry_of,
            chain_rest=list(order.plays[1:]) or None,
            scope_customer_id=None if order.staff else uow.scope.customer_id,
            callback=callback,
        )
    )
    if order.chosen:
        inventory.reserve(uow, job.provision_id, order.chosen, order.customer_id)
    merged = merge(order, job)
    write_variables(uow, job, merged)
    start(uow, job)
    return job


def merge(order: Order, job: Provision) -> dict[str, Any]:
    """All variables but the tokens, which are made when the job starts."""
    service = order.service
    system: dict[str, Any] = {
        "product_id": job.product_id,
        "customer_id": job.customer_id,
        "service_id": job.service_id,
        "initiating_user": job.initiating_user,
        "provision_id": job.provision_id,
        "action": job.action.value,
    }
    if service is not None:
        system["service_uuid"] = service.service_uuid
    merged = variables.of_product(order.product) | order.overrides | order.chosen | system
    if service is None:
        merged = {name: value for name, value in merged.items() if name != "service_id"}
    return merged


def write_variables(uow: UnitOfWork, job: Provision, merged: dict[str, Any]) -> None:
    """Keep the variables twice: sealed for the run, redacted for people."""
    job.sealed_vars = seal(uow.settings.jwt_secret, PURPOSE, json.dumps(merged))
    job.provisioning_json_vars = json.dumps(Redactor().data(merged))


def start(uow: UnitOfWork, job: Provision) -> None:
    """Queue the job."""
    queued = queue.enqueue(uow, RUN, {"provision_id": job.provision_id}, queue=QUEUE)
    job.job_id = queued.job_id if queued else None
    uow.session.flush()


def _product_id(order: Order) -> int | None:
    """The product ordered; for a deprovision the one the service was made from."""
    if order.product is not None:
        return order.product.product_id
    if order.action is Action.DEPROVISION and order.service is not None:
        return order.service.product_id
    return None


def _action(body: Mapping[str, Any]) -> Action:
    given = str(body.get("action") or Action.PROVISION).strip().lower()
    if given not in set(Action):
        raise Invalid.field("action", f"must be one of {', '.join(Action)}")
    return Action(given)


def _id(body: Mapping[str, Any], name: str) -> int:
    try:
        return int(str(body[name]))
    except ValueError as error:
        raise Invalid.field(name, "an id is a whole number") from error


def _service(uow: UnitOfWork, body: Mapping[str, Any]) -> Service | None:
    uuid = body.get("service_uuid")
    if body.get("service_id"):
        service = uow.get(Service, _id(body, "service_id"))
        if uuid and service.service_uuid != uuid:
            raise Invalid.field("service_uuid", "it is not that of the service named by service_id")
        return service
    if not uuid:
        return None
    found = uow.session.scalars(select(Service).where(Service.service_uuid == str(uuid))).first()
    if found is None:
        raise Invalid.field("service_uuid", "there is no such service")
    return found


def _customer_id(uow: UnitOfWork, body: Mapping[str, Any], service: Service | None) -> int | None:
    given = _id(body, "customer_id") if body.get("customer_id") else None
    if given is not None:
        uow.get(Customer, given)
    if service is not None:
        if given is not None and given != service.customer_id:
            raise Invalid.field("customer_id", "the service belongs to another customer")
        return service.customer_id
    return given if given is not None else uow.scope.customer_id


def _deprovision(
    uow: UnitOfWork, body: Mapping[str, Any], service: Service | None, staff: bool
) -> Order:
    """Customer and product come from the service; an add-on to remove names its own product."""
    if not staff:
        raise StaffMayOrder("only staff may deprovision a service")
    if service is None:
        raise Invalid.field("service_id", "which service is to be deprovisioned?")
    play = body.get("provisioning_play") or service.deprovisioning_play or service.provisioning_play
    overrides = variables.of_request(body, set(), staff=staff)
    stored = variables.parse(service.deprovisioning_json_vars, "deprovisioning_json_vars")
    stored = {name: v for name, v in stored.items() if name not in variables.CONTROL_NAMES}
    named = uow.get(Product, _id(body, "product_id")) if body.get("product_id") else None
    return Order(
        service.customer_id,
        named,
        service,
        (safe_play(play),),
        Action.DEPROVISION,
        stored | overrides,
    )


def _check_rules(
    uow: UnitOfWork, product: Product, customer: Customer, service: Service | None, staff: bool
) -> Service | None:
    """The rules of ordering; the service that an add-on goes to."""
    owned = uow.session.scalars(
        select(Service).where(
            Service.customer_id == customer.customer_id, Service.service_status.not_in(OVER)
        )
    ).all()
    rules.check_order(
        product,
        customer_account_type=customer.customer_account_type,
        now=uow.now(),
        by_customer=not staff,
        owned_product_ids={row.product_id for row in owned if row.product_id},
        owned_service_types={row.service_type for row in owned if row.service_type},
    )
    if product.category != Category.ADDON:
        return service
    if service is None:
        service = _only(product, [row for row in owned if fits(product, row)])
    rules.check_addon(product, service.service_type)
    return service


def fits(product: Product, service: Service) -> bool:
    """Whether the add-on can go to the service."""
    return rules.addon_fits(product, service.service_type)


def _only(product: Product, candidates: list[Service]) -> Service:
    if len(candidates) == 1:
        return candidates[0]
    choices = [{"service_id": it.service_id, "service_name": it.service_name} for it in candidates]
    raise WhichService(
        f"{len(candidates)} services fit {product.product_name}; send service_id", choices=choices
    )


def _check_renewal(product: Product | None, overrides: dict[str, Any], staff: bool) -> None:
    wanted = str(overrides.get("auto_renew", "")).lower() in ("true", "yes", "1")
    if product is not None and wanted and not staff and not product.allow_auto_renew:
        raise Invalid.field("auto_renew", "this product does not renew by itself")


def _plays(body: Mapping[str, Any], product: Product | None, staff: bool) -> tuple[str, ...]:
    """The product's play or chain of plays, or what staff say instead."""
    given = body.get("provisioning_play")
    if given and not staff:
        raise StaffMayOrder("only staff may choose another play")
    if given:
        names = given if isinstance(given, list) else lists.read_list(str(given))
    else:
        names = rules.plays(product) if product else []
    if not names:
        raise NoPlay(errors=[FieldError("provisioning_play", "the product names no play")])
    return tuple(safe_play(name) for name in names)


def safe_play(name: object) -> str:
    """The name of a play without its ending.

    :raises UnsafePlay: when it is none, or would leave the plays folder.
    """
    try:
        return rules.check_play_name(str(name or ""))
    except ValueError as error:
        raise UnsafePlay(errors=[FieldError("provisioning_play", str(error))]) from error


def _chosen(body: Mapping[str, Any], types: set[str]) -> dict[str, int]:
    missing = sorted(name for name in types if body.get(name) in (None, ""))
    if missing:
        raise InventoryNotChosen(
            errors=[FieldError(name, "choose an item of this type") for name in missing]
        )
    return {name: _id(body, name) for name in types}
