"""A write that is sent twice with one key has one effect and one answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from omnicore.customers.models import Customer
from omnicore.customers.service import customers as service
from omnicore.runtime import Runtime
from omnicore.web import idempotency
from omnicore.web.models import IdempotencyRecord
from tests.conftest import Api, Clock, People

KEY = {"Idempotency-Key": "order-17"}


def made(runtime: Runtime) -> int:
    with runtime.db.read() as uow:
        return uow.session.scalar(select(func.count()).select_from(Customer)) or 0


def records(runtime: Runtime) -> int:
    with runtime.db.read() as uow:
        return uow.session.scalar(select(func.count()).select_from(IdempotencyRecord)) or 0


def create(api: Api, name: str = "A", **headers: str) -> object:
    return api.put("/crm/customer/", {"customer_name": name}, headers=KEY | headers)


def test_the_second_request_gets_the_first_answer(runtime: Runtime, people: People) -> None:
    admin = people.admin()
    first, second = create(admin), create(admin)
    assert second.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.content_type == first.content_type
    assert made(runtime) == 1


def test_the_key_with_another_body_is_422(runtime: Runtime, people: People) -> None:
    admin = people.admin()
    create(admin)
    answer = create(admin, "B")
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency-key-reused")
    assert made(runtime) == 1


def test_keys_of_two_callers_are_two_keys(runtime: Runtime, people: People) -> None:
    create(people.admin())
    create(people.admin())
    assert made(runtime) == 2


def test_keys_that_differ_in_case_are_two_keys(runtime: Runtime, people: People) -> None:
    admin = people.admin()
    create(admin)
    create(admin, **{"Idempotency-Key": "ORDER-17"})
    assert made(runtime) == 2


def test_a_refusal_is_kept_as_well(people: People) -> None:
    admin = people.admin()
    for _ in range(2):
        answer = admin.put("/crm/customer/", {"colour": "red"}, headers=KEY)
        assert answer.status_code == 422
    assert answer.headers["Idempotency-Replayed"] == "true"


def test_a_failure_of_ours_is_not_kept(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = people.admin()
    with monkeypatch.context() as broken:
        broken.setattr(service, "create", lambda uow, values: 1 / 0)
        assert create(admin).status_code == 500
    assert create(admin).status_code == 200
    assert made(runtime) == 1


def test_a_replay_needs_the_rights_that_the_request_needs(people: People) -> None:
    create(people.admin())
    assert create(people.with_("view_customer")).status_code == 403
    assert create(people.nobody()).status_code == 401


def test_an_absurd_key_is_400(people: People) -> None:
    assert create(people.admin(), **{"Idempotency-Key": "x" * 300}).status_code == 400


def test_reads_and_log_ins_take_no_key(runtime: Runtime, people: People) -> None:
    admin = people.admin()
    admin.get("/crm/customers", headers=KEY)
    admin.post("/crm/auth/login", {"email": "a@b.example", "password": "x"}, headers=KEY)
    assert records(runtime) == 0


def test_keys_are_forgotten_after_a_day(runtime: Runtime, people: People, clock: Clock) -> None:
    create(people.admin())
    clock.advance(hours=23)
    idempotency.purge(runtime)
    assert records(runtime) == 1
    clock.advance(hours=2)
    idempotency.purge(runtime)
    assert records(runtime) == 0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Creations wait inside the service: (it has begun, let it go on)."""
    begun, go_on = threading.Event(), threading.Event()
    create_customer = service.create

    def wait_then_create(uow: object, values: dict[str, object]) -> Customer:
        begun.set()
        assert go_on.wait(30)
        return create_customer(uow, values)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "create", wait_then_create)
    yield begun, go_on
    go_on.set()


def test_two_requests_at_once_have_one_effect(
    runtime: Runtime,
    people: People,
    client: FlaskClient,
    held: tuple[threading.Event, threading.Event],
) -> None:
    admin = people.admin()
    begun, go_on = held
    answers = []
    racer = Api(client.application.test_client(), admin.headers)
    thread = threading.Thread(target=lambda: answers.append(create(racer)))
    thread.start()
    assert begun.wait(30)
    if runtime.db.engine.dialect.name == "sqlite":
        go_on.set()  # one writer at a time: the second must wait for the first anyway
        second = create(admin)
        thread.join(30)
        assert second.status_code in (200, 409)
    else:
        second = create(admin)
        assert (second.status_code, second.json["code"]) == (409, "idempotency-key-unfinished")
        go_on.set()
        thread.join(30)
    assert answers[0].status_code == 200
    assert create(admin).json == answers[0].json
    assert made(runtime) == 1
