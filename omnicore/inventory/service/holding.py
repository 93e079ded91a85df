"""Giving an item to a customer or service, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from omnicore.customers.models import Customer
from omnicore.db.uow import UnitOfWork
from omnicore.inventory import checks
from omnicore.inventory.errors import (
    InventoryNotPickable,
    InventoryProtected,
    InventoryStateForbids,
    InventoryTaken,
)
from omnicore.inventory.labels import is_number
from omnicore.inventory.models import (
    GONE,
    HELD,
    Inventory,
    InventoryHolding,
    InventoryTemplate,
    ItemState,
)
from omnicore.sdk.errors import Invalid

LINKS = ("customer_id", "service_id")


def links_of(
    uow: UnitOfWork, item: Inventory, values: Mapping[str, Any]
) -> tuple[int | None, int | None]:
    """The customer and service that the item shall have after a change; both are checked.

    A service brings its customer; clearing the customer clears the service.

    :raises NotFound: for a link that is not there or not the caller's.
    :raises Invalid: when the service is another customer's.
    """
    customer_id = values.get("customer_id", item.customer_id)
    service_id = values.get("service_id", item.service_id)
    if "customer_id" in values and customer_id is None and values.get("service_id") is None:
        service_id = None
    if values.get("customer_id") is not None:
        uow.get(Customer, customer_id)
    if values.get("service_id") is not None:
        owner = checks.owner_of_service(uow, service_id)
        customer_id = owner if customer_id is None else customer_id
        if owner not in (None, customer_id):
            raise Invalid.field("service_id", f"service {service_id} is another customer's")
    return customer_id, service_id


def move(
    uow: UnitOfWork,
    item: Inventory,
    customer_id: int | None,
    service_id: int | None,
    state: ItemState | None,
) -> None:
    """Give, hand on or take back a locked item, with its state, dates and history.

    :param state: the new state; None lets the core choose: ``Assigned`` for what nobody had,
        ``In Stock`` for what comes back.
    :raises InventoryTaken: when another customer has it.
    :raises InventoryNotPickable: when it rests, or is lost, damaged or under way.
    :raises InventoryProtected: when a job takes away what another active service uses.
    """
    before, held = item.item_state, item.is_held()
    links = (customer_id, service_id)
    moves = links != (item.customer_id, item.service_id)
    if held and (moves or state not in (None, before)):
        _refuse_protected(uow, item)
    if moves and links != (None, None):
        _refuse_taken(item, customer_id)
        if not held:
            _refuse_unfit(uow, item)
    if state is None and moves:
        state = _default_state(before, held, links != (None, None))
    state = state or before
    if state in HELD and before in GONE:
        raise InventoryStateForbids(f"{name_of(item)} is {before}; bring it back into stock first")
    item.item_state = state
    if moves:
        _rewrite(uow, item, links, before)


def take_back(uow: UnitOfWork, item: Inventory, state: ItemState) -> None:
    """Free a locked item whoever has it; for rules of the core, which ask nobody."""
    before = item.item_state
    item.item_state = state
    _rewrite(uow, item, (None, None), before)


def open_holding(uow: UnitOfWork, item: Inventory) -> InventoryHolding | None:
    """The holding that has not ended."""
    with uow.unscoped():
        return uow.session.scalars(
            select(InventoryHolding)
            .where(
                InventoryHolding.inventory_id == item.inventory_id,
                InventoryHolding.held_until.is_(None),
            )
            .order_by(InventoryHolding.holding_id.desc())
        ).first()


def name_of(item: Inventory) -> str:
    """How messages call an item."""
    return f"{item.item} {item.inventory_id}"


def is_resting(uow: UnitOfWork, item: Inventory) -> bool:
    """Whether a released number must not be given out yet."""
    return item.quarantined_until is not None and item.quarantined_until > uow.now()


def _rewrite(
    uow: UnitOfWork, item: Inventory, links: tuple[int | None, int | None], before: ItemState
) -> None:
    held = item.is_held()
    holding = open_holding(uow, item) if held else None
    item.customer_id, item.service_id = links
    now = uow.now()
    if not item.is_held():
        item.sold_date = None
        _end(uow, item, holding)
        return
    if holding is not None and holding.customer_id == item.customer_id and not holding.service_id:
        holding.service_id = item.service_id  # given to the customer first, now put to use
        return
    if holding is not None:
        holding.held_until = now
    item.sold_date = item.sold_date or now
    uow.session.add(
        InventoryHolding(
            inventory_id=item.inventory_id,
            customer_id=item.customer_id,
            service_id=item.service_id,
            provision_id=uow.actor.provision_id,
            state_before=before,
            held_from=now,
        )
    )


def _end(uow: UnitOfWork, item: Inventory, holding: InventoryHolding | None) -> None:
    """A number that was in use rests; one that the same job gives back was never in use."""
    job = uow.actor.provision_id
    tried_only = holding is not None and job is not None and holding.provision_id == job
    if holding is not None:
        holding.held_until = uow.now()
    days = uow.settings.crm.number_quarantine_days
    template = uow.get(InventoryTemplate, item.inventory_template_id)
    if days and not tried_only and is_number(template):
        item.quarantined_until = uow.now() + timedelta(days=days)


def _default_state(before: ItemState, held: bool, given: bool) -> ItemState:
    if given and not held:
        return ItemState.ASSIGNED
    return ItemState.IN_STOCK if not given and before in HELD else before


def _refuse_protected(uow: UnitOfWork, item: Inventory) -> None:
    if uow.actor.provision_id is None:
        return
    reasons = checks.reasons_to_keep(uow, item)
    if reasons:
        raise InventoryProtected(f"{name_of(item)}: {'; '.join(reasons)}")


def _refuse_taken(item: Inventory, customer_id: int | None) -> None:
    if item.customer_id is not None and item.customer_id != customer_id:
        raise InventoryTaken(
            f"{name_of(item)} belongs to another customer; release it first",
            inventory_id=item.inventory_id,
        )


def _refuse_unfit(uow: UnitOfWork, item: Inventory) -> None:
    if item.item_state in GONE:
        raise InventoryNotPickable(
            f"{name_of(item)} is {item.item_state}; bring it back into stock first",
            inventory_id=item.inventory_id,
        )
    if is_resting(uow, item):
        until = item.quarantined_until
        raise InventoryNotPickable(
            f"{name_of(item)} rests until {until:%Y-%m-%d %H:%M} UTC",
            inventory_id=item.inventory_id,
        )
