"""A deployment with a scripted provisioner, a product to order, and a worker by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from omnicore import config, rooms
from omnicore.host.manifests import installed
from omnicore.identity import service as identity
from omnicore.jobs import delivery, queue
from omnicore.jobs.registry import queues
from omnicore.jobs.worker import run_job
from omnicore.runtime import Runtime, build
from tests.conftest import Api, Clock, People
from tests.provisioning.scripted import Script, Scripted

POINT = EntryPoint("scripted", "tests.provisioning.scripted:MANIFEST", "omnicore.plugins")


@pytest.fixture
def extra_settings() -> str:
    return "plugins: {enabled: [scripted]}\n"


@pytest.fixture
def runtime(settings: config.Settings, clock: Clock) -> Iterator[Runtime]:
    built = build(settings, now=clock, discover=lambda: {**installed(), "scripted": POINT})
    rooms.load_models()
    rooms.load_reactions()
    with built.db.write() as uow:
        identity.seed(uow)
    Scripted.scripts.clear()
    Scripted.jobs.clear()
    yield built
    built.close()


@pytest.fixture
def script() -> Callable[[str, Script], None]:
    """Say what a play does."""

    def say(play: str, does: Script) -> None:
        Scripted.scripts[play] = does

    return say


@pytest.fixture
def work(runtime: Runtime) -> Callable[[], None]:
    """Do all work that is due: jobs and events, until none is left."""

    def all_of_it() -> None:
        busy = True
        while busy:
            claimed = queue.claim(runtime.db, sorted(queues()), "test", 10)
            for job in claimed:
                run_job(runtime, job)
            busy = bool(claimed) or delivery.deliver_one(runtime)

    return all_of_it


class Shop:
    """Products, customers and stock, made through the API as staff do."""

    def __init__(self, people: People) -> None:
        self.admin: Api = people.admin()
        self._count = 0

    def product(self, play: str = "play_test", **values: Any) -> int:
        self._count += 1
        body = {
            "product_name": f"Product {self._count}",
            "product_slug": f"product-{self._count}",
            "category": "standalone",
            "service_type": "mobile",
            "residential": True,
            "business": True,
            "enabled": True,
            "customer_can_purchase": True,
            "provisioning_play": play,
        }
        answer = self.admin.put("/crm/product/", body | values)
        assert answer.status_code == 200, answer.text
        return int(answer.json["product_id"])

    def customer(self, **values: Any) -> int:
        answer = self.admin.put("/crm/customer/", {"customer_name": "C", **values})
        assert answer.status_code == 200, answer.text
        return int(answer.json["customer_id"])

    def sim(self, **values: Any) -> int:
        self.admin.put(
            "/crm/inventory_template/",
            {"item": "SIM Card", "wholesale_cost": 1, "retail_cost": 5, "itemtext1_label": "ICCID"},
        )
        body = {"item": "SIM Card", "itemtext1": "8944", "item_state": "New", **values}
        answer = self.admin.put("/crm/inventory/", body)
        assert answer.status_code == 200, answer.text
        return int(answer.json["inventory_id"])

    def order(self, by: Api | None = None, **body: Any) -> Any:
        return (by or self.admin).put("/crm/provision/", body)

    def job(self, provision_id: int) -> dict[str, Any]:
        answer = self.admin.get(f"/crm/provision/provision_id/{provision_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found


@pytest.fixture
def shop(people: People) -> Shop:
    return Shop(people)
