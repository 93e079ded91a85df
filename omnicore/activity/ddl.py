"""Triggers that keep the log append-only, whoever holds the connection.

They come with ``create_all``. A migration executes :func:`triggers` after it made the
table. MariaDB with a binary log asks for ``log_bin_trust_function_creators = 1`` or the
privilege SUPER to make them; without a binary log TRIGGER on the schema is enough.
"""

from __future__ import annotations

from sqlalchemy import DDL, Table, event

_REFUSAL = "the activity log is append-only"
_SQLITE = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
)
_MARIADB = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
    "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{refusal}'"
)
_FORMS = {"sqlite": _SQLITE, "mysql": _MARIADB, "mariadb": _MARIADB}


def triggers(dialect: str, table: str = "customer_activity") -> list[str]:
    """The statements that protect ``table`` on a dialect (sqlite, mysql or mariadb)."""
    form = _FORMS[dialect]
    return [form.format(table=table, verb=verb, refusal=_REFUSAL) for verb in ("update", "delete")]


def attach(table: Table) -> None:
    """Make the triggers together with ``table``."""
    for dialect in _FORMS:
        for statement in triggers(dialect, table.name):
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))
