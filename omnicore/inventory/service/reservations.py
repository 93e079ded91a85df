"""Items held for an order in progress: all that it needs, or none (ruling: one order wins).

The hold is a column of the item, taken under the item's row lock. It starts in the
transaction that writes the job and ends in the one that writes the job's end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from omnicore.activity.recorder import record
from omnicore.db.uow import UnitOfWork
from omnicore.inventory.errors import (
    InventoryNotPickable,
    InventoryTaken,
    WrongInventoryType,
)
from omnicore.inventory.models import (
    PICKABLE,
    Inventory,
    InventoryHolding,
    ItemState,
)
from omnicore.inventory.service.holding import is_resting, name_of, take_back
from omnicore.inventory.service.stock import tell_if_low
from omnicore.sdk.errors import FieldError, NotFound


def reserve(
    uow: UnitOfWork,
    provision_id: int,
    wanted: Mapping[str, int],
    customer_id: int | None,
) -> list[int]:
    """Hold an item of each kind for a job; nobody else can take or change it meanwhile.

    :param wanted: template name to ``inventory_id``, as chosen in the picker.
    :param customer_id: for whom, in whose activity log the hold is written.
    :returns: the ids, in order of id.
    :raises NotFound: when there is no such item, or it is another customer's and the actor may
        see only its own.
    :raises WrongInventoryType: when an item's template has another name, case included.
    :raises InventoryTaken: when it is held, reserved, or named twice.
    :raises InventoryNotPickable: when its state is not New or In Stock, or it rests.
    """
    kinds: dict[int, str] = {}
    for kind, inventory_id in wanted.items():
        if inventory_id in kinds:
            raise InventoryTaken(f"item {inventory_id} is chosen twice", inventory_id=inventory_id)
        kinds[inventory_id] = kind
    for inventory_id in sorted(kinds):  # one order for all, so that two orders never block
        item = _locked(uow, inventory_id)
        _refuse_unfit(uow, item, kinds[inventory_id], provision_id)
        item.reserved_by_provision = provision_id
    uow.session.flush()
    _record(uow, provision_id, kinds, customer_id)
    for kind in wanted:
        tell_if_low(uow, kind)
    return sorted(kinds)


def release_reservations(uow: UnitOfWork, provision_id: int) -> list[int]:
    """End the hold of a job on whatever it still holds; what it assigned stays assigned."""
    with uow.unscoped():
        items = uow.session.scalars(
            select(Inventory)
            .where(Inventory.reserved_by_provision == provision_id)
            .order_by(Inventory.inventory_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
    for item in items:
        item.reserved_by_provision = None
    uow.session.flush()
    return [item.inventory_id for item in items]


def assigned_by_job(uow: UnitOfWork, provision_id: int) -> list[int]:
    """The items that a job gave to somebody who still has them."""
    with uow.unscoped():
        return list(
            uow.session.scalars(
                select(InventoryHolding.inventory_id)
                .where(
                    InventoryHolding.provision_id == provision_id,
                    InventoryHolding.held_until.is_(None),
                )
                .order_by(InventoryHolding.inventory_id)
            )
        )


def undo_job(uow: UnitOfWork, provision_id: int) -> list[int]:
    """Take back what a failed job gave and its play did not free, and end its holds.

    Items get the state from before; numbers do not rest, as nobody ever used them.

    :returns: the ids of the items that were taken back.
    """
    taken_back = []
    for inventory_id in assigned_by_job(uow, provision_id):
        item = _locked(uow, inventory_id)
        holding = _given_by(uow, inventory_id, provision_id)
        rest = item.quarantined_until
        state = holding.state_before
        take_back(uow, item, state if state in PICKABLE else ItemState.IN_STOCK)
        item.quarantined_until = rest
        taken_back.append(inventory_id)
    release_reservations(uow, provision_id)
    return taken_back


def release_service(
    uow: UnitOfWork, service_id: int, state: ItemState = ItemState.IN_STOCK
) -> list[int]:
    """Free all that a service has, for a service that is removed; numbers rest."""
    with uow.unscoped():
        items = uow.session.scalars(
            select(Inventory)
            .where(Inventory.service_id == service_id)
            .order_by(Inventory.inventory_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
    for item in items:
        take_back(uow, item, state)
    uow.session.flush()
    return [item.inventory_id for item in items]


def _locked(uow: UnitOfWork, inventory_id: int) -> Inventory:
    with uow.unscoped():
        return uow.get(Inventory, inventory_id, lock=True)


def _given_by(uow: UnitOfWork, inventory_id: int, provision_id: int) -> InventoryHolding:
    with uow.unscoped():
        return uow.session.scalars(
            select(InventoryHolding).where(
                InventoryHolding.inventory_id == inventory_id,
                InventoryHolding.provision_id == provision_id,
                InventoryHolding.held_until.is_(None),
            )
        ).one()


def _record(
    uow: UnitOfWork, provision_id: int, kinds: Mapping[int, str], customer_id: int | None
) -> None:
    if kinds:
        items = ", ".join(f"{kinds[key]} {key}" for key in sorted(kinds))
        record(
            uow,
            "inventory",
            "reserved",
            f"Held {items} for provisioning job {provision_id}",
            customer_id=customer_id,
        )


def _refuse_unfit(uow: UnitOfWork, item: Inventory, kind: str, provision_id: int) -> None:
    facts: dict[str, Any] = {"inventory_id": item.inventory_id, "item": kind}
    scope = uow.scope.customer_id
    if scope is not None and item.customer_id not in (None, scope):
        raise NotFound(f"no inventory {item.inventory_id}")
    if item.item != kind:
        raise WrongInventoryType(
            errors=[FieldError(kind, f"item {item.inventory_id} is of another kind: {item.item}")],
            **facts,
        )
    if item.is_held():
        raise InventoryTaken(f"{name_of(item)} belongs to a customer already", **facts)
    if item.reserved_by_provision not in (None, provision_id):
        raise InventoryTaken(f"{name_of(item)} is held for another order", **facts)
    if item.item_state not in PICKABLE:
        raise InventoryNotPickable(f"{name_of(item)} is {item.item_state}", **facts)
    if is_resting(uow, item):
        raise InventoryNotPickable(
            f"{name_of(item)} rests until {item.quarantined_until:%Y-%m-%d %H:%M} UTC", **facts
        )
