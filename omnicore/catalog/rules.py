"""Rules about a product that need no database: who may order it, when, and on what.

The same rules say what a list shows (see ``service.offered``) and what an order may ask for;
the API enforces them, not only the pages (guide 15, guide 27).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from omnicore.catalog.errors import (
    MissingDependency,
    OutsideWindow,
    ProductDisabled,
    StaffOnly,
    WrongAudience,
    WrongServiceType,
)
from omnicore.catalog.lists import read_list
from omnicore.catalog.models import Category, Product
from omnicore.customers.models import AccountType

_PLAY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True)
class Dependencies:
    """What a customer must have before a product can be ordered: all of it."""

    product_ids: frozenset[int] = frozenset()
    service_types: frozenset[str] = frozenset()

    def missing(
        self, owned_product_ids: Collection[int], owned_service_types: Collection[str]
    ) -> list[str]:
        """What of it the customer lacks, in words."""
        products = self.product_ids - set(owned_product_ids)
        types = self.service_types - set(owned_service_types)
        return [f"product {key}" for key in sorted(products)] + [
            f"a service of type {name}" for name in sorted(types)
        ]


def check_order(
    product: Product,
    *,
    customer_account_type: str,
    now: datetime,
    by_customer: bool,
    owned_product_ids: Collection[int],
    owned_service_types: Collection[str],
) -> None:
    """Whether this customer can get this product now.

    :param by_customer: the customer orders itself (self-care), not staff for it.
    :raises ProductDisabled, OutsideWindow, WrongAudience, StaffOnly, MissingDependency:
    """
    if not product.enabled:
        raise ProductDisabled(f"{product.product_name} is disabled")
    if not in_window(product, now):
        raise OutsideWindow(
            f"{product.product_name} is sold {_window(product)}",
            available_from=_shown(product.available_from),
            available_until=_shown(product.available_until),
        )
    if not fits_audience(product, customer_account_type):
        raise WrongAudience(f"{product.product_name} is not for {customer_account_type} customers")
    if by_customer and not product.customer_can_purchase:
        raise StaffOnly(f"ask our staff for {product.product_name}")
    missing = dependencies(product).missing(owned_product_ids, owned_service_types)
    if missing:
        raise MissingDependency(
            f"{product.product_name} needs {' and '.join(missing)}", missing=missing
        )


def check_addon(product: Product, service_type: str | None) -> None:
    """Whether an add-on fits the service that it shall be added to.

    :raises WrongServiceType: when it is for services of another type.
    """
    if not addon_fits(product, service_type):
        raise WrongServiceType(
            f"{product.product_name} is for services of type {product.service_type}, "
            f"this one is {service_type or 'of no type'}"
        )


def addon_fits(product: Product, service_type: str | None) -> bool:
    """Whether an add-on is for services of this type; one without a type fits all."""
    return not product.service_type or product.service_type == service_type


def in_window(product: Product, now: datetime) -> bool:
    """Whether the product is sold now; a bound that is null is open."""
    begun = product.available_from is None or product.available_from <= now
    return begun and (product.available_until is None or now <= product.available_until)


def fits_audience(product: Product, account_type: str) -> bool:
    """Individual customers get what is residential or not for business; businesses what is theirs.

    A product with both flags off is thus shown to individuals, as guide 15 prints it.
    """
    if account_type == AccountType.BUSINESS:
        return product.business
    return product.residential or not product.business


def dependencies(product: Product) -> Dependencies:
    """``relies_on_list``, read; an add-on without one needs any service of its type."""
    entries = read_list(product.relies_on_list)
    if not entries and product.category == Category.ADDON and product.service_type:
        return Dependencies(service_types=frozenset({product.service_type}))
    ids = {int(entry) for entry in entries if entry.isdecimal()}
    types = {entry for entry in entries if not entry.isdecimal()}
    return Dependencies(frozenset(ids), frozenset(types))


def inventory_types(product: Product) -> list[str]:
    """Names of the inventory templates of which an order must bring an item each, no doubles."""
    return list(dict.fromkeys(read_list(product.inventory_items_list)))


def plays(product: Product) -> list[str]:
    """The plays that provision the product, in order: one, or a chain when a list is stored."""
    return read_list(product.provisioning_play)


def variables(product: Product) -> dict[str, Any]:
    """``provisioning_json_vars`` as an object; empty text is an empty object.

    :raises ValueError: when the text is not a JSON object.
    """
    text = (product.provisioning_json_vars or "").strip()
    loaded = json.loads(text) if text else {}
    if not isinstance(loaded, dict):
        raise ValueError('a JSON object was expected, for example {"days": 30}')
    return loaded


def check_play_name(name: str) -> str:
    """A play's name without ``.yaml``; it can name nothing outside the plays folder.

    :raises ValueError: when it holds a slash, ``..`` or other characters than ``A-Za-z0-9_.-``.
    """
    name = name.strip().removesuffix(".yaml").removesuffix(".yml")
    if not _PLAY.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a play: letters, digits, _ - . only")
    return name


def margin(retail: Decimal, wholesale: Decimal) -> Decimal:
    """What is earned a month, in currency units."""
    return retail - wholesale


def margin_percent(retail: Decimal, wholesale: Decimal) -> int | None:
    """The margin as whole per cent of the retail price, half up; None for a free product."""
    if not retail:
        return None
    return int((margin(retail, wholesale) * 100 / retail).quantize(Decimal(1), ROUND_HALF_UP))


def _window(product: Product) -> str:
    bounds = []
    if product.available_from:
        bounds.append(f"from {_shown(product.available_from)}")
    if product.available_until:
        bounds.append(f"until {_shown(product.available_until)}")
    return " ".join(bounds)


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
