"""Orders: how soon an order is accepted, its first event seen, and how many a minute get done.

``python benchmarks/orders.py`` runs a whole deployment in a folder (server, worker, the embedded
charging server, the plays) and orders the mobile plan with a SIM and a number, over HTTP: some one
at a time, each watched, then the rest at once. Times are medians. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from support.deployment import deployed, write_config
from support.goals import Goal, judge
from support.processes import BIN, free_port, running, until

from omnicore.cli.demo import copy_starter_files
from omnicore.customers.models import Contact
from omnicore.demo import fixtures
from omnicore.inventory.service import items
from omnicore.runtime import Runtime
from omnicore.sdk.testing.processes import CompanionProcess

PASSWORD = "Str0ng-enough!"
TENANT = "mnc380.mcc313.3gppnetwork.org"
CONFIG = """\
crm: {{base_url: 'http://127.0.0.1:{port}'}}
auth: {{bcrypt_rounds: 4}}
plugins: {{enabled: [ocs_cgrates, provisioner_ansible]}}
ocs: {{cgrates: '127.0.0.1:{ocs}', ocsTenant: {tenant}}}
"""
LOOK_S = 0.005


@dataclass(frozen=True)
class Shop:
    """A running deployment with stock."""

    api: httpx.Client
    product_id: int
    customer_id: int
    stock: Iterator[tuple[int, int]]

    def order(self) -> tuple[int, float]:
        """Order one more: the job, and the seconds until it was accepted."""
        sim, number = next(self.stock)
        body = {
            "product_id": self.product_id,
            "customer_id": self.customer_id,
            fixtures.SIM_CARD: sim,
            fixtures.NUMBER: number,
        }
        start = time.perf_counter()
        answer = self.api.put("/provision/", json=body)
        took = time.perf_counter() - start
        if answer.status_code != 200:
            raise SystemExit(answer.text)
        return answer.json()["provision_id"], took

    def job(self, provision_id: int) -> dict[str, Any]:
        """A job as the API shows it."""
        found: dict[str, Any] = self.api.get(f"/provision/provision_id/{provision_id}").json()
        return found

    def first_event(self, provision_id: int) -> float:
        """Seconds from now until the API shows an event of a job."""
        start = time.perf_counter()
        while not self.job(provision_id)["provisioning_result_json"]:
            if time.perf_counter() - start > 60:
                raise SystemExit(f"job {provision_id} tells nothing")
            time.sleep(LOOK_S)
        return time.perf_counter() - start

    def ended(self, provision_id: int) -> None:
        """Wait for the end of a job, which must be a good one."""
        # Rarely, for to look takes time from the work.
        until(lambda: self.job(provision_id)["provisioning_status"] != 1, "a job ends", 300, 0.2)
        job = self.job(provision_id)
        if job["provisioning_status"] != 0:
            raise SystemExit(f"job {provision_id} failed: {job}")


def fill(runtime: Runtime, folder: Path, orders: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Products, people, and a SIM and a number for each order."""
    copy_starter_files(runtime, folder)
    with runtime.db.write() as uow:
        made = fixtures.fill(uow)
        rows = uow.session.execute(select(Contact.contact_email, Contact.contact_id))
        fixtures.people(uow, PASSWORD, {row[0]: row[1] for row in rows})
        stock = [(_sim(uow, n), _number(uow, n)) for n in range(orders)]
    return made.products[0], made.customer_a, stock


def _sim(uow: Any, n: int) -> int:
    texts = (f"89440000000009{n:05d}", f"3101209{n:08d}", "4G", "0" * 32, "1" * 32)
    return _item(uow, fixtures.SIM_CARD, texts)


def _number(uow: Any, n: int) -> int:
    return _item(uow, fixtures.NUMBER, (f"4477019{n:05d}", "London"))


def _item(uow: Any, kind: str, texts: tuple[str, ...]) -> int:
    values = {f"itemtext{place}": text for place, text in enumerate(texts, 1)}
    return items.create(uow, {"item": kind, "item_location": "Store 1", **values}).inventory_id


@contextmanager
def shop(folder: Path, orders: int) -> Iterator[Shop]:
    """A deployment that runs, with somebody of the staff logged in."""
    port = free_port()
    ocs = ["-m", "omnicore_ocs_embedded", "--port", "0", "--tenant", TENANT]
    with ExitStack() as stack:
        charging = CompanionProcess([*ocs, "--state", str(folder / "ocs.sqlite")])
        charging.start()
        stack.callback(charging.stop)
        more = CONFIG.format(port=port, ocs=charging.port, tenant=TENANT)
        path = write_config(folder, f"sqlite:///{folder}/omnicore.db", more)
        with deployed(path) as runtime:
            product_id, customer_id, stock = fill(runtime, folder, orders)
        command = [str(BIN / "omnicore"), "-c", str(path), "serve", "--port", str(port)]
        stack.enter_context(running([*command, "--processes", "1"], folder / "server.log"))
        url = f"http://127.0.0.1:{port}/crm"
        until(lambda: _healthy(url), "the server answers")
        body = {"email": "sue@example.com", "password": PASSWORD}
        token = httpx.post(f"{url}/auth/login", json=body, timeout=30).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        api = stack.enter_context(httpx.Client(base_url=url, headers=bearer, timeout=30))
        yield Shop(api, product_id, customer_id, iter(stock))


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def main() -> int:
    """Run it all; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--watched", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder), options.orders + 1) as open_:
        return report(open_, options.orders, options.watched)


def report(open_: Shop, orders: int, watched: int) -> int:
    """Measure, print, judge."""
    first, _ = open_.order()  # starts the engine
    open_.ended(first)
    accepted, seen = [], []
    for _ in range(watched):
        job, took = open_.order()
        accepted.append(took)
        seen.append(open_.first_event(job))
        open_.ended(job)
    start = time.perf_counter()
    together = [open_.order() for _ in range(orders - watched)]
    for job, took in together:
        accepted.append(took)
        open_.ended(job)
    rate = len(together) / (time.perf_counter() - start) * 60
    busy = statistics.median(took for _, took in together)
    print(f"accepted while jobs run: {busy * 1000:.0f} ms; done: {rate:.0f} orders a minute")
    return judge(
        [
            Goal("an order is accepted", statistics.median(accepted) * 1000, 50, " ms"),
            Goal("its first event is seen", statistics.median(seen) * 1000, 500, " ms"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
