"""One transaction and what belongs to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from omnicore.customers.models import Contact, Customer
from omnicore.db.uow import refuse_open_write
from omnicore.identity.models import Permission
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NotFound
from tests.conftest import NOON, Api, Clock, People


def names(runtime: Runtime) -> list[str]:
    with runtime.db.read() as uow:
        return list(
            uow.session.scalars(select(Customer.customer_name).order_by(Customer.customer_id))
        )


def test_leaving_well_commits(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        added = uow.add(Customer(customer_name="kept"))
        assert added.customer_id
    assert names(runtime) == ["kept"]
    assert added.customer_name == "kept"


def test_raising_rolls_back_all_of_it(runtime: Runtime) -> None:
    def fail() -> None:
        with runtime.db.write() as uow:
            customer = uow.add(Customer(customer_name="lost"))
            uow.add(Contact(customer_id=customer.customer_id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(runtime) == []
    with runtime.db.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Contact)) == 0


def test_a_reader_sees_nothing_of_an_open_write(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        uow.add(Customer(customer_name="open"))
        assert names(runtime) == []
    assert names(runtime) == ["open"]


CHANGES: dict[str, Any] = {
    "a new row": lambda uow: uow.add(Customer(customer_name="x")),
    "a changed row": lambda uow: change(uow),
    "a deleted row": lambda uow: (
        uow.session.delete(uow.session.scalars(select(Customer)).one()),
        uow.session.flush(),
    ),
    "a bulk insert": lambda uow: uow.session.execute(
        insert(Permission).values(name="x", description="")
    ),
    "a bulk update": lambda uow: uow.session.execute(update(Customer).values(customer_name="x")),
    "a bulk delete": lambda uow: uow.session.execute(delete(Customer)),
    "a change of a bare table": lambda uow: uow.session.execute(
        update(Customer.__table__).values(customer_name="x")
    ),
}


def change(uow: Any) -> None:
    uow.session.scalars(select(Customer)).one().customer_name = "x"
    uow.session.flush()


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES.keys())
def test_a_reading_unit_refuses_changes(runtime: Runtime, act: Any) -> None:
    with runtime.db.write() as uow:
        uow.add(Customer(customer_name="as it was"))
    with pytest.raises(RuntimeError, match="a reading unit of work"), runtime.db.read() as uow:
        act(uow)
    assert names(runtime) == ["as it was"]


def test_a_change_that_a_reading_unit_never_flushed_is_no_change(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        uow.add(Customer(customer_name="as it was"))
    with runtime.db.read() as uow:
        uow.session.scalars(select(Customer)).one().customer_name = "x"
    assert names(runtime) == ["as it was"]


def test_the_guard_holds_until_the_outermost_write_ends(runtime: Runtime) -> None:
    refuse_open_write()
    with runtime.db.write():
        with pytest.raises(RuntimeError):
            refuse_open_write()
        with runtime.db.read(), pytest.raises(RuntimeError):
            refuse_open_write()
        with pytest.raises(RuntimeError):
            refuse_open_write()
    refuse_open_write()


def test_the_guard_ends_with_a_write_that_failed(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError), runtime.db.write():
        raise ZeroDivisionError
    refuse_open_write()


def test_the_guard_is_free_while_reading(runtime: Runtime) -> None:
    with runtime.db.read():
        refuse_open_write()


def test_stamps_are_the_clocks(runtime: Runtime, clock: Clock) -> None:
    with runtime.db.write() as uow:
        key = uow.add(Customer(customer_name="a")).customer_id
    clock.advance(hours=1)
    with runtime.db.write() as uow:
        uow.get(Customer, key).customer_name = "b"
    clock.advance(hours=1)
    with runtime.db.write() as uow:
        uow.get(Customer, key).customer_name = "b"
    with runtime.db.read() as uow:
        row = uow.get(Customer, key)
    assert row.created == NOON
    assert row.last_modified == NOON.replace(hour=13)


def test_a_client_cannot_set_stamps(people: People) -> None:
    admin: Api = people.admin()
    sent = {"customer_name": "a", "created": "1999-01-01", "last_modified": "1999-01-01T00:00:00Z"}
    made = admin.put("/crm/customer/", sent).json
    shown = admin.get(f"/crm/customer/customer_id/{made['customer_id']}").json
    assert datetime.fromisoformat(shown["created"]) == NOON
    assert datetime.fromisoformat(shown["last_modified"]) == NOON
    changed = admin.patch(f"/crm/customer/{made['customer_id']}", sent | {"customer_name": "b"})
    assert datetime.fromisoformat(changed.json["created"]) == NOON


def test_what_is_not_there_is_named(runtime: Runtime) -> None:
    with runtime.db.read() as uow, pytest.raises(NotFound, match="no customer 4711"):
        uow.get(Customer, 4711)


def test_a_locked_row_has_the_values_that_others_have_just_written(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        key = uow.add(Customer(customer_name="before")).customer_id
    with runtime.db.read() as held:
        held.get(Customer, key)
        with runtime.db.write() as uow:
            uow.get(Customer, key).customer_name = "after"
    with runtime.db.write() as uow:
        first = uow.get(Customer, key)
        assert uow.get(Customer, key, lock=True) is first
        assert first.customer_name == "after"


def test_locking_a_row_keeps_what_this_unit_has_changed(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        key = uow.add(Customer(customer_name="before")).customer_id
    with runtime.db.write() as uow:
        uow.get(Customer, key).customer_name = "after"
        assert uow.get(Customer, key, lock=True).customer_name == "after"
    assert names(runtime) == ["after"]
