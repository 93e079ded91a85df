"""What rooms above have to say about a product, registered when their ``reactions`` load.

The catalogue stands below the rooms that know plays, stock and services, so they come here:
each check is a function that answers words when something is wrong, and None when not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from omnicore.catalog.models import Product
from omnicore.db.uow import UnitOfWork

if TYPE_CHECKING:
    from omnicore.runtime import Runtime

PlayCheck = Callable[["Runtime", str], str | None]
ProductCheck = Callable[[UnitOfWork, Product], Iterable[str]]
DeleteGuard = Callable[[UnitOfWork, int], str | None]
Holder = Callable[[UnitOfWork, int], bool]

_plays: list[PlayCheck] = []
_products: list[ProductCheck] = []
_guards: list[DeleteGuard] = []
_holders: list[Holder] = []


def register_play_check(check: PlayCheck) -> None:
    """``check(runtime, name)`` says what is wrong with a play, such as 'there is no such file'.

    It may ask a plugin, so it is called outside any transaction. The answer becomes a warning
    of the product, not a refusal: plays may be written later.
    """
    _once(_plays, check)


def register_product_check(check: ProductCheck) -> None:
    """``check(uow, product)`` yields warnings about a product that was just written."""
    _once(_products, check)


def register_delete_guard(guard: DeleteGuard) -> None:
    """``guard(uow, product_id)`` says why a product must stay, such as '3 services use it'."""
    _once(_guards, guard)


def register_holder(holder: Holder) -> None:
    """``holder(uow, product_id)`` tells whether the scope's customer has a service of it.

    Customers may read what they have, also when it is not sold any more.
    """
    _once(_holders, holder)


def play_problems(runtime: Runtime, names: Iterable[str]) -> list[str]:
    """What the registered checks say about plays. Not inside an open write transaction."""
    return [said for name in names for check in _plays if (said := check(runtime, name))]


def product_problems(uow: UnitOfWork, product: Product) -> list[str]:
    """What the registered checks say about a product."""
    return [said for check in _products for said in check(uow, product)]


def reasons_to_stay(uow: UnitOfWork, product_id: int) -> list[str]:
    """Why a product cannot be deleted."""
    return [said for guard in _guards if (said := guard(uow, product_id))]


def is_held(uow: UnitOfWork, product_id: int) -> bool:
    """Whether the customer of the scope has a service of the product."""
    return any(holder(uow, product_id) for holder in _holders)


def _once(known: list[Any], new: Any) -> None:
    if new not in known:
        known.append(new)
