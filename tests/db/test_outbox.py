"""Events: written with the change, told after the commit, to each subscriber at least once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from omnicore import config, rooms, subscribers
from omnicore.db.outbox import OutboxRow
from omnicore.jobs import delivery
from omnicore.jobs.delivery import FIRST_BACKOFF_S, HOLD_S, MAX_ATTEMPTS
from omnicore.jobs.worker import Worker
from omnicore.runtime import Runtime, build
from omnicore.sdk.events import CustomerCreated
from tests.conftest import Clock
from tests.db.listener import Heard, discover


@pytest.fixture
def extra_settings() -> str:
    return "plugins: {enabled: [first, second]}\n"


@pytest.fixture
def runtime(
    settings: config.Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Runtime]:
    """Two plugins listen, and no room does."""
    rooms.load_models()
    monkeypatch.setattr(subscribers, "_HANDLERS", {})
    Heard.forget()
    built = build(settings, now=clock, discover=discover)
    yield built
    built.close()


def emit(runtime: Runtime, number: int = 1) -> CustomerCreated:
    event = CustomerCreated(customer_id=number, customer_name="Ann")
    with runtime.db.write() as uow:
        uow.emit(event)
    return event


def deliver(runtime: Runtime) -> int:
    """All that is due now; how many tries that took."""
    tries = 0
    while delivery.deliver_one(runtime):
        tries += 1
    return tries


def rows(runtime: Runtime) -> dict[str, OutboxRow]:
    with runtime.db.read() as uow:
        return {row.subscriber: row for row in uow.session.scalars(select(OutboxRow))}


def fail(event: CustomerCreated) -> None:
    raise ConnectionError("the other end is down")


def test_each_subscriber_hears_it_once_and_whole(runtime: Runtime) -> None:
    event = emit(runtime)
    assert deliver(runtime) == 2
    assert sorted(name for name, _ in Heard.events) == ["first", "second"]
    assert {heard for _, heard in Heard.events} == {event}
    assert deliver(runtime) == 0


def test_nothing_is_told_before_the_commit(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        uow.emit(CustomerCreated(customer_id=1, customer_name="Ann"))
        with runtime.db.read() as other:
            assert other.session.scalars(select(OutboxRow)).all() == []


def test_what_was_rolled_back_is_never_told(runtime: Runtime) -> None:
    def change() -> None:
        with runtime.db.write() as uow:
            uow.emit(CustomerCreated(customer_id=1, customer_name="Ann"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert deliver(runtime) == 0
    assert Heard.events == []


def test_a_failing_subscriber_delays_only_itself(runtime: Runtime, clock: Clock) -> None:
    Heard.acts["first"] = fail
    emit(runtime)
    deliver(runtime)
    found = rows(runtime)
    assert found["plugin:second"].delivered_at == clock()
    assert found["plugin:first"].delivered_at is None
    assert "the plugin failed" in found["plugin:first"].last_error
    assert deliver(runtime) == 0
    del Heard.acts["first"]
    clock.advance(seconds=FIRST_BACKOFF_S)
    assert deliver(runtime) == 1
    assert rows(runtime)["plugin:first"].delivered_at == clock()
    assert rows(runtime)["plugin:first"].last_error == ""


def test_waits_double_and_end_at_the_last_try(runtime: Runtime, clock: Clock) -> None:
    Heard.acts["first"] = fail
    emit(runtime)
    deliver(runtime)
    waits = []
    for _ in range(MAX_ATTEMPTS - 1):
        due = rows(runtime)["plugin:first"].due_at
        waits.append((due - clock()).total_seconds())
        clock.moment = due
        assert deliver(runtime) == 1
    assert waits[:4] == [1, 2, 4, 8]
    assert waits == sorted(waits)
    dead = rows(runtime)["plugin:first"]
    assert (dead.dead, dead.attempts) == (True, MAX_ATTEMPTS)
    clock.advance(days=365)
    assert deliver(runtime) == 0


def test_a_worker_that_died_in_a_handler_only_delays_it(runtime: Runtime, clock: Clock) -> None:
    class Killed(BaseException):
        pass

    def die(runtime: Runtime, event: CustomerCreated) -> None:
        heard.append(event)
        if len(heard) == 1:
            raise Killed

    heard: list[CustomerCreated] = []
    subscribers.subscribe("dying", CustomerCreated, die)
    event = emit(runtime)
    with pytest.raises(Killed):
        deliver(runtime)
    deliver(runtime)
    assert len(heard) == 1
    clock.advance(seconds=HOLD_S)
    assert deliver(runtime) == 1
    assert heard == [event, event]
    assert rows(runtime)["core:dying"].delivered_at == clock()


def test_two_workers_tell_it_once(runtime: Runtime) -> None:
    for number in range(20):
        emit(runtime, number)
    ready = threading.Barrier(3)

    def work() -> None:
        ready.wait(30)
        deliver(runtime)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = sorted((name, event.customer_id) for name, event in Heard.events)
    assert told == sorted((name, n) for name in ("first", "second") for n in range(20))


def test_a_handler_holds_no_transaction(runtime: Runtime) -> None:
    def write(runtime: Runtime, event: CustomerCreated) -> None:
        with runtime.db.write() as uow:
            uow.emit(event)
        runtime.plugins.caller.call("first", lambda: None, 5)

    subscribers.subscribe("writing", CustomerCreated, write)
    emit(runtime)
    for _ in range(3):
        assert delivery.deliver_one(runtime)
    with runtime.db.read() as uow:
        errors = uow.session.scalars(select(OutboxRow.last_error)).all()
    assert set(errors) == {""}


def test_an_event_that_nobody_knows_any_more_is_kept_and_says_why(
    runtime: Runtime, clock: Clock
) -> None:
    with runtime.db.write() as uow:
        uow.session.add(
            OutboxRow(
                event_id="x",
                subscriber="plugin:first",
                event_name="of.yesterday",
                payload={},
                created=clock(),
                due_at=clock(),
            )
        )
    assert deliver(runtime) == 1
    row = rows(runtime)["plugin:first"]
    assert row.delivered_at is None
    assert "of.yesterday" in row.last_error


def test_a_plugin_that_hangs_on_an_event_delays_no_other(
    runtime: Runtime,
) -> None:
    released, told, hanging = threading.Event(), threading.Event(), threading.Event()

    def hang(event: CustomerCreated) -> None:
        hanging.set()
        released.wait(60)

    Heard.acts["first"] = hang
    Heard.acts["second"] = lambda event: told.set() if event.customer_id == 3 else None
    for number in (1, 2, 3):
        emit(runtime, number)
    worker = Worker(runtime)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        assert hanging.wait(20)
        assert told.wait(20)
    finally:
        released.set()
        worker.stop()
        thread.join(30)
    assert not thread.is_alive()


def test_every_delivery_is_in_one_lane_also_that_of_a_plugin_that_is_gone(
    runtime: Runtime, clock: Clock
) -> None:
    emit(runtime)
    with runtime.db.write() as uow:
        for name in ("core:room", "plugin:gone"):
            uow.session.add(
                OutboxRow(
                    event_id="x",
                    subscriber=name,
                    event_name="customer.created",
                    payload={},
                    created=clock(),
                    due_at=clock(),
                )
            )
        uow.session.flush()
        found = [
            set(uow.session.scalars(select(OutboxRow.subscriber).where(lane)))
            for lane in delivery.lanes(runtime)
        ]
    assert found == [{"plugin:first"}, {"plugin:second"}, {"core:room", "plugin:gone"}]
