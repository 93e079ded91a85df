"""The chain: whoever gets at the database all the same is found out."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from omnicore.activity import service, verification
from omnicore.activity.ddl import triggers
from omnicore.activity.errors import AppendOnly
from omnicore.activity.models import Activity
from omnicore.customers.models import Customer
from omnicore.runtime import Runtime


@pytest.fixture
def log(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Seven entries, walked in chunks of two."""
    monkeypatch.setattr(verification, "CHUNK", 2)
    for number in range(7):
        with runtime.db.write() as uow:
            uow.add(Customer(customer_name=f"C{number}"))
    return runtime


def nth(runtime: Runtime, number: int) -> int:
    """The key of an entry, counted from 1."""
    with runtime.db.read() as uow:
        keys = uow.session.scalars(select(Activity.activity_id).order_by(Activity.activity_id))
        return ([0, *keys])[number]


def tamper(runtime: Runtime, statement: str) -> None:
    """What somebody with rights over the database could do."""
    with runtime.db.engine.begin() as connection:
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER customer_activity_no_{verb}"))
        connection.execute(text(statement))
        _protect(connection)


def _protect(connection: Connection) -> None:
    for statement in triggers(connection.dialect.name):
        connection.execute(text(statement))


def verified(runtime: Runtime) -> service.VerifyReport:
    with runtime.db.read() as uow:
        return service.verify(uow)


def test_an_untouched_log_is_whole(log: Runtime) -> None:
    report = verified(log)
    assert (report.ok, report.entries) == (True, 7)
    assert str(report) == f"the log is whole: 7 entries, head {report.head}"


def test_an_empty_log_is_whole(runtime: Runtime) -> None:
    assert verified(runtime).ok


@pytest.mark.parametrize(
    "change",
    [
        "description = 'nothing happened'",
        "actor = 'somebody else'",
        "user_id = 99",
        "details = '{}'",
        "created = '2020-01-01 00:00:00.000000'",
        "customer_id = 0",
    ],
)
def test_an_edited_entry_is_named(log: Runtime, change: str) -> None:
    fourth = nth(log, 4)
    tamper(log, f"UPDATE customer_activity SET {change} WHERE activity_id = {fourth}")
    report = verified(log)
    assert (report.problem, report.activity_id, report.entries) == ("edited", fourth, 3)
    assert f"edited at entry {fourth}" in str(report)


@pytest.mark.parametrize("gone", [1, 4])
def test_the_place_of_a_removed_entry_is_named(log: Runtime, gone: int) -> None:
    following = nth(log, gone + 1)
    tamper(log, f"DELETE FROM customer_activity WHERE activity_id = {nth(log, gone)}")
    report = verified(log)
    assert (report.problem, report.activity_id) == ("missing", following)


@pytest.mark.parametrize("kept", [0, 3, 6])
def test_a_cut_end_is_noticed(log: Runtime, kept: int) -> None:
    tamper(log, f"DELETE FROM customer_activity WHERE activity_id > {nth(log, kept)}")
    report = verified(log)
    assert (report.problem, report.entries) == ("cut", kept)


def test_entries_that_nobody_wrote_are_noticed(log: Runtime) -> None:
    sixth = f"(SELECT row_hash FROM customer_activity WHERE activity_id = {nth(log, 6)})"
    tamper(log, f"UPDATE activity_head SET entries = 6, row_hash = {sixth}")
    report = verified(log)
    assert (report.problem, report.activity_id) == ("forged", nth(log, 7))


def test_an_exchanged_end_is_noticed(log: Runtime) -> None:
    tamper(log, "UPDATE activity_head SET row_hash = 'f'")
    assert verified(log).problem == "missing"


@pytest.mark.parametrize(
    "statement", ["UPDATE customer_activity SET actor = 'x'", "DELETE FROM customer_activity"]
)
def test_the_database_itself_refuses_changes(log: Runtime, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), log.db.engine.begin() as connection:
        connection.execute(text(statement))
    assert verified(log).ok


def test_the_orm_refuses_changes(log: Runtime) -> None:
    with pytest.raises(AppendOnly), log.db.write() as uow:
        uow.session.scalars(select(Activity)).all()[3].description = "nothing happened"
    third = nth(log, 3)
    with pytest.raises(AppendOnly), log.db.write() as uow:
        uow.session.delete(uow.get(Activity, third))
    assert verified(log).ok
