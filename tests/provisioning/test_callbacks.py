"""Calls by the charging system: known machines only, and each once a period."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from omnicore.identity import access
from omnicore.runtime import Runtime
from omnicore.sdk.ports.provisioning import JobObserver, ProvisioningJob, RunResult
from tests.conftest import Api, Clock, People
from tests.provisioning.conftest import Shop
from tests.provisioning.scripted import DONE, FAILED, Script, Scripted

Work = Callable[[], None]
KEY = "k" * 40


@pytest.fixture
def extra_settings() -> str:
    return (
        "plugins: {enabled: [scripted]}\n"
        "ip_whitelist: {10.9.8.7: {roles: [create_provision]}}\n"
        f"api_keys: {{{KEY}: {{roles: [create_provision], description: ocs}}}}\n"
    )


@pytest.fixture
def path(shop: Shop) -> str:
    product = shop.product(category="addon", relies_on_list="")
    body = {"customer_id": shop.customer(), "service_name": "S", "service_type": "mobile"}
    service = shop.admin.put("/crm/service/", body).json["service_id"]
    return f"/crm/provision/simple_provision_addon/service_id/{service}/product_id/{product}"


def test_a_trusted_address_starts_a_job_for_the_services_customer(
    shop: Shop, people: People, path: str, work: Work
) -> None:
    ocs = people.nobody()
    answer = ocs.post(path, environ_base={"REMOTE_ADDR": "10.9.8.7"})
    assert answer.status_code == 200, answer.text
    work()
    job = shop.job(answer.json["provision_id"])
    assert (job["provisioning_status"], job["customer_id"]) == (0, shop.customer() - 1)


def test_an_unknown_address_is_denied(people: People, path: str) -> None:
    answer = people.nobody().post(path, environ_base={"REMOTE_ADDR": "10.9.8.8"})
    assert (answer.status_code, answer.json["title"]) == (403, "Access denied")


def test_a_person_is_denied(shop: Shop, path: str) -> None:
    assert shop.admin.post(path).status_code == 403


def test_an_api_key_may_call(client: object, people: People, path: str) -> None:
    assert Api(people._client, {"X-API-KEY": KEY}).post(path).status_code == 200


def test_a_signed_address_is_good_for_its_service_and_product_only(
    people: People, path: str, runtime: Runtime
) -> None:
    parts = path.split("/")
    service, product = int(parts[-3]), int(parts[-1])
    good = access.callback_token(runtime.db, service, product)
    other = access.callback_token(runtime.db, service, product + 1)
    nobody = people.nobody()
    assert nobody.post(f"{path}?token={good}").status_code == 200
    assert nobody.post(f"{path}?token={other}").status_code == 401
    assert nobody.post(f"{path}?token={good}x").status_code == 401


def test_the_same_call_again_is_answered_with_the_same_job(
    shop: Shop, people: People, path: str, work: Work, clock: Clock
) -> None:
    ocs = Api(people._client, {"X-API-KEY": KEY})
    first = ocs.post(path).json["provision_id"]
    assert ocs.post(path).json["provision_id"] == first
    work()
    assert ocs.post(path).json["provision_id"] == first
    clock.advance(hours=13)
    assert ocs.post(path).json["provision_id"] != first


def test_a_call_after_a_failure_is_a_new_try(
    people: People, path: str, work: Work, script: Callable[[str, Script], None]
) -> None:
    script("play_test", lambda *_: FAILED)
    ocs = Api(people._client, {"X-API-KEY": KEY})
    first = ocs.post(path).json["provision_id"]
    work()
    assert ocs.post(path).json["provision_id"] != first
    work()
    assert len(Scripted.jobs) == 2


def test_the_play_that_makes_a_service_can_sign_its_address(
    shop: Shop, people: People, work: Work, script: Callable[[str, Script], None]
) -> None:
    made: list[int] = []

    def play(job: ProvisioningJob, _: JobObserver) -> RunResult:
        api = Api(people._client, {"Authorization": f"Bearer {job.variables['access_token']}"})
        body = {"customer_id": job.variables["customer_id"], "service_name": "S"}
        made.append(api.put("/crm/service/", body).json["service_id"])
        return DONE

    script("play_test", play)
    product = shop.product()
    customer = shop.customer()
    shop.order(product_id=product, customer_id=customer)
    other = shop.admin.put("/crm/service/", {"customer_id": customer, "service_name": "O"}).json
    work()
    token = Scripted.jobs[0].variables["callback_token"]
    path = "/crm/provision/simple_provision_addon/service_id/{}/product_id/{}?token={}"
    nobody = people.nobody()
    assert nobody.post(path.format(made[0], product, token)).status_code == 200
    assert nobody.post(path.format(other["service_id"], product, token)).status_code == 401
    assert nobody.post(path.format(made[0], product + 1, token)).status_code == 401


def test_a_renewal_needs_no_new_items_and_no_product_on_sale(
    shop: Shop, people: People, work: Work
) -> None:
    product = shop.product(inventory_items_list="['SIM Card']")
    body = {"customer_id": shop.customer(), "service_name": "S", "product_id": product}
    service = shop.admin.put("/crm/service/", body).json["service_id"]
    shop.admin.patch(f"/crm/product/product_id/{product}", {"enabled": False})
    ocs = Api(people._client, {"X-API-KEY": KEY})
    path = f"/crm/provision/simple_provision_addon/service_id/{service}/product_id/{product}"
    answer = ocs.post(path)
    assert answer.status_code == 200, answer.text
    work()
    assert shop.job(answer.json["provision_id"])["provisioning_status"] == 0
