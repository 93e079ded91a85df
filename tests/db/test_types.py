"""Column types that keep exactly what they are given, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select
from sqlalchemy.exc import StatementError

from omnicore.db.outbox import OutboxRow
from omnicore.inventory.models import InventoryTemplate
from omnicore.runtime import Runtime
from tests.conftest import NOON, People

few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
amounts = st.decimals(
    min_value=Decimal("-99999999999.9999"),
    max_value=Decimal("99999999999.9999"),
    places=4,
    allow_nan=False,
)

prices = st.decimals(
    min_value=Decimal(-(10**9)), max_value=Decimal(10**9), places=4, allow_nan=False
)


def template(amount: Any) -> InventoryTemplate:
    return InventoryTemplate(item="x", wholesale_cost=amount, retail_cost=Decimal(0))


def refill(runtime: Runtime, values: list[Any]) -> None:
    with runtime.db.write() as uow:
        uow.session.execute(delete(InventoryTemplate))
        uow.session.add_all(
            InventoryTemplate(item=f"x{n}", wholesale_cost=value, retail_cost=Decimal(0))
            for n, value in enumerate(values)
        )


@few
@given(values=st.lists(amounts, min_size=1, max_size=8))
@example(values=[Decimal("99999999999.9999"), Decimal("-99999999999.9999")])
def test_an_amount_comes_back_sorts_and_compares_as_it_went_in(
    runtime: Runtime, values: list[Decimal]
) -> None:
    refill(runtime, values)
    column = InventoryTemplate.wholesale_cost
    with runtime.db.read() as uow:
        read = uow.session.scalars(select(column).order_by(InventoryTemplate.inventory_template_id))
        assert list(read) == values
        ordered = list(uow.session.scalars(select(column).order_by(column)))
        assert ordered == sorted(values)
        same = uow.session.scalars(select(column).where(column == values[0])).all()
        assert set(same) == {values[0]}


@few
@given(values=st.lists(prices, min_size=1, max_size=8))
@example(values=[Decimal("0.1"), Decimal("0.2"), Decimal("0.0001")])
def test_amounts_add_up_exactly(runtime: Runtime, values: list[Decimal]) -> None:
    refill(runtime, values)
    with runtime.db.read() as uow:
        total = uow.session.scalar(select(func.sum(InventoryTemplate.wholesale_cost)))
    assert isinstance(total, Decimal)
    assert total == sum(values)


@pytest.mark.parametrize(
    "value", ["100000000000", "-100000000000", "99999999999.99995", "NaN", "Infinity", "1e40"]
)
def test_an_amount_that_cannot_be_kept_exactly_is_refused(runtime: Runtime, value: str) -> None:
    with pytest.raises(StatementError, match="amount"), runtime.db.write() as uow:
        uow.add(template(Decimal(value)))


@pytest.mark.parametrize("value", ["100000000000", "-100000000000", "NaN", "1e400", "Infinity"])
def test_a_client_that_sends_too_much_money_is_told_so(people: People, value: str) -> None:
    sent = {"product_name": "SIM", "retail_cost": value}
    answer = people.admin().put("/crm/product/", sent)
    assert answer.status_code == 422
    assert "retail_cost" in str(answer.json["errors"])


@few
@given(
    moment=st.datetimes(
        min_value=datetime(1000, 1, 3),
        max_value=datetime(9999, 12, 29),
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
    )
)
@example(moment=datetime(2026, 10, 25, 2, 30, 0, 1, tzinfo=timezone(timedelta(hours=-12))))
def test_a_moment_comes_back_as_it_went_in(runtime: Runtime, moment: datetime) -> None:
    with runtime.db.write() as uow:
        uow.session.execute(delete(OutboxRow))
        row = OutboxRow(
            event_id="e", subscriber="s", event_name="n", payload={}, created=moment, due_at=moment
        )
        uow.session.add(row)
    with runtime.db.read() as uow:
        read = uow.session.scalars(select(OutboxRow.due_at)).one()
        assert read == moment
        assert read.tzinfo is UTC
        assert uow.session.scalar(select(func.max(OutboxRow.due_at))) == moment
        later = select(func.count()).select_from(OutboxRow)
        assert uow.session.scalar(later.where(OutboxRow.due_at <= moment)) == 1
        assert uow.session.scalar(later.where(OutboxRow.due_at < moment)) == 0


def test_a_moment_without_a_zone_is_refused(runtime: Runtime) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(StatementError, match="time zone"), runtime.db.read() as uow:
        uow.session.execute(select(OutboxRow).where(OutboxRow.due_at == naive))
