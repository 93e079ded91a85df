"""``db``, ``user`` and ``audit``, on a database that begins empty."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.cli.conftest import Deployment, Install

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "tiny_0001"
down_revision = None
branch_labels = ("tiny",)
depends_on = None


def upgrade():
    op.create_table("tiny_card", sa.Column("card_id", sa.BigInteger(), primary_key=True))


def downgrade():
    op.drop_table("tiny_card")
"""
GOOD = "Correct-horse-battery-1"


def tables(deployment: Deployment) -> set[str]:
    engine = create_engine(deployment.database)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def execute(deployment: Deployment, *statements: str) -> None:
    engine = create_engine(deployment.database)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_database_goes_up_says_where_it_stands_and_comes_back(
    deployment: Deployment,
) -> None:
    said = deployment.run("db", "status", fails=True).output
    assert "core: empty (pending, newest is core_0001)" in said
    assert deployment.run("db", "upgrade").output == "core: empty -> core_0001\n"
    assert "core: core_0001 (current)" in deployment.run("db", "status").output
    assert deployment.run("db", "upgrade").output == "core: core_0001 -> core_0001\n"
    deployment.run("db", "downgrade", "core", given="n\n", fails=True)
    assert "customer" in tables(deployment)
    assert "core: now at nothing" in deployment.run("db", "downgrade", "core", "--yes").output
    assert tables(deployment) == {"alembic_version"}
    deployment.run("db", "upgrade")


def test_the_status_masks_the_password(one: Deployment) -> None:
    one.database = "mysql+pymysql://u:hunter2@127.0.0.1:1/crm"
    one.configure()
    said = one.run("db", "status", fails=True).output
    assert "hunter2" not in said
    assert "Traceback" not in said
    assert "127.0.0.1" in said


def test_a_database_that_was_not_migrated_is_named(deployment: Deployment) -> None:
    said = deployment.run("user", "create", "a@b.example", "--password", GOOD, fails=True).output
    assert "Error: database: " in said
    assert "omnicore check" in said


def test_a_plugins_lineage_goes_its_own_way(deployment: Deployment, install: Install) -> None:
    package = install("tiny", "migrations='{package}:versions'")
    folder = deployment.folder / "site" / package / "versions"
    folder.mkdir()
    (folder / "tiny_0001.py").write_text(REVISION)
    deployment.configure("plugins: {enabled: [tiny]}\n")
    said = deployment.run("db", "upgrade").output.splitlines()
    assert said == ["core: empty -> core_0001", "tiny: empty -> tiny_0001"]
    deployment.run("db", "downgrade", "tiny", "--yes")
    assert "tiny_card" not in tables(deployment)
    said = deployment.run("db", "status", fails=True).output
    assert "core: core_0001 (current)" in said
    assert "tiny: empty (pending, newest is tiny_0001)" in said
    assert deployment.run("db", "upgrade", "tiny").output == "tiny: empty -> tiny_0001\n"
    deployment.configure()
    assert "core: core_0001 (current)" in deployment.run("db", "status").output


def test_an_unknown_owner_is_named_with_the_known(one: Deployment) -> None:
    assert "'bogus' is not one of core" in one.run("db", "upgrade", "bogus", fails=True).output


def test_an_upgrade_adds_roles_and_takes_none_away(deployment: Deployment) -> None:
    deployment.run("db", "upgrade")
    execute(deployment, "UPDATE role SET description = 'ours' WHERE name = 'Support'")
    execute(deployment, "DELETE FROM role_permission")
    deployment.run("db", "upgrade")
    engine = create_engine(deployment.database)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT description FROM role WHERE name = 'Support'"))
        assert kept.scalar() == "ours"
        assert connection.execute(text("SELECT COUNT(*) FROM access_epoch")).scalar() == 1
    engine.dispose()


def test_a_user_is_created_and_given_another_password(deployment: Deployment) -> None:
    deployment.run("db", "upgrade")
    made = deployment.run(
        "user", "create", "ann@example.com", "--role", "Support", given=f"{GOOD}\n{GOOD}\n"
    )
    assert "created user 1: ann@example.com" in made.output
    assert GOOD not in made.output
    changed = deployment.run(
        "user", "set-password", "ann@example.com", given=f"N3w{GOOD}\nN3w{GOOD}\n"
    )
    assert "password set" in changed.output
    assert GOOD not in changed.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "ann@example.com", "--password", "short"), "password"),
        (("create", "ann@example.com", "--role", "Wizard", "--password", GOOD), "Wizard"),
        (("create", "no address", "--role", "Support", "--password", GOOD), "EMAIL"),
        (("create", "ann@example.com", "--password", GOOD), "name a role"),
        (("set-password", "nobody@example.com", "--password", GOOD), "nobody@example.com"),
    ],
)
def test_a_wrong_user_is_refused_with_a_reason(
    one: Deployment, arguments: tuple[str, ...], said: str
) -> None:
    one.run("db", "upgrade")
    output = one.run("user", *arguments, fails=True).output
    assert said in output
    assert "Traceback" not in output


def test_two_users_of_one_address_are_refused(one: Deployment) -> None:
    one.run("db", "upgrade")
    one.run("user", "create", "ann@example.com", "--role", "Support", "--password", GOOD)
    again = ("user", "create", "ANN@example.com", "--role", "Support", "--password", GOOD)
    assert "ANN@example.com belongs to another user" in one.run(*again, fails=True).output


def test_the_log_is_whole_until_a_row_of_it_is_edited(deployment: Deployment) -> None:
    deployment.run("db", "upgrade")
    for name in ("ann", "bob", "eve"):
        address = f"{name}@example.com"
        deployment.run("user", "create", address, "--role", "Support", "--password", GOOD)
    assert "the log is whole: " in deployment.run("audit", "verify").output
    execute(
        deployment,
        "DROP TRIGGER customer_activity_no_update",
        "UPDATE customer_activity SET description = 'nothing to see' WHERE activity_id = 2",
    )
    said = deployment.run("audit", "verify", fails=True).output
    assert "2" in said
    assert "changed" in said
