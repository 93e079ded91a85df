"""Stock for the tests: templates, items, and actors as services see them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from omnicore.customers.models import Customer
from omnicore.db.scope import Actor, ActorKind
from omnicore.inventory import service
from omnicore.inventory.models import ItemState
from omnicore.runtime import Runtime
from omnicore.services.models import Service


@dataclass(frozen=True)
class Stock:
    """Loads templates and items straight through the service."""

    runtime: Runtime

    def template(self, item: str, *labels: str, **more: Any) -> int:
        named = {f"itemtext{number}_label": label for number, label in enumerate(labels, 1)}
        costs = {"wholesale_cost": "2.50", "retail_cost": "10.00"}
        with self.runtime.db.write() as uow:
            made = service.create_template(uow, {"item": item, **costs, **named, **more})
            return made.inventory_template_id

    def sims(self, count: int = 1, **more: Any) -> list[int]:
        with self.runtime.db.write() as uow:
            return [
                service.create(
                    uow,
                    {
                        "item": "SIM Card",
                        "itemtext1": f"894400000000000000{number}",
                        "itemtext2": f"31012012345678{number}",
                        "item_state": ItemState.IN_STOCK,
                        **more,
                    },
                ).inventory_id
                for number in range(count)
            ]

    def number(self, text: str = "447700900123") -> int:
        with self.runtime.db.write() as uow:
            values = {"item": "Mobile Number", "itemtext1": text}
            return service.create(uow, values).inventory_id

    def service(self, customer_id: int) -> int:
        with self.runtime.db.write() as uow:
            made = uow.add(Service(customer_id=customer_id, service_uuid=uuid.uuid4().hex))
            return made.service_id

    def change(self, inventory_id: int, actor: Actor | None = None, **values: Any) -> None:
        with self.runtime.db.write(actor or staff()) as uow:
            service.update(uow, inventory_id, values)

    def row(self, inventory_id: int) -> dict[str, Any]:
        with self.runtime.db.read(staff()) as uow:
            return service.read(uow, inventory_id)


def staff() -> Actor:
    """Somebody who may do everything."""
    return Actor(kind=ActorKind.USER, label="staff", permissions=frozenset({"admin"}))


def job(provision_id: int, customer_id: int | None = None) -> Actor:
    """A provisioning job, as its token makes it."""
    return Actor(
        kind=ActorKind.JOB,
        label=f"job {provision_id}",
        permissions=frozenset({"view_inventory", "update_inventory"}),
        provision_id=provision_id,
        customer_id=customer_id,
    )


@pytest.fixture
def stock(runtime: Runtime) -> Stock:
    """Two kinds: SIM cards with their keys, and telephone numbers."""
    made = Stock(runtime)
    made.template("SIM Card", "ICCID", "IMSI", "SIM Type", "Ki", "OPc")
    made.template("Mobile Number", "Phone Number", "Geographic Region")
    return made


@pytest.fixture
def customer(runtime: Runtime) -> Callable[[str], int]:
    """Makes a customer and gives its id."""

    def make(name: str) -> int:
        with runtime.db.write() as uow:
            return uow.add(Customer(customer_name=name)).customer_id

    return make
