"""A page by cursor begins where the cursor stands: the database walks no rows to get there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from omnicore.customers.models import Customer
from omnicore.customers.service import customers
from omnicore.db.engine import is_sqlite
from omnicore.db.listing import ListQuery, Page
from omnicore.runtime import Runtime

MANY = 3000
DEEP = ListQuery(per_page=10, page=150)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("sort", ["", "customer_name"])
@pytest.mark.parametrize("filters", [{}, {"customer_status": ["Open"]}])
def test_a_deep_page_by_cursor_costs_what_the_second_one_costs(
    runtime: Runtime, sort: str, filters: dict[str, Any]
) -> None:
    _fill(runtime)
    asked = replace(DEEP, sort=sort, filters=filters)
    deep, _ = _read(runtime, asked)
    first, _ = _read(runtime, replace(asked, page=1))
    pages = [
        _read(runtime, replace(asked, page=1, cursor=page.pagination["next_cursor"]))
        for page in (first, deep)
    ]
    assert [len(page.rows) for page, _ in pages] == [10, 10]
    (_, second), (_, last) = pages
    assert last < 2 * second


def _read(runtime: Runtime, query: ListQuery) -> tuple[Page, int]:
    """A page, and how much the database did for it: steps of SQLite, rows read of MariaDB."""
    with runtime.db.read() as uow:
        connection = uow.session.connection()
        if not is_sqlite(runtime.db.engine):
            before = _handled(connection)
            page = customers.listing(uow, query)
            return page, _handled(connection) - before
        steps: list[None] = []
        driver: Any = connection.connection.dbapi_connection
        driver.set_progress_handler(lambda: steps.append(None), 1)
        page = customers.listing(uow, query)
        driver.set_progress_handler(None, 0)
        return page, len(steps)


def _handled(connection: Connection) -> int:
    found = connection.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
    return sum(int(row[1]) for row in found)


def _fill(runtime: Runtime) -> None:
    """Three of four customers are open; the names are in another order than the ids."""
    values = {
        "customer_account_type": "Individual",
        "customer_payment_type": "prepaid",
        "customer_enabled": True,
        "created": MOMENT,
        "last_modified": MOMENT,
    }
    rows = [
        {
            **values,
            "customer_id": number,
            "customer_name": f"Customer {number * 7919 % 3001:04d}",
            "customer_status": "Open" if number % 4 else "Closed",
        }
        for number in range(1, MANY + 1)
    ]
    with runtime.db.engine.begin() as connection:
        connection.execute(insert(Customer), rows)
        connection.execute(
            text("ANALYZE" if is_sqlite(runtime.db.engine) else "ANALYZE TABLE customer")
        )
