"""What a play is told: product, then request, then inventory, then system; later wins.

Names of the system cannot be forged from a request, and a customer may set only what
concerns itself (rulings on prices and allowances: guide 17, guide 27).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from omnicore.catalog.models import Product
from omnicore.provisioning.errors import OverrideRefused
from omnicore.sdk.errors import FieldError, Invalid

SYSTEM_NAMES = frozenset(
    {
        "access_token",
        "refresh_token",
        "callback_token",
        "initiating_user",
        "provision_id",
        "product_id",
        "customer_id",
        "service_id",
        "action",
    }
)
CONTROL_NAMES = SYSTEM_NAMES | {"provisioning_play", "service_uuid"}
CUSTOMER_MAY_SET = frozenset({"auto_renew", "site_id", "terms_accepted"})
_RESERVED = frozenset({"q", "environment", "hostvars", "groups", "omit", "vars", "crm_config"})
_RESERVED_PREFIXES = ("ansible_", "oc_", "_")


def of_product(product: Product | None) -> dict[str, Any]:
    """The product's facts and its own variables; amounts as numbers.

    :raises Invalid: when ``provisioning_json_vars`` is not a JSON object.
    """
    if product is None:
        return {}
    facts = {
        "product_name": product.product_name,
        "product_slug": product.product_slug,
        "service_type": product.service_type,
        "retail_cost": float(product.retail_cost),
        "wholesale_cost": float(product.wholesale_cost),
        "retail_setup_cost": float(product.retail_setup_cost),
        "wholesale_setup_cost": float(product.wholesale_setup_cost),
    }
    return facts | parse(product.provisioning_json_vars, "provisioning_json_vars")


def parse(text: str | None, field: str) -> dict[str, Any]:
    """A JSON object from text; nothing is an empty one.

    :raises Invalid: naming ``field``, when it is something else.
    """
    try:
        loaded = json.loads(text) if text and text.strip() else {}
    except ValueError as error:
        raise Invalid.field(field, f"not JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise Invalid.field(field, "a JSON object was expected")
    return loaded


def of_request(
    body: Mapping[str, Any], inventory_types: set[str], *, staff: bool
) -> dict[str, Any]:
    """What the caller overrides: all of the body that is neither control nor inventory.

    :raises OverrideRefused: when a customer sets what only staff may set.
    :raises Invalid: for a name that Ansible or the shipped plays keep for themselves.
    """
    given = {
        name: value
        for name, value in body.items()
        if name not in CONTROL_NAMES and name not in inventory_types
    }
    kept = sorted(
        name for name in given if name in _RESERVED or name.startswith(_RESERVED_PREFIXES)
    )
    if kept:
        raise Invalid(errors=[FieldError(name, "this name is reserved") for name in kept])
    if not staff:
        refused = sorted(set(given) - CUSTOMER_MAY_SET)
        if refused:
            raise OverrideRefused(
                errors=[FieldError(name, "only staff may set this") for name in refused]
            )
    return given
