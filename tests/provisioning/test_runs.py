"""A run is recorded as it happens, ends once, and leaves nothing when it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from omnicore.billing.models import Transaction
from omnicore.jobs import queue
from omnicore.jobs.models import Job
from omnicore.jobs.worker import run_job
from omnicore.provisioning.models import Provision
from omnicore.provisioning.service import ending
from omnicore.runtime import Runtime
from omnicore.sdk.ports.provisioning import (
    JobObserver,
    ProvisioningJob,
    RunResult,
    RunStatus,
    TaskEvent,
    TaskStatus,
)
from tests.conftest import Api, Clock, People
from tests.provisioning.conftest import Shop
from tests.provisioning.scripted import DONE, FAILED, Script, Scripted, task

Work = Callable[[], None]
Say = Callable[[str, Script], None]
MARKER = "s3cr3t-marker-0815"


def as_job(people: People, job: ProvisioningJob) -> Api:
    """The API as the play of a job calls it."""
    return Api(people._client, {"Authorization": f"Bearer {job.variables['access_token']}"})


def events_of(shop: Shop, provision_id: int) -> list[tuple[str, int]]:
    rows = shop.job(provision_id)["provisioning_result_json"]
    return [(row["event_name"], row["provisioning_status"]) for row in rows]


def ordered(shop: Shop, **values: Any) -> int:
    answer = shop.order(product_id=shop.product(), customer_id=shop.customer(), **values)
    return int(answer.json["provision_id"])


def test_events_are_there_while_the_play_runs(shop: Shop, work: Work, script: Say) -> None:
    seen: list[list[tuple[str, int]]] = []

    def play(job: ProvisioningJob, observer: JobObserver) -> RunResult:
        observer.on_event(TaskEvent(number=1, name="first", status=TaskStatus.RUNNING))
        seen.append(events_of(shop, int(job.job_id)))
        observer.on_event(TaskEvent(number=1, name="first", status=TaskStatus.SUCCESS))
        return DONE

    script("play_test", play)
    number = ordered(shop)
    work()
    assert seen == [[("first", 1)]]
    assert events_of(shop, number) == [("first", 0)]
    assert shop.job(number)["provisioning_status"] == 0


def test_an_ignored_failure_is_3_in_a_job_that_is_0(shop: Shop, work: Work, script: Say) -> None:
    def play(_: ProvisioningJob, observer: JobObserver) -> RunResult:
        task(observer, 1, TaskStatus.IGNORED, msg="no")
        task(observer, 2, TaskStatus.FAILED, msg="rescued later")
        return DONE

    script("play_test", play)
    number = ordered(shop)
    work()
    assert events_of(shop, number) == [("task 1", 3), ("task 2", 3)]
    assert shop.job(number)["provisioning_status"] == 0


def test_a_planted_secret_is_nowhere(shop: Shop, work: Work, script: Say, runtime: Runtime) -> None:
    def play(job: ProvisioningJob, observer: JobObserver) -> RunResult:
        token = job.variables["access_token"]
        task(observer, 1, msg=f"the password is {MARKER} and the token {token}")
        task(observer, 2, TaskStatus.FAILED, invocation={"headers": {"Authorization": token}})
        return RunResult(status=RunStatus.FAILED, exit_code=2, stdout=f"out {MARKER}", stderr=token)

    script("play_test", play)
    number = ordered(shop, device={"admin_password": MARKER})
    work()
    token = Scripted.jobs[0].variables["access_token"]
    shown = json.dumps(shop.job(number)) + json.dumps(shop.admin.get("/crm/provision/").json)
    assert MARKER not in shown
    assert token not in shown
    with runtime.db.engine.connect() as connection:
        for table in _tables(runtime):
            rows = connection.exec_driver_sql(f"SELECT * FROM `{table}`").all()
            assert MARKER not in repr(rows), table
            assert token not in repr(rows), table


def _tables(runtime: Runtime) -> list[str]:
    from sqlalchemy import inspect

    return inspect(runtime.db.engine).get_table_names()


def test_a_run_that_fails_outside_its_tasks_says_why(shop: Shop, work: Work, script: Say) -> None:
    result = RunResult(
        status=RunStatus.FAILED,
        exit_code=4,
        stdout="",
        stderr="mapping values are not allowed here",
        causes=("The play is not valid YAML.",),
    )
    script("play_test", lambda *_: result)
    number = ordered(shop)
    work()
    job = shop.job(number)
    assert job["provisioning_status"] == 2
    fatal = job["provisioning_result_json"][-1]
    body = json.loads(fatal["provisioning_result_json"])
    assert fatal["kind"] == "fatal"
    assert body["exit_code"] == 4
    assert body["likely_causes"] == ["The play is not valid YAML."]
    assert "mapping values" in body["stderr"]


def test_what_stopped_a_run_comes_with_causes_and_variables(
    shop: Shop, work: Work, script: Say
) -> None:
    def play(_: ProvisioningJob, observer: JobObserver) -> RunResult:
        result = {"exit_code": 4, "stderr": "ERROR!", "causes": ["a YAML mistake"]}
        observer.on_event(
            TaskEvent(number=1, name="Fatal", status=TaskStatus.FAILED, kind="fatal", result=result)
        )
        return FAILED

    script("play_test", play)
    number = ordered(shop, data_gb=7, api_key=MARKER)
    work()
    (event,) = shop.job(number)["provisioning_result_json"]
    body = json.loads(event["provisioning_result_json"])
    assert (body["likely_causes"], body["variables"]["data_gb"]) == (["a YAML mistake"], 7)
    assert MARKER not in event["provisioning_result_json"]


def test_a_failed_job_leaves_nothing_behind(
    shop: Shop, work: Work, script: Say, people: People, runtime: Runtime
) -> None:
    sim = shop.sim()
    made: list[int] = []

    def play(job: ProvisioningJob, observer: JobObserver) -> RunResult:
        api = as_job(people, job)
        customer = job.variables["customer_id"]
        body = {"customer_id": customer, "service_name": "S", "service_uuid": "uuid-1"}
        service = api.put("/crm/service/", body).json["service_id"]
        made.append(service)
        item = f"/crm/inventory/inventory_id/{sim}"
        given = {"customer_id": customer, "service_id": service, "item_state": "Assigned"}
        assert api.patch(item, given).status_code == 200
        charge = {"customer_id": customer, "title": "Setup", "retail_cost": 5}
        assert api.put("/crm/transaction/", charge | {"service_id": service}).status_code == 200
        task(observer, 1, TaskStatus.FAILED, msg="the network said no")
        return FAILED

    script("play_test", play)
    product = shop.product(inventory_items_list="['SIM Card']")
    customer = shop.customer()
    answer = shop.order(**{"product_id": product, "customer_id": customer, "SIM Card": sim})
    work()
    job = shop.job(answer.json["provision_id"])
    assert job["provisioning_status"] == 2
    assert shop.admin.get(f"/crm/service/service_id/{made[0]}").status_code == 404
    item = shop.admin.get(f"/crm/inventory/inventory_id/{sim}").json
    assert (item["customer_id"], item["service_id"], item["item_state"]) == (None, None, "New")
    with runtime.db.read() as uow:
        open_charges = select(Transaction).where(Transaction.void.is_(False))
        assert uow.session.scalars(open_charges).all() == []
    again = shop.order(**{"product_id": product, "customer_id": customer, "SIM Card": sim})
    assert again.status_code == 200


def test_a_service_of_the_play_is_linked_to_the_job(
    shop: Shop, work: Work, script: Say, people: People
) -> None:
    def play(job: ProvisioningJob, _: JobObserver) -> RunResult:
        body = {"customer_id": job.variables["customer_id"], "service_name": "S"}
        assert as_job(people, job).put("/crm/service/", body).status_code == 200
        return DONE

    script("play_test", play)
    number = ordered(shop)
    work()
    assert shop.job(number)["service_id"] is not None


def test_the_token_of_a_job_dies_with_the_job(
    shop: Shop, work: Work, script: Say, people: People
) -> None:
    answers: list[int] = []

    def play(job: ProvisioningJob, _: JobObserver) -> RunResult:
        answers.append(as_job(people, job).get("/crm/product/").status_code)
        return DONE

    script("play_test", play)
    ordered(shop)
    work()
    after = as_job(people, Scripted.jobs[0]).get("/crm/product/").status_code
    assert (answers, after) == ([200], 401)


def test_a_job_of_a_customer_sees_that_customer_only(
    shop: Shop, work: Work, script: Say, people: People
) -> None:
    anna, a = people.customer("A", "view_own_provision")
    other = shop.customer()
    codes: list[int] = []

    def play(job: ProvisioningJob, _: JobObserver) -> RunResult:
        api = as_job(people, job)
        for customer in (a, other):
            codes.append(api.get(f"/crm/customer/customer_id/{customer}").status_code)
        return DONE

    script("play_test", play)
    assert shop.order(anna, product_id=shop.product()).status_code == 200
    work()
    assert codes == [200, 404]


def test_a_job_whose_worker_died_is_found_and_ends_failed(
    shop: Shop, runtime: Runtime, clock: Clock, work: Work
) -> None:
    number = ordered(shop)
    (claimed,) = queue.claim(runtime.db, ["provisioning"], "dies", 1)
    assert not claimed.lost
    assert queue.claim(runtime.db, ["provisioning"], "other", 1) == []
    clock.advance(seconds=queue.LEASE_S + 1)
    work()
    job = shop.job(number)
    assert job["provisioning_status"] == 2
    assert "worker" in job["reason"]
    assert all(row["provisioning_status"] != 1 for row in job["provisioning_result_json"])


def test_a_late_end_of_a_settled_job_changes_nothing(
    shop: Shop, runtime: Runtime, clock: Clock, work: Work
) -> None:
    number = ordered(shop)
    (slow,) = queue.claim(runtime.db, ["provisioning"], "slow", 1)
    clock.advance(seconds=queue.LEASE_S + 1)
    work()
    run_job(runtime, slow)
    assert shop.job(number)["provisioning_status"] == 2


def test_a_job_that_nobody_holds_is_swept(shop: Shop, runtime: Runtime) -> None:
    number = ordered(shop)
    with runtime.db.write() as uow:
        uow.session.execute(update(Job).values(state="failed"))
    ending.sweep(runtime)
    assert shop.job(number)["provisioning_status"] == 2


def test_a_waiting_job_is_cancelled_at_once(shop: Shop, work: Work) -> None:
    number = ordered(shop)
    assert shop.admin.post(f"/crm/provision/provision_id/{number}/cancel").status_code == 200
    work()
    assert Scripted.jobs == []
    job = shop.job(number)
    assert (job["provisioning_status"], job["reason"]) == (2, "The job was cancelled.")
    again = shop.admin.post(f"/crm/provision/provision_id/{number}/cancel")
    assert again.status_code == 409


def test_a_running_job_hears_that_it_is_to_stop(shop: Shop, work: Work, script: Say) -> None:
    heard: list[bool] = []

    def play(job: ProvisioningJob, observer: JobObserver) -> RunResult:
        heard.append(observer.cancelled())
        shop.admin.post(f"/crm/provision/provision_id/{job.job_id}/cancel")
        heard.append(observer.cancelled())
        return RunResult(status=RunStatus.CANCELLED)

    script("play_test", play)
    number = ordered(shop)
    work()
    assert heard == [False, True]
    assert shop.job(number)["provisioning_status"] == 2


def test_a_failed_job_can_be_run_again(shop: Shop, work: Work, script: Say) -> None:
    script("play_test", lambda *_: FAILED)
    number = ordered(shop, data_gb=7)
    work()
    script("play_test", lambda *_: DONE)
    again = shop.admin.post(f"/crm/provision/provision_id/{number}/retry")
    assert again.status_code == 200, again.text
    work()
    job = shop.job(again.json["provision_id"])
    assert (job["provisioning_status"], job["retry_of"]) == (0, number)
    assert Scripted.jobs[-1].variables["data_gb"] == 7
    done = shop.admin.post(f"/crm/provision/provision_id/{job['provision_id']}/retry")
    assert done.status_code == 409


def test_a_chain_hands_its_service_on_and_stops_at_a_failure(
    shop: Shop, work: Work, script: Say, people: People
) -> None:
    def first(job: ProvisioningJob, _: JobObserver) -> RunResult:
        body = {"customer_id": job.variables["customer_id"], "service_name": "S"}
        as_job(people, job).put("/crm/service/", body)
        return DONE

    script("play_a", first)
    script("play_b", lambda *_: FAILED)
    product = shop.product(play='["play_a", "play_b", "play_c"]')
    shop.order(product_id=product, customer_id=shop.customer())
    work()
    rows = shop.admin.get("/crm/provision/?sort=provision_id&order=asc").json["data"]
    ran = [(row["provisioning_play"], row["provisioning_status"]) for row in rows]
    assert ran == [("play_a", 0), ("play_b", 2)]
    assert Scripted.jobs[1].variables["service_id"] == rows[0]["service_id"]


@pytest.mark.parametrize("status", ["Inactive", "Deactivated"])
def test_ending_a_service_deprovisions_it_once(shop: Shop, work: Work, status: str) -> None:
    service = _service(shop, deprovisioning_play="play_off")
    shop.admin.patch(f"/crm/service/service_id/{service}", {"service_status": status})
    work()
    work()
    told = [(job.play, job.variables["action"]) for job in Scripted.jobs]
    assert told == [("play_off", "deprovision")]


def test_a_deprovision_finds_customer_and_product_by_itself(shop: Shop, work: Work) -> None:
    product = shop.product()
    service = _service(shop, product_id=product, provisioning_play="play_test")
    answer = shop.order(service_id=service, action="deprovision")
    assert answer.status_code == 200, answer.text
    work()
    told = Scripted.jobs[0].variables
    assert told["action"] == "deprovision"
    assert told["service_uuid"]
    assert told["product_id"] == product


def _service(shop: Shop, **values: Any) -> int:
    body = {"customer_id": shop.customer(), "service_name": "S", "service_type": "mobile"}
    answer = shop.admin.put("/crm/service/", body | values)
    assert answer.status_code == 200, answer.text
    return int(answer.json["service_id"])


def test_a_record_can_be_deleted_only_when_the_job_has_ended(shop: Shop, work: Work) -> None:
    number = ordered(shop)
    path = f"/crm/provision/provision_id/{number}"
    assert shop.admin.delete(path).status_code == 409
    work()
    assert shop.admin.delete(path).status_code == 200
    assert shop.admin.get(path).status_code == 404


def test_events_cannot_be_changed(shop: Shop, work: Work, script: Say) -> None:
    def play(_: ProvisioningJob, observer: JobObserver) -> RunResult:
        task(observer, 1)
        return DONE

    script("play_test", play)
    number = ordered(shop)
    work()
    event = shop.job(number)["provisioning_result_json"][0]["provision_event_id"]
    path = f"/crm/provision_event/provision_event_id/{event}"
    assert shop.admin.patch(path, {"event_name": "x"}).status_code == 405
    assert shop.admin.delete(path).status_code == 405
    assert shop.admin.get(path).json["event_name"] == "task 1"


def test_jobs_are_found_by_status_and_words(shop: Shop, work: Work, script: Say) -> None:
    script("play_bad", lambda *_: FAILED)
    shop.order(product_id=shop.product("play_bad"), customer_id=shop.customer())
    shop.order(product_id=shop.product("play_good"), customer_id=shop.customer())
    work()
    query = '/crm/provision/?page=1&filters={"provisioning_status":[2]}&search=bad'
    found = shop.admin.get(query).json
    assert [row["provisioning_play"] for row in found["data"]] == ["play_bad"]
    assert found["pagination"]["total_items"] == 1


def test_a_secret_of_the_job_is_sealed_until_it_ends(shop: Shop, runtime: Runtime) -> None:
    number = ordered(shop, router_password=MARKER)
    with runtime.db.read() as uow:
        job = uow.get(Provision, number)
    assert MARKER not in (job.sealed_vars or "")
    assert MARKER not in job.provisioning_json_vars


def test_a_play_cannot_release_what_another_service_uses(
    shop: Shop, work: Work, script: Say, people: People
) -> None:
    sim = shop.sim()
    service = _service(shop)
    customer = shop.admin.get(f"/crm/service/service_id/{service}").json["customer_id"]
    item = f"/crm/inventory/inventory_id/{sim}"
    given = {"customer_id": customer, "service_id": service, "item_state": "Assigned"}
    assert shop.admin.patch(item, given).status_code == 200
    answers: list[int] = []

    def play(job: ProvisioningJob, _: JobObserver) -> RunResult:
        free = {"customer_id": None, "service_id": None, "item_state": "In Stock"}
        answers.append(as_job(people, job).patch(item, free).status_code)
        return DONE

    script("play_test", play)
    shop.order(product_id=shop.product(), customer_id=customer)
    work()
    assert answers == [409]
    assert shop.admin.get(item).json["service_id"] == service
