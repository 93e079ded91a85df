"""Migrations: up, down and up again, and never in one another's way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError

from omnicore import rooms
from omnicore.customers.models import Customer
from omnicore.db.base import Base
from omnicore.db.engine import build_engine
from omnicore.db.lineages import Lineage, lineages
from omnicore.runtime import Runtime
from omnicore.sdk.manifest import Manifest
from tests.databases import Databases

TINY = Manifest(
    name="tiny", requires_sdk=">=1", hooks="tests.db.nothing", migrations="tests.db:revisions"
)


@pytest.fixture(params=["sqlite", "mariadb"])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, databases: Databases
) -> Iterator[Engine]:
    """A database without a single table, of its own for each test."""
    rooms.load_models()
    with databases.nothing(request.param, tmp_path) as url:
        made = build_engine(make_url(url))
        yield made
        made.dispose()


@pytest.fixture
def core() -> Lineage:
    return lineages([])[0]


@pytest.fixture
def tiny() -> Lineage:
    return lineages([TINY])[1]


def up(engine: Engine, *which: Lineage) -> None:
    for lineage in which:
        with engine.connect() as connection:
            lineage.upgrade(connection)
            connection.commit()


def down(engine: Engine, lineage: Lineage, revision: str = "base") -> None:
    with engine.connect() as connection:
        lineage.downgrade(connection, revision)
        connection.commit()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_the_core_goes_up_down_and_up(engine: Engine, core: Lineage) -> None:
    up(engine, core)
    assert tables(engine) == {*Base.metadata.tables, "alembic_version"}
    down(engine, core)
    assert tables(engine) == {"alembic_version"}
    up(engine, core)
    assert tables(engine) == {*Base.metadata.tables, "alembic_version"}
    with engine.connect() as connection:
        assert core.standing(connection).current


def test_what_was_migrated_is_what_the_models_say(engine: Engine, core: Lineage) -> None:
    up(engine, core)
    with engine.connect() as connection:
        assert core.drift(connection) == []


def test_a_missing_column_is_a_difference(engine: Engine, core: Lineage) -> None:
    up(engine, core)
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE customer DROP COLUMN tax_identifier"))
        connection.commit()
        assert "tax_identifier" in str(core.drift(connection))


def test_the_activity_log_is_append_only_after_a_migration(engine: Engine, core: Lineage) -> None:
    up(engine, core)
    down(engine, core)
    up(engine, core)
    entry = (
        "INSERT INTO customer_activity (actor, kind, entity_id, action, description, created, "
        "previous_hash, row_hash, ip_address) "
        "VALUES ('a', 'k', '1', 'c', 'd', '2026-05-01', 'p', 'r', '')"
    )
    with engine.begin() as connection:
        connection.execute(text(entry))
    for change in ("UPDATE customer_activity SET actor = 'b'", "DELETE FROM customer_activity"):
        with (
            pytest.raises(DatabaseError, match="the activity log is append-only"),
            engine.begin() as connection,
        ):
            connection.execute(text(change))


def test_an_untouched_database_stands_at_nothing(engine: Engine, core: Lineage) -> None:
    with engine.connect() as connection:
        standing = core.standing(connection)
    assert (standing.revision, standing.current) == (None, False)
    assert tables(engine) == set()


def test_going_up_twice_changes_nothing(engine: Engine, core: Lineage) -> None:
    up(engine, core, core)
    with engine.connect() as connection:
        assert core.standing(connection).current


def test_each_owner_has_a_version_table_of_its_own(
    engine: Engine, core: Lineage, tiny: Lineage
) -> None:
    up(engine, core, tiny)
    with engine.connect() as connection:
        assert core.standing(connection).revision == core.standing(connection).head
        assert tiny.standing(connection).revision == "tiny_0001"
    assert {"alembic_version", "alembic_version_tiny", "tiny_card"} <= tables(engine)
    down(engine, tiny)
    assert "tiny_card" not in tables(engine)
    assert "customer" in tables(engine)
    up(engine, tiny)
    assert "tiny_card" in tables(engine)


def test_the_core_does_not_notice_that_a_plugin_is_gone(
    engine: Engine, core: Lineage, tiny: Lineage
) -> None:
    up(engine, core, tiny)
    (alone,) = lineages([])
    with engine.connect() as connection:
        assert alone.standing(connection).current
        assert alone.drift(connection) == []
    down(engine, alone, "core@base")
    up(engine, alone)
    with engine.connect() as connection:
        assert alone.standing(connection).current
        assert tiny.standing(connection).current
    assert "tiny_card" in tables(engine)


def test_the_core_comes_first_and_plugins_in_their_order() -> None:
    without = Manifest(name="light", requires_sdk=">=1", hooks="tests.db.nothing")
    other = Manifest(
        name="other", requires_sdk=">=1", hooks="tests.db.nothing", migrations="tests.db:revisions"
    )
    assert [it.owner for it in lineages([other, without, TINY])] == ["core", "other", "tiny"]


def test_the_core_has_one_base_and_one_head(core: Lineage) -> None:
    script = ScriptDirectory.from_config(core.config())
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    (base,) = script.get_bases()
    assert script.get_revision(base).branch_labels == {"core"}


def test_tests_run_on_a_migrated_database(runtime: Runtime, core: Lineage) -> None:
    with runtime.db.engine.connect() as connection:
        assert core.standing(connection).current
    with runtime.db.write() as uow:
        assert uow.add(Customer(customer_name="first")).customer_id == 1
