"""Reservations: an item goes to one order at most, and comes free when the order ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from omnicore.customers.models import Customer
from omnicore.db.listing import ListQuery
from omnicore.db.scope import EVERYTHING, Scope
from omnicore.inventory import checks, service
from omnicore.inventory.errors import (
    InventoryNotPickable,
    InventoryProtected,
    InventoryTaken,
    WrongInventoryType,
)
from omnicore.inventory.models import Inventory, ItemState
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NotFound, OmniCoreError
from tests.conftest import Clock
from tests.inventory.conftest import Stock, job, staff

CustomerMaker = Callable[[str], int]


def reserve(runtime: Runtime, job_id: int, *ids: int, scope: Scope = EVERYTHING) -> None:
    kinds = ("SIM Card", "Mobile Number")
    with runtime.db.write(scope=scope) as uow:
        service.reserve(uow, job_id, dict(zip(kinds, ids, strict=False)), None)


def at_once(runtime: Runtime, number: int, act: Callable[[int], None]) -> list[str]:
    """Run ``act`` in as many threads at the same moment; the code of each refusal."""
    start = Barrier(number)

    def one(index: int) -> str:
        with runtime.db.read() as uow:  # all have a connection before the first begins
            uow.session.execute(text("SELECT 1"))
            start.wait(30)
        try:
            act(index)
        except OmniCoreError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_of_ten_orders_for_one_sim_one_wins(runtime: Runtime, stock: Stock) -> None:
    (sim,) = stock.sims()
    codes = at_once(runtime, 10, lambda number: reserve(runtime, number + 1, sim))
    assert sorted(codes) == ["", *["inventory-taken"] * 9]
    assert stock.row(sim)["reserved_by_provision"] == codes.index("") + 1


def test_orders_for_the_same_two_items_never_share_them(runtime: Runtime, stock: Stock) -> None:
    (sim,), number = stock.sims(), stock.number()

    def order(index: int) -> None:
        chosen = {"SIM Card": sim, "Mobile Number": number}
        if index % 2:
            chosen = dict(reversed(chosen.items()))
        with runtime.db.write() as uow:
            service.reserve(uow, index + 1, chosen, None)

    codes = at_once(runtime, 8, order)
    assert sorted(codes) == ["", *["inventory-taken"] * 7]
    holders = {stock.row(key)["reserved_by_provision"] for key in (sim, number)}
    assert holders == {codes.index("") + 1}


def test_of_ten_clerks_who_give_one_sim_away_one_wins(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    (sim,) = stock.sims()
    customers = [customer(f"customer {number}") for number in range(10)]
    codes = at_once(runtime, 10, lambda number: stock.change(sim, customer_id=customers[number]))
    assert sorted(codes) == ["", *["inventory-taken"] * 9]
    assert stock.row(sim)["customer_id"] == customers[codes.index("")]


def test_a_refused_order_holds_none_of_its_items(runtime: Runtime, stock: Stock) -> None:
    first, second = stock.sims(2)
    number = stock.number()
    reserve(runtime, 1, first, number)
    with pytest.raises(InventoryTaken):
        reserve(runtime, 2, second, number)
    assert stock.row(second)["reserved_by_provision"] is None


def test_the_name_of_the_kind_compares_with_case(runtime: Runtime, stock: Stock) -> None:
    (sim,) = stock.sims()
    with runtime.db.write() as uow, pytest.raises(WrongInventoryType) as caught:
        service.reserve(uow, 1, {"SIM card": sim}, None)
    assert caught.value.errors[0].field == "SIM card"


def test_an_item_serves_one_kind_of_an_order(runtime: Runtime, stock: Stock) -> None:
    (sim,) = stock.sims()
    with runtime.db.write() as uow, pytest.raises(InventoryTaken):
        service.reserve(uow, 1, {"SIM Card": sim, "Second SIM Card": sim}, None)


def test_only_new_and_stocked_items_can_be_chosen(runtime: Runtime, stock: Stock) -> None:
    (sim,) = stock.sims()
    for state in sorted(set(ItemState) - {ItemState.NEW, ItemState.IN_STOCK}):
        stock.change(sim, item_state=ItemState.IN_STOCK)
        stock.change(sim, item_state=state)
        with pytest.raises(InventoryNotPickable):
            reserve(runtime, 1, sim)


def test_what_a_customer_has_cannot_be_chosen(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    (sim,) = stock.sims()
    stock.change(sim, customer_id=customer("A"), item_state=ItemState.NEW)
    with pytest.raises(InventoryTaken):
        reserve(runtime, 1, sim)


def test_a_customers_order_takes_free_items_and_sees_no_foreign_ones(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    a, b = customer("A"), customer("B")
    free, foreign = stock.sims(2)
    stock.change(foreign, customer_id=b)
    reserve(runtime, 1, free, scope=Scope(a))
    assert stock.row(free)["reserved_by_provision"] == 1
    with pytest.raises(NotFound):
        reserve(runtime, 2, foreign, scope=Scope(a))
    with pytest.raises(NotFound):
        reserve(runtime, 2, 10**9, scope=Scope(a))


def test_a_reservation_ends_with_its_job_alone(runtime: Runtime, stock: Stock) -> None:
    first, second = stock.sims(2)
    reserve(runtime, 1, first)
    reserve(runtime, 2, second)
    with runtime.db.write() as uow:
        assert service.release_reservations(uow, 1) == [first]
        assert service.release_reservations(uow, 1) == []
    reserve(runtime, 3, first)
    with pytest.raises(InventoryTaken):
        reserve(runtime, 3, second)


def test_a_held_item_is_changed_by_its_own_job_alone(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    a = customer("A")
    used_by = stock.service(a)
    (sim,) = stock.sims()
    reserve(runtime, 7, sim)
    for actor in (staff(), job(8)):
        with pytest.raises(InventoryTaken):
            stock.change(sim, actor, inventory_notes="mine")
    with runtime.db.write(staff()) as uow, pytest.raises(InventoryTaken):
        service.remove(uow, sim)
    stock.change(sim, job(7), customer_id=a, service_id=used_by, item_state=ItemState.ASSIGNED)
    row = stock.row(sim)
    assert (row["customer_id"], row["service_id"], row["item_state"]) == (a, used_by, "Assigned")


def test_the_job_of_a_customer_can_read_and_give_what_it_holds(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    a = customer("A")
    held, other = stock.sims(2)
    reserve(runtime, 7, held, scope=Scope(a))
    with runtime.db.write(job(7, a), Scope(a)) as uow:
        assert service.read(uow, held)["ki"] is None
        with pytest.raises(NotFound):
            service.read(uow, other)
        service.update(uow, held, {"customer_id": a, "item_state": ItemState.ASSIGNED})
    assert stock.row(held)["customer_id"] == a


def test_what_a_failed_job_gave_comes_back_as_it_was(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    a = customer("A")
    (sim,), number = stock.sims(), stock.number()
    used_by = stock.service(a)
    reserve(runtime, 7, sim, number)
    for key in (sim, number):
        stock.change(key, job(7), customer_id=a, service_id=used_by, item_state=ItemState.ASSIGNED)
    with runtime.db.write() as uow:
        assert service.assigned_by_job(uow, 7) == [sim, number]
        assert service.undo_job(uow, 7) == [sim, number]
        assert service.undo_job(uow, 7) == []
    for key, state in ((sim, "In Stock"), (number, "New")):
        row = stock.row(key)
        assert (row["customer_id"], row["service_id"], row["sold_date"]) == (None, None, None)
        assert (row["item_state"], row["quarantined_until"]) == (state, None)
    reserve(runtime, 8, sim, number)


def test_a_failed_job_leaves_alone_what_others_gave(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    a = customer("A")
    (sim,) = stock.sims()
    stock.change(sim, customer_id=a)
    with runtime.db.write() as uow:
        assert service.undo_job(uow, 7) == []
    assert stock.row(sim)["customer_id"] == a


def test_a_number_that_its_job_gives_back_does_not_rest(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    a, number = customer("A"), stock.number()
    with runtime.db.write() as uow:
        service.reserve(uow, 7, {"Mobile Number": number}, a)
    stock.change(number, job(7), customer_id=a, item_state=ItemState.ASSIGNED)
    stock.change(number, job(7), customer_id=None, service_id=None, item_state=ItemState.IN_STOCK)
    assert stock.row(number)["quarantined_until"] is None


def test_a_number_that_was_in_use_rests_for_thirty_days(
    runtime: Runtime, stock: Stock, customer: CustomerMaker, clock: Clock
) -> None:
    number = stock.number()
    stock.change(number, customer_id=customer("A"))
    stock.change(number, customer_id=None)

    def offered() -> list[int]:
        with runtime.db.read(staff()) as uow:
            rows = service.available(uow, ListQuery(), {"item": "Mobile Number"}).rows
            return [row["inventory_id"] for row in rows]

    def order(job_id: int) -> None:
        with runtime.db.write() as uow:
            service.reserve(uow, job_id, {"Mobile Number": number}, None)

    clock.advance(days=29, hours=23)
    assert offered() == []
    with pytest.raises(InventoryNotPickable):
        order(1)
    with pytest.raises(InventoryNotPickable):
        stock.change(number, customer_id=customer("B"))
    clock.advance(hours=1)
    assert offered() == [number]
    order(2)


def test_staff_can_end_the_rest_of_a_number(stock: Stock, customer: CustomerMaker) -> None:
    number = stock.number()
    stock.change(number, customer_id=customer("A"))
    stock.change(number, customer_id=None)
    stock.change(number, quarantined_until=None)
    stock.change(number, customer_id=customer("B"))


@pytest.fixture
def guarded() -> Iterator[None]:
    """As the rooms above do: the service is active, and is not that of any job."""

    def protect(_: object, item: Inventory) -> str | None:
        return "the service is active" if item.service_id else None

    checks.register_release_check(protect)
    yield
    checks._releases.remove(protect)


@pytest.mark.usefixtures("guarded")
def test_a_job_cannot_take_what_another_active_service_uses(
    stock: Stock, customer: CustomerMaker
) -> None:
    a = customer("A")
    (sim,) = stock.sims()
    stock.change(sim, customer_id=a, service_id=stock.service(a))
    for values in (
        {"customer_id": None, "service_id": None},
        {"service_id": stock.service(a)},
        {"item_state": ItemState.DECOMMISSIONED},
    ):
        with pytest.raises(InventoryProtected):
            stock.change(sim, job(8), **values)
    stock.change(sim, job(8), inventory_notes="still there", item_state=ItemState.ASSIGNED)
    stock.change(sim, customer_id=None, service_id=None)
    assert stock.row(sim)["service_id"] is None


def test_a_removed_service_frees_its_items(
    runtime: Runtime, stock: Stock, customer: CustomerMaker
) -> None:
    a = customer("A")
    (sim,), number = stock.sims(), stock.number()
    used_by = stock.service(a)
    for key in (sim, number):
        stock.change(key, customer_id=a, service_id=used_by)
    with runtime.db.write() as uow:
        assert service.release_service(uow, used_by) == [sim, number]
    rows = [stock.row(key) for key in (sim, number)]
    assert [row["item_state"] for row in rows] == ["In Stock", "In Stock"]
    assert [row["customer_id"] for row in rows] == [None, None]
    assert [row["quarantined_until"] is None for row in rows] == [True, False]


JOBS = (0, 1, 2)
NEW_JOB = count(1)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "give", "free", "end", "fail"]),
        st.sampled_from(JOBS),
        st.integers(0, 1),
    ),
    max_size=12,
)


@given(STEPS)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_sequence_of_steps_gives_an_item_to_two_jobs(
    runtime: Runtime, stock: Stock, steps: list[tuple[str, int, int]]
) -> None:
    """Against a model: who holds and who has each item; a refusal changes nothing."""
    jobs = [next(NEW_JOB) for _ in JOBS]
    with runtime.db.write() as uow:
        clients = [uow.add(Customer(customer_name=f"{n}")).customer_id for n in JOBS]
    sims = stock.sims(2)
    holds: dict[int, int | None] = dict.fromkeys(sims)
    has: dict[int, int | None] = dict.fromkeys(sims)
    for step, which, index in steps:
        sim, client, job_id = sims[index], clients[which], jobs[which]
        free = holds[sim] in (None, job_id)
        with suppress(OmniCoreError):
            if step == "reserve":
                reserve(runtime, job_id, sim)
                assert free
                assert has[sim] is None
                holds[sim] = job_id
            elif step == "give":
                stock.change(sim, job(job_id), customer_id=client)
                assert free
                assert has[sim] in (None, client)
                has[sim] = client
            elif step == "free":
                stock.change(sim, job(job_id), customer_id=None)
                assert free
                has[sim] = None
            else:
                with runtime.db.write() as uow:
                    if step == "fail":
                        for key in service.undo_job(uow, job_id):
                            has[key] = None
                    service.release_reservations(uow, job_id)
                holds = {key: None if by == job_id else by for key, by in holds.items()}
        rows = {key: stock.row(key) for key in sims}
        assert {key: row["reserved_by_provision"] for key, row in rows.items()} == holds
        assert {key: row["customer_id"] for key, row in rows.items()} == has
