"""The recorder: what a transaction changes is told once, truly, and in one chain."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from omnicore import rooms
from omnicore.activity import service
from omnicore.activity.canonical import LONGEST, plain, row_hash
from omnicore.activity.models import Activity
from omnicore.activity.recorder import GENESIS, MASK, record
from omnicore.customers.models import Contact, Customer, Site
from omnicore.db.base import Base
from omnicore.db.scope import Actor, ActorKind, Scope
from omnicore.identity.models import Permission, Role, User
from omnicore.runtime import Runtime


def entries(runtime: Runtime, kind: str = "") -> list[Activity]:
    with runtime.db.read() as uow:
        found = uow.session.scalars(select(Activity).order_by(Activity.activity_id)).all()
    return [entry for entry in found if not kind or entry.kind == kind]


def changes(entry: Activity) -> dict[str, Any]:
    return (entry.details or {})["changes"]


def make_customer(runtime: Runtime, **values: Any) -> int:
    with runtime.db.write() as uow:
        return uow.add(Customer(**({"customer_name": "Ann"} | values))).customer_id


def test_a_new_row_is_told_with_its_defaults_and_its_key(runtime: Runtime) -> None:
    customer_id = make_customer(runtime)
    [entry] = entries(runtime)
    assert (entry.kind, entry.action, entry.customer_id) == ("customer", "created", customer_id)
    assert entry.description == f"Created customer {customer_id}"
    assert changes(entry)["customer_status"] == {"old": None, "new": "Open"}


def test_several_flushes_of_one_row_make_one_entry_from_first_to_last(runtime: Runtime) -> None:
    customer_id = make_customer(runtime)
    with runtime.db.write() as uow:
        customer = uow.get(Customer, customer_id)
        for name in ("Bea", "Cid"):
            customer.customer_name = name
            uow.session.flush()
    assert changes(entries(runtime)[-1]) == {"customer_name": {"old": "Ann", "new": "Cid"}}
    assert len(entries(runtime)) == 2


def test_a_change_that_is_taken_back_is_no_change(runtime: Runtime) -> None:
    customer_id = make_customer(runtime)
    with runtime.db.write() as uow:
        customer = uow.get(Customer, customer_id)
        customer.customer_name = "Bea"
        uow.session.flush()
        customer.customer_name = "Ann"
    assert len(entries(runtime)) == 1


def test_a_removed_row_leaves_its_values_behind(runtime: Runtime) -> None:
    customer_id = make_customer(runtime)
    with runtime.db.write() as uow:
        contact = uow.add(Contact(customer_id=customer_id, contact_email="ann@a.example"))
    with runtime.db.write() as uow:
        uow.session.delete(uow.get(Contact, contact.contact_id))
    gone = entries(runtime)[-1]
    assert (gone.action, gone.customer_id) == ("deleted", customer_id)
    assert changes(gone)["contact_email"] == {"old": "ann@a.example", "new": None}


def test_lists_between_tables_are_told_by_name(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        see, do = Permission(name="see"), Permission(name="do")
        role = uow.add(Role(name="clerk", permissions=[see]))
        uow.add(do)
    with runtime.db.write() as uow:
        role = uow.get(Role, role.id)
        role.permissions = [uow.get(Permission, do.id)]
    first, second = entries(runtime, "role")
    assert changes(first)["permissions"] == {"removed": [], "added": ["see"]}
    assert changes(second) == {"permissions": {"removed": ["see"], "added": ["do"]}}


def test_secrets_are_masked_when_made_changed_and_removed(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        user = uow.add(User(username="u", email="u@x.example", password_hash="hash-one"))
    with runtime.db.write() as uow:
        uow.get(User, user.id).password_hash = "hash-two"
    with runtime.db.write() as uow:
        uow.session.delete(uow.get(User, user.id))
    made, changed, gone = entries(runtime, "user")
    assert changes(made)["password_hash"] == {"old": None, "new": MASK}
    assert changes(changed) == {"password_hash": {"old": MASK, "new": MASK}}
    assert changes(gone)["password_hash"] == {"old": MASK, "new": None}
    assert "hash-" not in str([entry.details for entry in entries(runtime)])


def test_columns_that_sound_like_secrets_are_declared_as_such() -> None:
    rooms.load_models()
    telling = ("password", "secret", "token", "_hash", "backup_code", "api_key", "private")
    open_ = [
        f"{mapper.class_.__name__}.{column.key}"
        for mapper in Base.registry.mappers
        if mapper.class_.__audit__
        for column in mapper.column_attrs
        if any(word in column.key for word in telling)
        and column.columns[0].type.python_type is not bool
        and column.key not in mapper.class_.__secret__
    ]
    assert open_ == []


def test_a_savepoint_that_is_taken_back_leaves_no_entry(runtime: Runtime) -> None:
    customer_id = make_customer(runtime)
    with runtime.db.write() as uow:
        customer = uow.get(Customer, customer_id)
        customer.customer_name = "Bea"
        savepoint = uow.session.begin_nested()
        customer.customer_name = "Cid"
        uow.session.add(Customer(customer_name="Nobody"))
        uow.session.flush()
        savepoint.rollback()
    assert [entry.action for entry in entries(runtime)] == ["created", "updated"]
    assert changes(entries(runtime)[-1]) == {"customer_name": {"old": "Ann", "new": "Bea"}}


def test_a_savepoint_that_is_kept_is_told_once(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        with uow.session.begin_nested():
            ann = uow.add(Customer(customer_name="Ann"))
        bea = uow.add(Customer(customer_name="Bea"))
    assert [entry.description for entry in entries(runtime)] == [
        f"Created customer {ann.customer_id}",
        f"Created customer {bea.customer_id}",
    ]


def test_a_transaction_that_fails_leaves_no_entry(runtime: Runtime) -> None:
    with suppress(ZeroDivisionError), runtime.db.write() as uow:
        uow.add(Customer(customer_name="Ann"))
        raise ZeroDivisionError
    assert entries(runtime) == []


def test_who_acted_for_whom_and_from_where_is_kept(runtime: Runtime) -> None:
    actor = Actor(
        kind=ActorKind.USER, label="a" * 250, user_id=7, impersonator_id=3, ip="192.0.2.7"
    )
    with runtime.db.write(actor) as uow:
        record(uow, "login", "impersonated", "Sue acts as Anna", details={"minutes": 15})
    [entry] = entries(runtime)
    assert (entry.user_id, entry.impersonating_user_id) == (7, 3)
    assert (entry.ip_address, entry.actor) == ("192.0.2.7", "a" * 250)
    assert entry.details == {"minutes": 15}


def test_long_texts_are_cut_and_say_so(runtime: Runtime) -> None:
    make_customer(runtime, customer_notes="n" * 60_000)
    kept = changes(entries(runtime)[0])["customer_notes"]["new"]
    assert kept == "n" * LONGEST + "… (60000 characters)"


def test_an_own_scoped_writer_adds_to_the_same_chain(runtime: Runtime) -> None:
    customer_id = make_customer(runtime)
    with runtime.db.write(scope=Scope(customer_id)) as uow:
        uow.add(Contact(customer_id=customer_id, contact_email="ann@a.example"))
    with runtime.db.read() as uow:
        assert service.verify(uow).ok


def test_parallel_writers_keep_one_unbroken_chain(runtime: Runtime) -> None:
    writers, each = 6, 8
    start = threading.Barrier(writers)

    def write(number: int) -> None:
        start.wait()
        for turn in range(each):
            with runtime.db.write() as uow:
                uow.add(Customer(customer_name=f"{number}-{turn}"))
                record(uow, "test", "told", f"{number}-{turn}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with runtime.db.read() as uow:
        report = service.verify(uow)
    assert (report.ok, report.entries) == (True, writers * each * 2)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(),
    st.decimals(allow_nan=True, places=4),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.datetimes(timezones=st.just(UTC)),
    st.binary(max_size=5),
)
values = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=6),
    max_size=5,
)


@given(details=values)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_recorded_hashes_the_same_when_read_back(
    runtime: Runtime, details: dict[str, Any]
) -> None:
    with runtime.db.write() as uow:
        record(uow, "test", "told", "anything", details=details)
    with runtime.db.read() as uow:
        assert service.verify(uow).ok


def test_equal_amounts_and_moments_are_written_alike() -> None:
    assert plain(Decimal("15.0000")) == plain(Decimal(15)) == "15"
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert plain(noon.astimezone(ZoneInfo("Asia/Tokyo"))) == plain(noon)


def test_the_hash_covers_the_entry_before() -> None:
    assert row_hash(GENESIS, {"a": 1}) != row_hash("1" * 64, {"a": 1})


def test_floats_survive_the_way_through_the_database(runtime: Runtime) -> None:
    customer_id = make_customer(runtime)
    with runtime.db.write() as uow:
        uow.add(Site(customer_id=customer_id, country="FR", latitude=48.8566, longitude=2.3522))
    assert changes(entries(runtime)[-1])["latitude"] == {"old": None, "new": 48.8566}
    with runtime.db.read() as uow:
        assert service.verify(uow).ok
