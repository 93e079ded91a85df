"""An order is checked, its items are held, and only then a job exists."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.conftest import People
from tests.provisioning.conftest import Shop
from tests.provisioning.scripted import Scripted

Work = Callable[[], None]


def test_an_order_is_answered_with_a_running_job(shop: Shop) -> None:
    answer = shop.order(product_id=shop.product(), customer_id=shop.customer())
    assert answer.status_code == 200
    assert answer.json["provisioning_status"] == 1
    job = shop.job(answer.json["provision_id"])
    assert (job["playbook_description"], job["task_count"]) == ("The play play_test", 2)
    assert job["customer_name"] == "C"


def test_the_request_overrides_the_product_and_the_system_overrides_both(
    shop: Shop, work: Work
) -> None:
    product = shop.product(provisioning_json_vars='{"days": 50, "data_gb": 100, "customer_id": 9}')
    customer = shop.customer()
    shop.order(
        product_id=product, customer_id=customer, days=45, initiating_user=999, access_token="x"
    )
    work()
    told = Scripted.jobs[0].variables
    assert (told["days"], told["data_gb"], told["customer_id"]) == (45, 100, customer)
    assert told["initiating_user"] != 999
    assert told["access_token"] not in ("x", "")


def test_item_ids_reach_the_play_under_their_type(shop: Shop, work: Work) -> None:
    sim = shop.sim()
    product = shop.product(inventory_items_list="['SIM Card']")
    shop.order(**{"product_id": product, "customer_id": shop.customer(), "SIM Card": str(sim)})
    work()
    assert Scripted.jobs[0].variables["SIM Card"] == sim


def test_a_missing_item_is_named_and_no_job_is_made(shop: Shop) -> None:
    product = shop.product(inventory_items_list="['SIM Card']")
    answer = shop.order(product_id=product, customer_id=shop.customer())
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "SIM Card"
    assert shop.admin.get("/crm/provision/").json["data"] == []


def test_of_ten_orders_for_one_sim_one_wins(shop: Shop) -> None:
    sim, customer = shop.sim(), shop.customer()
    product = shop.product(inventory_items_list="['SIM Card']")
    body = {"product_id": product, "customer_id": customer, "SIM Card": sim}
    with ThreadPoolExecutor(10) as pool:
        codes = sorted(pool.map(lambda _: shop.order(**body).status_code, range(10)))
    assert codes == [200] + [409] * 9
    assert len(shop.admin.get("/crm/provision/").json["data"]) == 1


def test_the_hold_ends_with_the_job(shop: Shop, work: Work) -> None:
    sim, customer = shop.sim(), shop.customer()
    product = shop.product(inventory_items_list="['SIM Card']")
    body = {"product_id": product, "customer_id": customer, "SIM Card": sim}
    assert shop.order(**body).status_code == 200
    work()
    assert shop.order(**body).status_code == 200


def test_a_play_outside_the_folder_is_refused(shop: Shop) -> None:
    for name in ("../../etc/passwd", "/etc/passwd", "a/b", ".hidden", ".."):
        answer = shop.order(
            product_id=shop.product(), customer_id=shop.customer(), provisioning_play=name
        )
        assert answer.status_code == 422, name


def test_a_disabled_product_cannot_be_ordered(shop: Shop) -> None:
    product = shop.product(enabled=False)
    assert shop.order(product_id=product, customer_id=shop.customer()).status_code == 409


def test_a_suspended_customer_cannot_order(shop: Shop) -> None:
    customer = shop.customer(customer_status="Suspended")
    assert shop.order(product_id=shop.product(), customer_id=customer).status_code == 409


def test_a_customer_orders_for_itself_only(shop: Shop, people: People, work: Work) -> None:
    anna, a = people.customer("A", "view_own_provision")
    product, other = shop.product(), shop.customer()
    mine = shop.order(anna, product_id=product)
    assert mine.status_code == 200
    assert shop.job(mine.json["provision_id"])["customer_id"] == a
    assert shop.order(anna, product_id=product, customer_id=other).status_code == 404


def test_a_customer_sets_no_price_and_no_play(shop: Shop, people: People) -> None:
    anna, _ = people.customer("A", "view_own_provision")
    product = shop.product()
    for name, value in (("retail_cost", 0), ("days", 999), ("provisioning_play", "play_x")):
        assert shop.order(anna, product_id=product, **{name: value}).status_code in (403, 422), name
    assert shop.admin.get("/crm/provision/").json["data"] == []


def test_a_product_for_staff_is_refused_to_customers(shop: Shop, people: People) -> None:
    anna, a = people.customer("A", "view_own_provision")
    product = shop.product(customer_can_purchase=False)
    assert shop.order(anna, product_id=product).status_code in (403, 409)
    assert shop.order(product_id=product, customer_id=a).status_code == 200


def test_secret_variables_are_not_shown(shop: Shop) -> None:
    answer = shop.order(
        product_id=shop.product(),
        customer_id=shop.customer(),
        wifi={"name": "home", "password": "hunter2hunter2"},
    )
    job = shop.job(answer.json["provision_id"])
    assert "hunter2hunter2" not in json.dumps(job)
    assert json.loads(job["provisioning_json_vars"])["wifi"]["name"] == "home"
