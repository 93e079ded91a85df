"""Transactions: recorded with their tax, corrected, voided, summed, and recorded once by a job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from omnicore.activity.models import Activity
from omnicore.billing import reactions
from omnicore.billing.models import Transaction
from omnicore.billing.service import statistics, transactions
from omnicore.catalog.models import Product
from omnicore.customers import guards
from omnicore.customers.models import Site
from omnicore.db.scope import Actor, ActorKind
from omnicore.runtime import Runtime
from omnicore.sdk.events import ProvisionFinished
from tests.conftest import Api, Clock, People

URL = "/crm/transaction/"
OWN = "view_own_customer_transaction"


@pytest.fixture
def taxed(runtime: Runtime) -> int:
    with runtime.db.write() as uow:
        product = Product(
            product_name="Fiber 100",
            product_slug="fiber-100",
            category="standalone",
            tax_percentage=Decimal(10),
        )
        return uow.add(product).product_id


def charge(api: Api, customer_id: int, amount: Any, **values: Any) -> dict[str, Any]:
    body = {"customer_id": customer_id, "title": "Fee", "retail_cost": amount, **values}
    answer = api.put(URL, body)
    assert answer.status_code == 200, answer.json
    return answer.json


def on_invoice(runtime: Runtime, transaction_id: int, invoice_id: int = 1) -> None:
    with runtime.db.write() as uow:
        statement = update(Transaction).where(Transaction.transaction_id == transaction_id)
        uow.session.execute(statement.values(invoice_id=invoice_id))


def url(row: dict[str, Any]) -> str:
    return f"{URL}transaction_id/{row['transaction_id']}"


def test_a_charge_is_recorded_for_today_and_told(people: People, runtime: Runtime) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    made = charge(admin, str(customer_id), "75.00", wholesale_cost="45", service_id=None)
    assert made["retail_cost"] == 75.0
    assert made["wholesale_cost"] == 45.0
    assert (made["tax_percentage"], made["tax_amount"]) == (0.0, 0.0)
    assert (made["void"], made["invoice_id"]) == (False, None)
    assert made["transaction_date"] == "2026-05-01"
    assert made["transaction_type"] == "debit"
    assert admin.get(url(made)).json == made
    with runtime.db.read() as uow:
        entries = uow.session.scalars(select(Activity).where(Activity.kind == "transaction")).all()
        assert [(entry.action, entry.customer_id) for entry in entries] == [
            ("created", customer_id)
        ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": None},
        {"title": ""},
        {"retail_cost": None},
        {"retail_cost": "ten"},
        {"retail_cost": -5, "transaction_type": "debit"},
        {"retail_cost": 0, "transaction_type": "debit"},
        {"transaction_type": "credit"},
        {"transaction_type": "credit", "credit_type": "Barter"},
        {"tax_percentage": -1},
        {"tax_percentage": 101},
        {"invoice_id": 3},
        {"colour": "red"},
    ],
)
def test_a_wrong_entry_creates_nothing(
    people: People, runtime: Runtime, wrong: dict[str, Any]
) -> None:
    _, customer_id = people.customer("A")
    body = {"customer_id": customer_id, "title": "Fee", "retail_cost": 10} | wrong
    body = {name: value for name, value in body.items() if value is not None}
    assert people.admin().put(URL, body).status_code == 422
    with runtime.db.read() as uow:
        assert uow.session.scalars(select(Transaction)).all() == []


@pytest.mark.parametrize("word", ["Cash", "Cash Payment", "cash"])
def test_a_credit_is_entered_positive_stored_negative_and_untaxed(
    people: People, word: str, taxed: int
) -> None:
    _, customer_id = people.customer("A")
    made = charge(
        people.admin(),
        customer_id,
        10,
        transaction_type="credit",
        credit_type=word,
        tax_percentage=10,
        product_id=taxed,
    )
    assert (made["retail_cost"], made["credit_type"]) == (-10.0, "Cash")
    assert (made["tax_percentage"], made["tax_amount"]) == (0.0, 0.0)
    assert made["transaction_type"] == "credit"


def test_plays_may_send_nothing_and_negative_amounts(people: People) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    assert charge(admin, customer_id, "0.0")["retail_cost"] == 0.0
    back = charge(admin, customer_id, "-7.5", tax_percentage=20)
    assert (back["retail_cost"], back["tax_amount"]) == (-7.5, 0.0)


def test_tax_comes_from_the_product_unless_the_caller_says_otherwise(
    people: People, taxed: int
) -> None:
    admin = people.admin()
    _, customer_id = people.customer("A")
    untaxed = admin.put(
        "/crm/service/", {"customer_id": customer_id, "service_taxable": False}
    ).json["service_id"]
    assert charge(admin, customer_id, 50, product_id=taxed)["tax_amount"] == 5.0
    assert (
        charge(admin, customer_id, 30, product_id=taxed, tax_percentage=12.5)["tax_amount"] == 3.75
    )
    assert charge(admin, customer_id, 10)["tax_amount"] == 0.0
    exempt = charge(admin, customer_id, 10, product_id=taxed, service_id=untaxed)
    assert exempt["tax_percentage"] == 0.0
    half_up = charge(admin, customer_id, "0.10", tax_percentage="12.5")
    assert half_up["tax_amount"] == 0.01


def test_links_must_be_the_customers_own(people: People, runtime: Runtime) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    _, b = people.customer("B")
    theirs = admin.put("/crm/service/", {"customer_id": b}).json["service_id"]
    with runtime.db.write() as uow:
        site = uow.add(Site(customer_id=b, country="France", latitude=48.8, longitude=2.3))
    for link in ({"service_id": theirs}, {"site_id": site.site_id}):
        body = {"customer_id": a, "title": "Fee", "retail_cost": 1, **link}
        assert admin.put(URL, body).status_code == 422
    for link in ({"service_id": 999}, {"site_id": 999}, {"product_id": 999}, {"customer_id": 999}):
        body = {"customer_id": a, "title": "Fee", "retail_cost": 1, **link}
        assert admin.put(URL, body).status_code == 404


def test_a_void_one_leaves_lists_and_sums_and_can_be_asked_for(people: People) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    kept, wrong = charge(admin, a, 20), charge(admin, a, 20)
    answer = admin.delete(url(wrong))
    assert answer.status_code == 200
    assert answer.json["void"] is True
    assert admin.delete(url(wrong)).status_code == 200
    listed = admin.get(f"{URL}?customer_id={a}").json["data"]
    assert [row["transaction_id"] for row in listed] == [kept["transaction_id"]]
    void = admin.get(f"{URL}?filters={{%22void%22:[true]}}").json["data"]
    assert [row["transaction_id"] for row in void] == [wrong["transaction_id"]]
    both = admin.get(f"{URL}?filters={{%22void%22:[true,false]}}").json["data"]
    assert len(both) == 2
    assert admin.get(f"{URL}statistics?customer_id={a}").json["total"] == 20.0
    assert admin.patch(url(wrong), {"title": "again"}).status_code == 409


def test_patching_void_voids(people: People) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    made = charge(admin, a, 20)
    assert admin.patch(url(made), {"void": True}).json["void"] is True


def test_what_is_invoiced_is_frozen(people: People, runtime: Runtime) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    made = charge(admin, a, 20)
    on_invoice(runtime, made["transaction_id"], 5)
    for answer in (admin.patch(url(made), {"retail_cost": 1}), admin.delete(url(made))):
        assert answer.status_code == 409
        assert answer.json["code"] == "transaction-invoiced"
    assert admin.get(url(made)).json["retail_cost"] == 20.0


def test_a_correction_works_out_the_tax_anew(people: People, taxed: int) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    _, b = people.customer("B")
    made = charge(admin, a, 50, product_id=taxed)
    changed = admin.patch(url(made), {"retail_cost": "100", "customer_id": b, "tax_amount": 0}).json
    assert (changed["retail_cost"], changed["tax_amount"]) == (100.0, 10.0)
    assert changed["customer_id"] == a
    assert admin.patch(url(made), {"tax_percentage": 5}).json["tax_amount"] == 5.0
    credit = admin.patch(url(made), {"transaction_type": "credit", "credit_type": "Card"}).json
    assert (credit["retail_cost"], credit["tax_amount"]) == (-100.0, 0.0)
    assert admin.patch(url(made), {"retail_cost": 40}).json["retail_cost"] == -40.0
    debit = admin.patch(url(made), {"transaction_type": "debit", "product_id": taxed}).json
    assert (debit["retail_cost"], debit["tax_amount"], debit["credit_type"]) == (40.0, 4.0, None)


def test_lists_filter_search_and_sort(people: People, runtime: Runtime) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    fee = charge(admin, a, 10, title="Setup", description="Technician visit")
    first = charge(admin, a, 50, title="First month", transaction_date="2026-04-30")
    on_invoice(runtime, first["transaction_id"], 4711)

    def found(query: str) -> list[int]:
        return [row["transaction_id"] for row in admin.get(f"{URL}?{query}").json["data"]]

    mine, invoiced = [fee["transaction_id"]], [first["transaction_id"]]
    assert found("sort=retail_cost&order=desc") == invoiced + mine
    assert found("sort=transaction_date&order=asc") == invoiced + mine
    assert found("search=technician") == found("search=setup") == mine
    assert found("search=4711") == invoiced
    assert found('filters={"invoiced":[false],"void":[false]}') == mine
    assert found("invoiced=true") == invoiced
    assert found("start_date=2026-05-01") == mine
    rows = admin.get(f"{URL}customer_id/{a}?end_date=2026-04-30").json
    assert [row["transaction_id"] for row in rows] == invoiced


def test_statistics_are_sums_of_months_by_transaction_date(
    people: People, runtime: Runtime, clock: Clock
) -> None:
    admin = people.admin()
    _, a = people.customer("A")
    charge(admin, a, "0.10", transaction_date="2026-05-31")
    charge(admin, a, "0.20", transaction_date="2026-04-01")
    charge(admin, a, "0.40", transaction_date="2026-03-31")
    on_invoice(runtime, charge(admin, a, "0.80", transaction_date="2026-05-01")["transaction_id"])
    charge(admin, a, 5, transaction_type="credit", credit_type="Cash")
    assert admin.get(f"{URL}statistics?customer_id={a}").json == {
        "total": -3.5,
        "uninvoiced": -4.3,
        "this_month": -4.1,
        "last_month": 0.2,
    }


def test_a_customer_reads_its_own_and_nothing_else(people: People) -> None:
    admin = people.admin()
    anna, a = people.customer("A", OWN)
    _, b = people.customer("B")
    mine, theirs = charge(admin, a, 10, wholesale_cost=1), charge(admin, b, 99)
    seen = anna.get(url(mine)).json
    assert seen["retail_cost"] == 10.0
    assert "wholesale_cost" not in seen
    assert anna.get(url(theirs)).status_code == 404
    assert [row["customer_id"] for row in anna.get(URL).json["data"]] == [a]
    assert "wholesale_cost" not in anna.get(URL).json["data"][0]
    assert anna.get(f"{URL}customer_id/{b}").json == []
    assert anna.get(f"{URL}?customer_id={b}").json["data"] == []
    assert anna.get(f"{URL}statistics?customer_id={b}").json["total"] == 0.0
    assert anna.get(f"{URL}statistics").json["total"] == 10.0
    for answer in (
        anna.put(URL, {"customer_id": a, "title": "x", "retail_cost": -1}),
        anna.patch(url(mine), {"title": "x"}),
        anna.delete(url(mine)),
    ):
        assert answer.status_code == 403


def job(provision_id: int, customer_id: int | None = None) -> Actor:
    return Actor(
        kind=ActorKind.JOB, label="job", provision_id=provision_id, customer_id=customer_id
    )


def record(runtime: Runtime, actor: Actor, **values: Any) -> int:
    with runtime.db.write(actor) as uow:
        return transactions.create(uow, {"title": "Fee", **values}).transaction_id


def test_a_job_records_the_same_revenue_once(people: People, runtime: Runtime, taxed: int) -> None:
    _, a = people.customer("A")
    same = {"customer_id": a, "product_id": taxed, "retail_cost": Decimal(5)}
    first = record(runtime, job(7), **same)
    assert record(runtime, job(7), **same, title="Another word for it") == first
    assert record(runtime, job(8), **same) != first
    assert record(runtime, job(7), **same | {"retail_cost": Decimal(6)}) != first
    plain = {"customer_id": a, "retail_cost": Decimal(5)}
    setup = record(runtime, job(7), **plain, title="Setup")
    assert record(runtime, job(7), **plain, title="SIM card") != setup
    assert record(runtime, job(7), **plain, title="Setup") == setup
    with runtime.db.write() as uow:
        transactions.void(uow, first)
    assert record(runtime, job(7), **same) != first


def test_a_job_that_records_twice_at_once_gets_one_row(
    people: People, runtime: Runtime, taxed: int
) -> None:
    """The second call waits for the first one's transaction, and then finds its row."""
    _, a = people.customer("A")
    same = {"customer_id": a, "product_id": taxed, "retail_cost": Decimal(5)}
    with ThreadPoolExecutor(1) as pool:
        with runtime.db.write(job(7)) as uow:
            first = transactions.create(uow, {"title": "Fee", **same}).transaction_id
            second = pool.submit(record, runtime, job(7), **same)
            assert not wait([second], timeout=0.3).done
        assert second.result(timeout=10) == first


def test_a_failed_job_leaves_no_charge_and_flags_what_is_invoiced(
    people: People, runtime: Runtime
) -> None:
    _, a = people.customer("A")
    loose = record(runtime, job(7), customer_id=a, retail_cost=Decimal(5))
    billed = record(runtime, job(7), customer_id=a, retail_cost=Decimal(6))
    other = record(runtime, job(8), customer_id=a, retail_cost=Decimal(7))
    on_invoice(runtime, billed, 3)
    reactions.undo_failed_job(runtime, ProvisionFinished(provision_id=8, status=0))
    for _ in range(2):
        reactions.undo_failed_job(runtime, ProvisionFinished(provision_id=7, status=2))
    with runtime.db.read() as uow:
        state = {row.transaction_id: row.void for row in uow.session.scalars(select(Transaction))}
        assert state == {loose: True, billed: False, other: False}
        flags = uow.session.scalars(select(Activity).where(Activity.action == "flagged")).all()
        assert {flag.customer_id for flag in flags} == {a}
        assert f"Transaction {billed} " in flags[0].description


def test_a_customer_with_open_charges_says_so(people: People, runtime: Runtime) -> None:
    _, a = people.customer("A")
    charge(people.admin(), a, 1)
    with runtime.db.read() as uow:
        assert "1 uninvoiced transaction" in guards.reasons(uow, a)


AMOUNTS = st.decimals(min_value="-9999.99", max_value="9999.99", places=3)
RATES = st.decimals(min_value=0, max_value=100, places=2)


def test_lines_are_exact_and_sums_are_sums_of_lines(people: People, runtime: Runtime) -> None:
    """Half-up to the cent on each line; credits negative and untaxed; no drift in the sum."""
    _, customer_id = people.customer("A")

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.tuples(AMOUNTS, RATES), min_size=1, max_size=8))
    def check(entries: list[tuple[Decimal, Decimal]]) -> None:
        with runtime.db.write() as uow:
            before = statistics.transactions(uow, customer_id)["total"]
            ids = [
                transactions.create(
                    uow,
                    {
                        "customer_id": customer_id,
                        "title": "t",
                        "retail_cost": amount,
                        "tax_percentage": rate,
                    },
                ).transaction_id
                for amount, rate in entries
            ]
            uow.session.expire_all()
            rows = [uow.get(Transaction, key) for key in ids]
            for row, (amount, rate) in zip(rows, entries, strict=True):
                cents = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
                assert row.retail_cost == cents
                tax = Decimal(0) if cents < 0 else cents * rate / 100
                assert row.tax_amount == tax.quantize(Decimal("0.01"), ROUND_HALF_UP)
            after = statistics.transactions(uow, customer_id)["total"]
            assert after - before == sum(row.retail_cost for row in rows)

    check()


def test_every_typed_entry_gets_its_sign(people: People, runtime: Runtime) -> None:
    _, customer_id = people.customer("A")
    positive = st.decimals(min_value="0.01", max_value="9999.99", places=2)

    @settings(max_examples=15, deadline=None)
    @given(positive, st.sampled_from(["debit", "credit"]))
    def check(amount: Decimal, kind: str) -> None:
        with runtime.db.write() as uow:
            row = transactions.create(
                uow,
                {
                    "customer_id": customer_id,
                    "title": "t",
                    "retail_cost": amount,
                    "transaction_type": kind,
                    "credit_type": "Cash" if kind == "credit" else None,
                },
            )
            assert row.retail_cost == (amount if kind == "debit" else -amount)
            assert transactions.shown(uow, row)["transaction_type"] == kind

    check()
