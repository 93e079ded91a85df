"""Lists: what a page costs at any depth of 1,000,000 rows, on SQLite and on MariaDB.

``python benchmarks/lists.py`` fills a customer table and reads pages of 50 through the same
function as the routes do: page 1 against pages reached by cursor, sorted by the key, sorted by
another indexed column, and filtered. Page 1 counts the rows, up to the cap; pages by cursor do
not. A figure is the wall time of the call, for MariaDB does its
work in another process; a ratio is that of the least times of calls made in turns. Exits 1 when
a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text
from support.deployment import database, deployed, fill, write_config
from support.goals import Goal, judge

from omnicore.customers.service import customers
from omnicore.db.listing import ListQuery, Page
from omnicore.runtime import Runtime

DEPTHS = (0.1, 0.5, 0.9)
TIMES = 2.0
COUNT_MS = 5.0
LISTS = {
    "by key": ListQuery(per_page=50),
    "by name": ListQuery(per_page=50, sort="customer_name", descending=False),
    "filtered": ListQuery(per_page=50, filters={"customer_status": ["Open"]}),
    "filtered by name": ListQuery(
        per_page=50, sort="customer_name", filters={"customer_status": ["Open"]}
    ),
}


def read(runtime: Runtime, query: ListQuery) -> Page:
    """One page, as a route reads it."""
    with runtime.db.read() as uow:
        return customers.listing(uow, query)


def at_depth(runtime: Runtime, query: ListQuery, part: float, rows: int) -> ListQuery:
    """The query of a page that many rows down, as its cursor asks for it."""
    with runtime.db.read() as uow:
        # One row at that depth, to begin there; after it the cursor leads on.
        size = 1 + int(rows * part * (0.6 if query.filters else 1))
        one = replace(query, per_page=1, page=size)
        found = customers.listing(uow, one)
    cursor = found.pagination["next_cursor"]
    if cursor is None:
        raise SystemExit(f"no page at {part:.0%} of {query}")
    return replace(query, cursor=cursor)


def check(first: Page, second: Page, query: ListQuery) -> None:
    """The page after the first goes on where the first ends."""
    key = "customer_name" if query.sort else "customer_id"
    values = [row[key] for row in (*first.rows, *second.rows)]
    descending = query.descending is not False
    if values != sorted(values, reverse=descending) or len(set(values)) != 100:
        raise SystemExit(f"the pages of {query} do not follow each other")


def least(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Milliseconds of each call, the least of all rounds, made in turns."""
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            found[name] = min(found[name], (time.perf_counter() - start) * 1000)
    return found


def measure(kind: str, rows: int, rounds: int) -> list[Goal]:
    """The figures of one database."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database(kind, Path(folder)) as url,
        deployed(write_config(Path(folder), url)) as runtime,
    ):
        fill(runtime, rows)
        with runtime.db.engine.connect() as connection:
            connection.execute(text("ANALYZE" if kind == "sqlite" else "ANALYZE TABLE customer"))
            connection.commit()
        return [
            g for name in LISTS for g in one(runtime, f"{kind}, {name}", LISTS[name], rows, rounds)
        ]


def one(runtime: Runtime, name: str, query: ListQuery, rows: int, rounds: int) -> list[Goal]:
    """The figures of one list."""
    first = read(runtime, query)
    following = replace(query, cursor=first.pagination["next_cursor"])
    check(first, read(runtime, following), query)
    deep = {part: at_depth(runtime, query, part, rows) for part in DEPTHS}
    calls: dict[str, Callable[[], Any]] = {
        "first": lambda: read(runtime, query),
        "second": lambda: read(runtime, following),
    }
    for part, asked in deep.items():
        calls[f"{part:.0%}"] = lambda asked=asked: read(runtime, asked)
    ms = least(calls, rounds)
    print(f"{name:26}" + "".join(f" {key} {value:.2f} ms" for key, value in ms.items()))
    worst = max(ms[f"{part:.0%}"] for part in DEPTHS)
    return [
        Goal(f"{name}: deepest page, of page 1", worst / ms["first"], TIMES, " times"),
        Goal(f"{name}: deepest page, of page 2", worst / ms["second"], TIMES, " times"),
        Goal(f"{name}: the count of page 1", ms["first"] - ms["second"], COUNT_MS, " ms"),
    ]


def main() -> int:
    """Run it all; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--database", choices=["sqlite", "mariadb"], action="append")
    options = parser.parse_args()
    goals = []
    for kind in options.database or ["sqlite", "mariadb"]:
        goals += measure(kind, options.rows, options.rounds)
    return judge(goals)


if __name__ == "__main__":
    sys.exit(main())
