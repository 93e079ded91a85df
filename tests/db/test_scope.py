"""An own-scoped unit of work never sees or touches the rows of another customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    ForeignKey,
    create_engine,
    delete,
    exists,
    func,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

from omnicore.customers.models import Contact, Customer, Site
from omnicore.db import scope as scoping
from omnicore.db.base import Owned
from omnicore.db.scope import NOBODY, Actor, ActorKind, Scope, own
from omnicore.db.uow import UnitOfWork
from omnicore.inventory.models import Inventory, InventoryTemplate
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NotFound


@dataclass
class Two:
    """Two customers with a contact each, and an item that belongs to nobody."""

    runtime: Runtime
    mine: int
    theirs: int
    my_contact: int
    their_contact: int

    def reading(self) -> Any:
        return self.runtime.db.read(scope=Scope(self.mine))

    def writing(self) -> Any:
        return self.runtime.db.write(scope=Scope(self.mine))


@pytest.fixture
def two(runtime: Runtime) -> Two:
    with runtime.db.write() as uow:
        keys = []
        for name in ("mine", "theirs"):
            customer = uow.add(Customer(customer_name=name))
            contact = uow.add(
                Contact(customer_id=customer.customer_id, contact_firstname=f"{name} contact")
            )
            keys += [customer.customer_id, contact.contact_id]
        template = uow.add(
            InventoryTemplate(item="SIM Card", wholesale_cost=Decimal(0), retail_cost=Decimal(0))
        )
        uow.add(
            Inventory(
                inventory_template_id=template.inventory_template_id,
                item="SIM Card",
                itemtext1="1",
                wholesale_cost=Decimal(0),
                retail_cost=Decimal(0),
                customer_id=None,
            )
        )
    return Two(runtime, keys[0], keys[2], keys[1], keys[3])


Other = aliased(Contact)
READS: dict[str, Callable[[Session], Any]] = {
    "entities": lambda s: [row.contact_firstname for row in s.scalars(select(Contact))],
    "one column": lambda s: s.scalars(select(Contact.contact_firstname)).all(),
    "an alias": lambda s: s.scalars(select(Other.contact_firstname)).all(),
    "a join": lambda s: s.scalars(
        select(Contact.contact_firstname).join(
            Customer, Customer.customer_id == Contact.customer_id
        )
    ).all(),
    "a join without a condition": lambda s: s.scalars(
        select(Other.contact_firstname).select_from(Contact).join(Other, text("1 = 1"))
    ).all(),
    "an outer join": lambda s: s.scalars(
        select(Other.contact_firstname)
        .select_from(Customer)
        .outerjoin(Other, Other.contact_id != 0)
    ).all(),
    "a subquery": lambda s: s.scalars(
        select(select(Contact.contact_firstname).subquery().c.contact_firstname)
    ).all(),
    "a common table expression": lambda s: s.scalars(
        select(select(Contact.contact_firstname).cte("found").c.contact_firstname)
    ).all(),
    "a subquery as an entity": lambda s: [
        row.contact_firstname
        for row in s.scalars(select(aliased(Contact, select(Contact).subquery())))
    ],
    "a scalar subquery": lambda s: s.scalars(
        select(select(func.max(Contact.contact_firstname)).scalar_subquery())
    ).all(),
    "a correlated scalar subquery": lambda s: s.scalars(
        select(
            select(func.max(Contact.contact_firstname))
            .where(Contact.customer_id >= Customer.customer_id)
            .scalar_subquery()
        ).select_from(Customer)
    ).all(),
    "a union": lambda s: s.scalars(
        union_all(select(Contact.contact_firstname), select(Contact.contact_firstname))
    ).all(),
    "a union as a subquery": lambda s: s.scalars(
        select(
            union_all(select(Contact.contact_firstname), select(Contact.contact_firstname))
            .subquery()
            .c.contact_firstname
        )
    ).all(),
    "a query of the old form": lambda s: [
        row.contact_firstname for row in s.query(Contact).order_by(Contact.contact_id)
    ],
    "grouping": lambda s: s.scalars(
        select(Contact.contact_firstname).group_by(Contact.contact_firstname)
    ).all(),
    "an aggregate": lambda s: [s.scalar(select(func.max(Contact.contact_firstname)))],
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_no_read_shows_a_row_of_another_customer(
    two: Two, read: Callable[[Session], list[str]]
) -> None:
    with two.reading() as uow:
        assert set(read(uow.session)) == {"mine contact"}
    with two.runtime.db.read() as uow:
        assert "theirs contact" in set(read(uow.session))


COUNTS: dict[str, Callable[[Session], Any]] = {
    "count of an entity": lambda s: s.scalar(select(func.count()).select_from(Contact)),
    "count of a column": lambda s: s.scalar(select(func.count(Contact.contact_id))),
    "count of a subquery": lambda s: s.scalar(
        select(func.count()).select_from(select(Contact.contact_id).subquery())
    ),
    "membership": lambda s: s.scalar(
        select(func.count())
        .select_from(Customer)
        .where(Customer.customer_id.in_(select(Contact.customer_id)))
    ),
}


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS.keys())
def test_no_count_tells_of_another_customer(two: Two, count: Callable[[Session], int]) -> None:
    with two.reading() as uow:
        assert count(uow.session) == 1
    with two.runtime.db.read() as uow:
        assert count(uow.session) == 2


def test_existence_of_another_customers_row_cannot_be_asked(two: Two) -> None:
    theirs = exists(select(Contact.contact_id).where(Contact.contact_id == two.their_contact))
    with two.reading() as uow:
        assert uow.session.scalar(select(theirs)) in (False, 0)


def test_a_row_of_another_customer_looks_absent_by_its_key(two: Two) -> None:
    with two.reading() as uow:
        assert uow.get(Contact, two.my_contact).contact_firstname == "mine contact"
        for key in (two.their_contact, 999_999):
            with pytest.raises(NotFound, match=f"no contact {key}"):
                uow.get(Contact, key)
    with two.writing() as uow, pytest.raises(NotFound):
        uow.get(Contact, two.their_contact, lock=True)


def test_rows_that_belong_to_nobody_are_not_shown_to_a_customer(two: Two) -> None:
    with two.reading() as uow:
        assert uow.session.scalars(select(Inventory)).all() == []


def test_a_row_that_a_rule_looked_at_is_still_not_handed_out(two: Two) -> None:
    with two.reading() as uow:
        with uow.unscoped():
            seen = uow.get(Contact, two.their_contact)
            assert seen.contact_firstname == "theirs contact"
        with pytest.raises(NotFound):
            uow.get(Contact, two.their_contact)


def test_lifting_the_scope_ends_with_its_block_even_when_it_raises(two: Two) -> None:
    with two.reading() as uow:
        with pytest.raises(ZeroDivisionError), uow.unscoped():
            raise ZeroDivisionError
        assert len(uow.session.scalars(select(Contact)).all()) == 1


def test_an_actor_without_a_customer_sees_nothing(two: Two) -> None:
    nobody = Actor(kind=ActorKind.USER, label="u", customer_id=None)
    assert own(nobody) == Scope(NOBODY)
    with two.runtime.db.read(nobody, own(nobody)) as uow:
        assert uow.session.scalars(select(Contact)).all() == []
        assert uow.session.scalars(select(Inventory)).all() == []


@pytest.mark.parametrize("synchronize", ["auto", "fetch", "evaluate", False])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_bulk_change_leaves_other_customers_alone(two: Two, verb: str, synchronize: Any) -> None:
    statement: Any = (
        update(Contact).values(contact_lastname="changed") if verb == "update" else delete(Contact)
    )
    with two.writing() as uow:
        done = uow.session.execute(statement.execution_options(synchronize_session=synchronize))
        assert done.rowcount == 1
    with two.runtime.db.read() as uow:
        left = dict(
            uow.session.execute(select(Contact.contact_firstname, Contact.contact_lastname)).all()
        )
    mine = {"mine contact": "changed"} if verb == "update" else {}
    assert left == mine | {"theirs contact": ""}


@pytest.mark.parametrize(
    "statement",
    [
        lambda: select(Contact.__table__),
        lambda: select(Contact.__table__.c.contact_id),
        lambda: select(func.count()).select_from(Contact.__table__),
        lambda: select(select(Contact.__table__.alias()).subquery()),
        lambda: update(Contact.__table__).values(contact_lastname="x"),
        lambda: delete(Contact.__table__),
    ],
)
def test_a_statement_that_cannot_be_narrowed_is_refused(
    two: Two, statement: Callable[[], Any]
) -> None:
    with pytest.raises(RuntimeError, match="customer_contact"), two.writing() as uow:
        uow.session.execute(statement())
    with two.runtime.db.write() as uow:
        uow.session.execute(statement())


def test_tables_without_an_owner_are_free(two: Two) -> None:
    with two.reading() as uow:
        assert len(uow.session.execute(select(InventoryTemplate.__table__)).all()) == 1


def test_two_scopes_one_after_the_other_do_not_mix(two: Two) -> None:
    for customer_id, name in ((two.mine, "mine contact"), (two.theirs, "theirs contact")) * 2:
        with two.runtime.db.read(scope=Scope(customer_id)) as uow:
            assert uow.session.scalars(select(Contact.contact_firstname)).all() == [name]


def test_a_customers_own_row_can_be_changed(two: Two) -> None:
    with two.writing() as uow:
        uow.get(Contact, two.my_contact, lock=True).contact_lastname = "changed"
        uow.add(Site(customer_id=two.mine, site_name="home", country="UK", latitude=1, longitude=1))
    with two.reading() as uow:
        assert uow.get(Contact, two.my_contact).contact_lastname == "changed"
        assert uow.session.scalars(select(Site.site_name)).all() == ["home"]


class _Base(DeclarativeBase):
    """Tables of this module alone, with relationships as a room may have them."""


class _Tenant(_Base):
    __tablename__ = "customer"
    customer_id: Mapped[int] = mapped_column(primary_key=True)


class _Order(Owned, _Base):
    __tablename__ = "customer_order"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    shared_id: Mapped[int] = mapped_column(ForeignKey("shared.shared_id"))


class _Shared(_Base):
    __tablename__ = "shared"
    shared_id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list[_Order]] = relationship(order_by=_Order.order_id)


@pytest.fixture
def orders() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    _Base.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    scoping.attach(sessions)
    with sessions.begin() as session:
        session.add_all([_Tenant(customer_id=1), _Tenant(customer_id=2), _Shared(shared_id=1)])
        session.flush()
        session.add_all(_Order(order_id=i, customer_id=i, shared_id=1) for i in (1, 2))
    with sessions(info={"scope": Scope(1)}) as session:
        yield session
    engine.dispose()


@pytest.mark.parametrize("load", [None, joinedload, selectinload])
def test_a_relationship_loads_only_the_customers_own(orders: Session, load: Any) -> None:
    statement = select(_Shared)
    if load is not None:
        statement = statement.options(load(_Shared.orders))
    (shared,) = orders.scalars(statement).unique()
    assert [order.order_id for order in shared.orders] == [1]


def test_the_scope_of_a_unit_is_the_one_it_was_opened_with(two: Two) -> None:
    with two.reading() as uow:
        assert isinstance(uow, UnitOfWork)
        assert uow.scope == Scope(two.mine)
