"""Every route there is, called by customer A with everything that belongs to customer B."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from omnicore.db.base import Owned
from omnicore.identity.catalogue import PERMISSIONS
from omnicore.notifications.models import Communication
from omnicore.provisioning.models import ProvisionEvent
from omnicore.runtime import Runtime
from omnicore.sdk.ports.provisioning import JobObserver, ProvisioningJob, RunResult
from tests.conftest import Api, People
from tests.provisioning.conftest import Shop
from tests.provisioning.scripted import DONE, Script, task

MARK = "Belongs-To-B"
REFUSED = {401, 403, 404, 405, 409, 422}
OWN = [name for name in PERMISSIONS if name.startswith("view_own_")]
# Keys that are nobody's: what they name is the same for every customer.
COMMON = {"product_id", "inventory_template_id", "code", "filename"}


@pytest.fixture
def world(
    shop: Shop, runtime: Runtime, work: Callable[[], None], script: Callable[[str, Script], None]
) -> dict[str, Any]:
    """One of everything for B, by the name that routes give its key."""
    admin = shop.admin
    b = shop.customer(customer_name=MARK)
    ids: dict[str, Any] = {"customer_id": b, "product_id": shop.product()}

    def make(path: str, key: str, **values: Any) -> dict[str, Any]:
        answer = admin.put(path, {"customer_id": b, **values})
        assert answer.status_code == 200, (path, answer.text)
        ids[key] = answer.json[key]
        return answer.json

    make(
        "/crm/contact/",
        "contact_id",
        contact_firstname=MARK,
        contact_lastname="B",
        contact_email="b@b.example",
    )
    make("/crm/site/", "site_id", site_name=MARK, latitude=1, longitude=2, city="X", country="Y")
    make("/crm/attribute/", "attribute_id", attribute_name="n", attribute_value=MARK)
    make(
        "/crm/tag/",
        "tag_id",
        tag_text=MARK,
        tag_hex_color="ff0000",
        tag_active_date="2020-01-01",
    )
    ids["service_uuid"] = make("/crm/service/", "service_id", service_name=MARK)["service_uuid"]
    make("/crm/transaction/", "transaction_id", title=MARK, retail_cost=5)
    ids["inventory_id"] = sim = shop.sim(itemtext2=MARK)
    given = {"customer_id": b, "service_id": ids["service_id"], "item_state": "Assigned"}
    assert admin.patch(f"/crm/inventory/inventory_id/{sim}", given).status_code == 200

    def play(_: ProvisioningJob, observer: JobObserver) -> RunResult:
        task(observer, 1, msg=MARK)
        return DONE

    script("play_test", play)
    order = shop.order(product_id=ids["product_id"], customer_id=b, service_id=ids["service_id"])
    ids["provision_id"] = order.json["provision_id"]
    work()
    with runtime.db.write() as uow:
        ids["provision_event_id"] = uow.session.scalars(
            select(ProvisionEvent.provision_event_id)
        ).first()
        message = Communication(
            customer_id=b,
            key="k",
            channel="email",
            status="stored",
            recipient=MARK,
            template="Message",
            body=MARK,
        )
        ids["communication_id"] = uow.add(message).communication_id
    log = admin.get(f"/crm/activity/customer_id/{b}").json
    rows = log["data"] if isinstance(log, dict) else log
    ids["activity_id"] = rows[0]["activity_id"]
    return ids


def filled(rule: Rule, ids: dict[str, Any]) -> str | None:
    """The path of a rule with B's keys; None when it names nothing of B's."""
    if not rule.arguments - COMMON or not rule.arguments <= set(ids) | {"value"}:
        return None
    path = rule.rule
    for name in rule.arguments:
        for converter in ("int:", "string:", "path:", ""):
            path = path.replace(f"<{converter}{name}>", str(ids.get(name, "x")))
    return path


def is_empty_list(answer: Any) -> bool:
    """Whether the answer is a list, in any envelope, and nothing is in it."""
    found = answer.json if answer.status_code == 200 else None
    return (found.get("data") if isinstance(found, dict) else found) == []


def test_a_customer_reaches_nothing_of_another_by_any_route(
    world: dict[str, Any], people: People, client: Any
) -> None:
    anna, _ = people.customer("A", *OWN)
    app: Flask = client.application
    called = 0
    for rule in app.url_map.iter_rules():
        path = filled(rule, world)
        if path is None or not rule.rule.startswith("/crm/"):
            continue
        for verb in sorted((rule.methods or set()) & {"GET", "PUT", "POST", "PATCH", "DELETE"}):
            answer = getattr(anna, verb.lower())(path, {})
            where = f"{verb} {rule.rule}: {answer.status_code} {answer.text[:200]}"
            assert MARK not in answer.text, where
            assert answer.status_code in REFUSED or is_empty_list(answer), where
            called += 1
    assert called > 60, "the sweep lost its routes"


def test_no_list_shows_a_row_of_another_customer(
    world: dict[str, Any], people: People, client: Any
) -> None:
    anna, _ = people.customer("A", *OWN)
    app: Flask = client.application
    seen = 0
    for rule in app.url_map.iter_rules():
        lists = "GET" in (rule.methods or ()) and not rule.arguments
        if not lists or not rule.rule.startswith("/crm/") or "docs" in rule.rule:
            continue
        for query in ("", f"?search={MARK}", f"?customer_id={world['customer_id']}"):
            answer = anna.get(rule.rule + query)
            assert MARK not in answer.text, rule.rule + query
            seen += answer.status_code == 200
    assert seen > 15, "the sweep lost its lists"


def test_the_world_of_the_sweep_is_whole(world: dict[str, Any], runtime: Runtime) -> None:
    """Each kind of row that a customer can own is in B's world, or the sweep proves little."""
    empty = []
    with runtime.db.read() as uow:
        for mapper in Owned.__subclasses__():
            if not mapper.__module__.startswith("omnicore."):
                continue  # other tests make tables of their own
            if uow.session.scalars(select(mapper).limit(1)).first() is None:
                empty.append(mapper.__name__)
    assert empty == []


def test_a_customer_orders_nothing_with_what_is_anothers(
    world: dict[str, Any], people: People
) -> None:
    anna, _ = people.customer("A", *OWN)
    product = world["product_id"]
    for body in (
        {"product_id": product, "customer_id": world["customer_id"]},
        {"product_id": product, "service_id": world["service_id"]},
        {"product_id": product, "service_uuid": world["service_uuid"]},
    ):
        assert ordered(anna, body) in REFUSED, body


def ordered(api: Api, body: dict[str, Any]) -> int:
    code: int = api.put("/crm/provision/", body).status_code
    return code
