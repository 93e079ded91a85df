"""What the business can do with products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError

from omnicore.catalog import checks, rules
from omnicore.catalog.errors import ProductInUse, SlugTaken
from omnicore.catalog.lists import read_list
from omnicore.catalog.models import Product
from omnicore.customers.models import AccountType, Customer
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.scope import Actor
from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import Invalid, NotFound

STAFF_ONLY = frozenset(
    {
        "comment",
        "wholesale_cost",
        "wholesale_setup_cost",
        "provisioning_play",
        "provisioning_json_vars",
    }
)
"""Columns that no customer is shown."""

COLUMNS = tuple(column.key for column in Product.__table__.columns if column.key != "slug_key")
PRODUCTS = Listing(
    columns=columns_of(Product, *COLUMNS),
    key="product_id",
    search=(Product.product_name, Product.product_slug, Product.product_id),
    descending=False,
)
OFFERS = Listing(
    columns=columns_of(Product, *(name for name in COLUMNS if name not in STAFF_ONLY)),
    key="product_id",
    search=(Product.product_name, Product.product_slug),
    descending=False,
)


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Product:
    """Add a product.

    :raises SlugTaken: when another product has the slug in any case.
    :raises Invalid: for a service type that this deployment does not know.
    """
    _check(uow, values)
    return _write(uow, Product(**values))


def update(uow: UnitOfWork, product_id: int, values: Mapping[str, Any]) -> Product:
    """Change a product; what is absent stays. Live services keep what they were made with."""
    _check(uow, values)
    product = uow.get(Product, product_id, lock=True)
    for name, value in values.items():
        setattr(product, name, value)
    return _write(uow, product)


def clone(uow: UnitOfWork, product_id: int) -> Product:
    """A copy whose name ends in ``_clone`` and whose slug ends in ``-clone``, or ``-clone-2``..."""
    source = uow.get(Product, product_id)
    kept = [name for name in COLUMNS if name not in ("product_id", "created", "last_modified")]
    values = {name: getattr(source, name) for name in kept}
    values["product_name"] = f"{source.product_name[:249]}_clone"
    values["product_slug"] = _free_slug(uow, f"{source.product_slug[:240]}-clone")
    return _write(uow, Product(**values))


def delete(uow: UnitOfWork, product_id: int) -> None:
    """Remove a product that nothing uses.

    :raises ProductInUse: with the reason; disabling stops new orders as well.
    """
    product = uow.get(Product, product_id, lock=True)
    reasons = checks.reasons_to_stay(uow, product_id)
    if reasons:
        raise ProductInUse(
            f"{'; '.join(reasons)}. Set enabled to false to stop new orders.", reasons=reasons
        )
    uow.session.delete(product)
    uow.session.flush()


def read(uow: UnitOfWork, product_id: int) -> dict[str, Any]:
    """One product as the actor may see it; disabled ones too, for services that renew.

    :raises NotFound: when it is not there, or is not offered to the customer who asks.
    """
    return shown(uow, _readable(uow, uow.get(Product, product_id)))


def read_by_slug(uow: UnitOfWork, slug: str) -> dict[str, Any]:
    """As ``read``, by slug in any case."""
    found = uow.session.scalars(select(Product).where(Product.slug_key == slug.lower())).first()
    if found is None:
        raise NotFound(f"no product {slug}")
    return shown(uow, _readable(uow, found))


def written(uow: UnitOfWork, product: Product) -> tuple[dict[str, Any], list[str]]:
    """A product that was just written, with ``warnings``; and the plays that it names."""
    found = shown(uow, product) | {"warnings": warnings(uow, product)}
    return found, rules.plays(product)


def warnings(uow: UnitOfWork, product: Product) -> list[str]:
    """What looks wrong about a product and is no reason to refuse it."""
    types = read_list(product.inventory_items_list)
    doubles = sorted({name for name in types if types.count(name) > 1})
    found = [f"inventory_items_list names {name!r} twice; one item is used" for name in doubles]
    return found + checks.product_problems(uow, product)


def offered(uow: UnitOfWork, query: ListQuery, wanted: Mapping[str, Any]) -> Page:
    """What can be ordered now: by the customer who asks, or for anybody when staff asks.

    :param wanted: ``include_disabled`` (staff), ``category``, ``service_type``, and
        ``residential`` / ``business`` to see what such customers are offered.
    """
    where = _narrowed(wanted)
    if not (wanted.get("include_disabled") and is_staff(uow.actor)):
        where.append(_for_sale(uow))
    return _listed(uow, query, where)


def listing(uow: UnitOfWork, query: ListQuery) -> Page:
    """All products, page by page, for management; customers get what is offered to them."""
    return _listed(uow, query, [] if is_staff(uow.actor) else [_for_sale(uow)])


def is_staff(actor: Actor) -> bool:
    """Whether the actor sees the whole catalogue: who has ``view_product`` and no customer.

    A portal user whose role was given ``view_product`` stays a customer; a job never is one.
    """
    if actor.provision_id is not None or actor.may("update_product"):
        return True
    return actor.customer_id is None and actor.may("view_product")


def shown(uow: UnitOfWork, product: Product) -> dict[str, Any]:
    """A product's fields as the actor may see them."""
    row = {name: getattr(product, name) for name in COLUMNS}
    return _with_margin(row) if is_staff(uow.actor) else _without_secrets(row)


def _listed(uow: UnitOfWork, query: ListQuery, where: list[ColumnElement[bool]]) -> Page:
    if not is_staff(uow.actor):
        return page(uow, OFFERS, query, *where)
    found = page(uow, PRODUCTS, query, *where)
    return Page([_with_margin(row) for row in found.rows], found.pagination)


def _with_margin(row: dict[str, Any]) -> dict[str, Any]:
    prices = row["retail_cost"], row["wholesale_cost"]
    return row | {"margin": rules.margin(*prices), "margin_percent": rules.margin_percent(*prices)}


def _without_secrets(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in STAFF_ONLY}


def _narrowed(wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.get("category"):
        where.append(Product.category == wanted["category"])
    if wanted.get("service_type"):
        where.append(Product.service_type == wanted["service_type"])
    if wanted.get("residential"):
        where.append(_audience(AccountType.INDIVIDUAL))
    if wanted.get("business"):
        where.append(_audience(AccountType.BUSINESS))
    return where


def _for_sale(uow: UnitOfWork) -> ColumnElement[bool]:
    """Enabled and inside the window; for a customer also its audience and self-purchase."""
    now = uow.now()
    test = and_(
        Product.enabled.is_(True),
        or_(Product.available_from.is_(None), Product.available_from <= now),
        or_(Product.available_until.is_(None), Product.available_until >= now),
    )
    if is_staff(uow.actor):
        return test
    return and_(test, Product.customer_can_purchase.is_(True), _audience(_account_type(uow)))


def _audience(account_type: str) -> ColumnElement[bool]:
    if account_type == AccountType.BUSINESS:
        return Product.business.is_(True)
    return or_(Product.residential.is_(True), Product.business.is_(False))


def _account_type(uow: UnitOfWork) -> str:
    customer_id = uow.actor.customer_id
    if customer_id is None:
        return AccountType.INDIVIDUAL
    return uow.get(Customer, customer_id).customer_account_type


def _readable(uow: UnitOfWork, product: Product) -> Product:
    if is_staff(uow.actor) or checks.is_held(uow, product.product_id):
        return product
    test = select(Product.product_id).where(
        Product.product_id == product.product_id, _for_sale(uow)
    )
    if uow.session.execute(test).first() is None:
        raise NotFound(f"no product {product.product_id}")
    return product


def _check(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    known = uow.settings.service_types
    given = values.get("service_type")
    if given and given not in known:
        raise Invalid.field(
            "service_type", f"{given!r} is not one of {', '.join(known)} (service_types)"
        )


def _write(uow: UnitOfWork, product: Product) -> Product:
    begin, end = product.available_from, product.available_until
    if begin and end and end < begin:
        raise Invalid.field("available_until", "lies before available_from")
    with uow.session.no_autoflush:
        _refuse_taken(uow, product)
    try:
        return uow.add(product)
    except IntegrityError as error:  # somebody took the slug since we looked
        raise SlugTaken(f"another product has the slug {product.product_slug}") from error


def _refuse_taken(uow: UnitOfWork, product: Product) -> None:
    other = select(Product.product_id).where(
        Product.slug_key == product.slug_key, Product.product_id != (product.product_id or 0)
    )
    taken = uow.session.execute(other).scalar()
    if taken is not None:
        raise SlugTaken(f"product {taken} has the slug {product.product_slug}", product_id=taken)


def _free_slug(uow: UnitOfWork, wanted: str) -> str:
    taken = set(
        uow.session.scalars(
            select(Product.slug_key).where(
                Product.slug_key.startswith(wanted.lower(), autoescape=True)
            )
        )
    )
    candidates = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug.lower() not in taken)
