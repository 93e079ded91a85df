"""Lists: each row once, in order, at any page, whatever is asked."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert

from omnicore.db import listing as lists
from omnicore.db.listing import Listing, ListQuery, page
from omnicore.inventory.models import InventoryTemplate
from omnicore.jobs.models import Job
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Invalid
from tests.conftest import NOON

JOBS = Listing(
    columns={
        "job_id": Job.job_id,
        "kind": Job.kind,
        "attempts": Job.attempts,
        "cancel_requested": Job.cancel_requested,
        "finished_at": Job.finished_at,
        "lease_owner": Job.lease_owner,
    },
    key="job_id",
    search=(Job.kind, Job.job_id),
    filters={"state": Job.state, "length": func.length(Job.kind)},
)
SORTS = tuple(JOBS.columns)

rows = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["a", "B", "b", "é", "a ", "", "Z"]),
            "attempts": st.integers(0, 2),
            "cancel_requested": st.booleans(),
            "finished_at": st.none() | st.integers(0, 2).map(lambda n: NOON + timedelta(n, 0, n)),
            "lease_owner": st.none() | st.sampled_from(["x", "y"]),
        }
    ),
    max_size=12,
)
few = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def fill(runtime: Runtime, found: list[dict[str, Any]]) -> None:
    common = {"run_at": NOON, "created": NOON, "queue": "q", "payload": {}, "state": "waiting"}
    common |= {"last_error": ""}
    with runtime.db.write() as uow:
        uow.session.execute(delete(Job))
        if found:
            uow.session.execute(insert(Job), [common | {"attempts": 0} | row for row in found])


def ask(runtime: Runtime, *where: Any, **query: Any) -> lists.Page:
    with runtime.db.read() as uow:
        return page(uow, JOBS, ListQuery(**query), *where)


@few
@given(found=rows, sort=st.sampled_from(SORTS), descending=st.booleans(), size=st.integers(1, 5))
def test_walking_by_cursor_shows_what_one_list_shows(
    runtime: Runtime, found: list[dict[str, Any]], sort: str, descending: bool, size: int
) -> None:
    fill(runtime, found)
    whole = ask(runtime, sort=sort, descending=descending, per_page=1000).rows
    assert len(whole) == len(found)
    walked: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(len(found) + 1):
        got = ask(runtime, sort=sort, descending=descending, per_page=size, cursor=cursor)
        walked += got.rows
        cursor = got.pagination["next_cursor"]
        if not cursor:
            break
    assert walked == whole


@few
@given(found=rows, sort=st.sampled_from(SORTS), size=st.integers(1, 5))
def test_walking_by_page_shows_what_one_list_shows(
    runtime: Runtime, found: list[dict[str, Any]], sort: str, size: int
) -> None:
    fill(runtime, found)
    whole = ask(runtime, sort=sort, per_page=1000).rows
    first = ask(runtime, sort=sort, per_page=size)
    pages = first.pagination["total_pages"]
    walked = [
        row
        for number in range(1, pages + 1)
        for row in ask(runtime, sort=sort, per_page=size, page=number).rows
    ]
    assert walked == whole
    assert first.pagination["total_items"] == len(found)
    assert ask(runtime, sort=sort, per_page=size, page=pages + 1).rows == []


@few
@given(found=rows, descending=st.booleans())
def test_both_databases_put_what_is_empty_on_the_same_side(
    runtime: Runtime, found: list[dict[str, Any]], descending: bool
) -> None:
    fill(runtime, found)
    got = ask(runtime, sort="finished_at", descending=descending, per_page=1000).rows
    values = [row["finished_at"] for row in got]
    empty = [value is None for value in values]
    assert empty == sorted(empty, reverse=not descending)
    there = [value for value in values if value is not None]
    assert there == sorted(there, reverse=descending)


def test_amounts_and_ties_are_walked_too(runtime: Runtime) -> None:
    templates = Listing(
        columns={
            "inventory_template_id": InventoryTemplate.inventory_template_id,
            "wholesale_cost": InventoryTemplate.wholesale_cost,
        },
        key="inventory_template_id",
    )
    with runtime.db.write() as uow:
        uow.session.add_all(
            InventoryTemplate(item=f"i{n}", wholesale_cost=Decimal(cost), retail_cost=Decimal(0))
            for n, cost in enumerate(("0.1", "99999999999.9999", "0.1", "-3", "0.3"))
        )
    query = {"sort": "wholesale_cost", "descending": False, "per_page": 1}
    cursor, walked = "", []
    with runtime.db.read() as uow:
        while cursor is not None:
            got = page(uow, templates, ListQuery(**query, cursor=cursor))
            walked += [str(row["wholesale_cost"]) for row in got.rows]
            cursor = got.pagination["next_cursor"]
    assert walked == ["-3.0000", "0.1000", "0.1000", "0.3000", "99999999999.9999"]


def test_a_page_beyond_all_numbers_is_empty(runtime: Runtime) -> None:
    fill(runtime, [{"kind": "a"}])
    assert ask(runtime, page=10**30).rows == []


@pytest.mark.parametrize(("there", "shown", "capped"), [(4, 4, False), (5, 5, False), (6, 5, True)])
def test_totals_are_counted_up_to_the_cap_and_say_so(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, there: int, shown: int, capped: bool
) -> None:
    monkeypatch.setattr(lists, "COUNT_CAP", 5)
    fill(runtime, [{"kind": "a"}] * there)
    told = ask(runtime, per_page=2).pagination
    assert (told["total_items"], told["total_is_capped"]) == (shown, capped)
    assert told["total_pages"] == -(-shown // 2)


def test_an_unpaged_list_ends_at_its_cap_and_names_the_next_row(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "BARE_CAP", 3)
    fill(runtime, [{"kind": "a"}] * 4)
    got = ask(runtime, paged=False)
    assert len(got.rows) == 3
    rest = ask(runtime, cursor=got.pagination["next_cursor"], per_page=3)
    assert len(rest.rows) == 1
    assert rest.pagination["next_cursor"] is None


@pytest.mark.parametrize("word", ["%", "_", "\\", "50%", "a_b", "\\%", "'"])
def test_wildcards_in_a_search_are_letters(runtime: Runtime, word: str) -> None:
    fill(runtime, [{"kind": f"x{word}y"}, {"kind": "plain"}, {"kind": "500 a-b \\\\"}])
    got = {row["kind"] for row in ask(runtime, search=word).rows}
    assert f"x{word}y" in got
    assert "plain" not in got
    assert word not in "500 a-b" or "500 a-b \\\\" in got


def test_every_word_of_a_search_must_be_found_in_any_case(runtime: Runtime) -> None:
    fill(runtime, [{"kind": "Blue Car"}, {"kind": "red car"}])
    assert [row["kind"] for row in ask(runtime, search="CAR  blue").rows] == ["Blue Car"]
    assert len(ask(runtime, search="  ").rows) == 2


def test_a_list_that_is_not_searched_through_finds_nothing(runtime: Runtime) -> None:
    fill(runtime, [{"kind": "a"}])
    bare = Listing(columns={"job_id": Job.job_id}, key="job_id")
    with runtime.db.read() as uow:
        assert page(uow, bare, ListQuery(search="a")).rows == []


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ({"attempts": [1]}, ["b"]),
        ({"attempts": ["1"]}, ["b"]),
        ({"attempts": [0, 1]}, ["a", "b"]),
        ({"lease_owner": [None]}, ["b"]),
        ({"lease_owner": [None, "x"]}, ["a", "b"]),
        ({"cancel_requested": [True]}, ["b"]),
        ({"cancel_requested": ["false"]}, ["a"]),
        ({"finished_at": ["2026-05-01T12:00:00+00:00"]}, ["a"]),
        ({"finished_at": ["2026-05-01T14:00:00+02:00"]}, ["a"]),
        ({"kind": ["a"], "attempts": [1]}, []),
        ({"kind": []}, ["a", "b"]),
        ({"length": [1]}, ["a", "b"]),
        ({"state": ["waiting"]}, ["a", "b"]),
    ],
)
def test_filters_accept_each_value_they_name(
    runtime: Runtime, filters: dict[str, list[Any]], kinds: list[str]
) -> None:
    fill(runtime, [{"kind": "a", "finished_at": NOON, "lease_owner": "x"}])
    more = {"kind": "b", "attempts": 1, "cancel_requested": True}
    with runtime.db.write() as uow:
        uow.session.add(Job(run_at=NOON, created=NOON, **more))
    got = [row["kind"] for row in ask(runtime, sort="kind", descending=False, filters=filters).rows]
    assert got == kinds


@pytest.mark.parametrize(
    ("query", "field", "named"),
    [
        ({"sort": "colour"}, "sort", "'colour' is not one of job_id, kind"),
        ({"filters": {"colour": ["red"]}}, "filters", "'colour' is not one of job_id, kind"),
        ({"filters": {"attempts": ["many"]}}, "filters", "attempts: 'many'"),
        ({"filters": {"attempts": [2**80]}}, "filters", "attempts: "),
        ({"filters": {"attempts": [{}]}}, "filters", "attempts: {}"),
        ({"filters": {"kind": [["a"]]}}, "filters", "kind: ['a']"),
        ({"filters": {"finished_at": ["soon"]}}, "filters", "finished_at: 'soon'"),
        ({"filters": {"finished_at": ["2026-05-01T12:00:00"]}}, "filters", "finished_at: "),
        ({"filters": {"cancel_requested": ["perhaps"]}}, "filters", "cancel_requested: 'perh"),
    ],
)
def test_what_a_list_does_not_know_is_named(
    runtime: Runtime, query: dict[str, Any], field: str, named: str
) -> None:
    with pytest.raises(Invalid) as caught:
        ask(runtime, **query)
    (error,) = caught.value.errors
    assert error.field == field
    assert named in error.detail
    assert caught.value.status == 422


def forged(body: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")


BAD: dict[str, Callable[[], str]] = {
    "no base64": lambda: "!!",
    "no ASCII": lambda: "é",
    "one letter": lambda: "a",
    "no JSON": lambda: base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "a number": lambda: forged(5),
    "too few parts": lambda: forged(["finished_at", False]),
    "another order": lambda: forged(["kind", False, ["a", 1]]),
    "another direction": lambda: forged(["finished_at", True, [None, 1]]),
    "too many values": lambda: forged(["finished_at", False, [None, 1, 2]]),
    "no moment": lambda: forged(["finished_at", False, ["soon", 1]]),
    "no zone": lambda: forged(["finished_at", False, ["2026-05-01T12:00:00", 1]]),
    "a map for a moment": lambda: forged(["finished_at", False, [{}, 1]]),
    "text for a key": lambda: forged(["finished_at", False, [None, "1"]]),
    "no key": lambda: forged(["finished_at", False, [None, None]]),
    "a list for a key": lambda: forged(["finished_at", False, [None, []]]),
    "too large a key": lambda: forged(["finished_at", False, [None, 2**80]]),
    "depth": lambda: base64.urlsafe_b64encode(b"[" * 6000).decode(),
}


@pytest.mark.parametrize("cursor", BAD.values(), ids=BAD.keys())
def test_a_cursor_that_this_list_did_not_make_is_refused(
    runtime: Runtime, cursor: Callable[[], str]
) -> None:
    with pytest.raises(Invalid, match="cursor: it does not belong to this list and order"):
        ask(runtime, sort="finished_at", descending=False, cursor=cursor())


def test_a_cursor_of_its_own_is_accepted(runtime: Runtime) -> None:
    fill(runtime, [{"kind": "a"}, {"kind": "b"}])
    cursor = forged(["finished_at", False, [None, 0]])
    assert len(ask(runtime, sort="finished_at", descending=False, cursor=cursor).rows) == 2


def test_hidden_columns_sort_and_stay_hidden(runtime: Runtime) -> None:
    fill(runtime, [{"kind": "a"}, {"kind": "b"}])
    hidden = Listing(
        columns={"job_id": Job.job_id, "kind": Job.kind}, key="job_id", hidden=frozenset({"kind"})
    )
    with runtime.db.read() as uow:
        got = page(uow, hidden, ListQuery(sort="kind", per_page=1))
    assert [list(row) for row in got.rows] == [["job_id"]]
    assert got.pagination["next_cursor"]


def test_moments_of_a_list_are_aware(runtime: Runtime) -> None:
    fill(runtime, [{"kind": "a", "finished_at": NOON}])
    (row,) = ask(runtime).rows
    assert isinstance(row["finished_at"], datetime)
    assert row["finished_at"] == NOON
