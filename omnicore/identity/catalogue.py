"""The permissions and ready roles that every deployment starts with (guide 33, "RBAC").

Names are lower snake case, ``<verb>_<entity>``, and compare without case. ``view_own_*``
limits its holder to the customer of its own contact.
"""

from __future__ import annotations

VERBS = {"view": "Read", "create": "Add", "update": "Change", "delete": "Remove"}

# entity -> what a person calls it
_OWNED = {
    "customer": "customers",
    "customer_site": "sites of customers",
    "customer_contact": "contacts of customers",
    "customer_attribute": "attributes of customers",
    "customer_tag": "tags of customers",
    "customer_service": "services of customers",
    "customer_activity": "the activity log",
    "customer_stripe_card": "payment cards of customers",
    "customer_transaction": "transactions of customers",
    "customer_invoice": "invoices of customers",
    "communication": "communications",
    "inventory": "inventory items",
    "inventory_template": "inventory templates",
    "provision": "provisioning jobs",
}
_SHARED = {
    "product": "products",
    "cbc_message": "cell broadcast messages",
    "provision_event": "events of provisioning jobs",
}

ADMIN = "admin"
PROVISIONER = "provisioner"
"""Name of the role whose permissions a job's token carries."""

ALIASES = {f"{verb}_service": f"{verb}_customer_service" for verb in VERBS}


def _catalogue() -> dict[str, str]:
    found = {
        ADMIN: "Everything: users, roles, permissions and every protected route",
        "can_impersonate": "Act for a time as another user; recorded",
        "cgrates_api_access": "Use the proxy to the charging system",
        "manage_api_keys": "Make, change and revoke API keys",
    }
    for entity, plural in {**_OWNED, **_SHARED}.items():
        found |= {f"{verb}_{entity}": f"{does} {plural}" for verb, does in VERBS.items()}
    return found | {
        f"view_own_{entity}": f"Read {plural}, of the own customer only"
        for entity, plural in _OWNED.items()
    }


PERMISSIONS: dict[str, str] = _catalogue()
"""Name and description of every permission of the core."""


def canonical(name: str) -> str:
    """The one spelling of a permission's name: lower case, aliases resolved."""
    lower = name.strip().lower()
    return ALIASES.get(lower, lower)


def _own(*entities: str) -> frozenset[str]:
    return frozenset(f"view_own_{entity}" for entity in entities)


# What plays call through the API, and what undoing them needs: entity -> verbs.
_PLAYS = {
    "customer": "view",
    "customer_contact": "view",
    "customer_site": "view",
    "customer_attribute": "view create update",
    "customer_service": "view create update delete",
    "customer_transaction": "view create update delete",
    "customer_stripe_card": "view create",
    "communication": "view create",
    "inventory": "view create update",
    "inventory_template": "view",
    "product": "view",
    "provision": "view create",
    "provision_event": "view create",
}

READY_ROLES: dict[str, tuple[str, frozenset[str]]] = {
    "System Admin": ("Full control", frozenset({ADMIN})),
    ADMIN: ("Full control; the name that configuration files use", frozenset({ADMIN})),
    "Support": (
        "Looks after customers, reads only",
        frozenset(
            {"view_customer", "view_customer_service", "view_communication", "view_provision"}
        ),
    ),
    "Finance": (
        "Invoices and transactions",
        frozenset({"view_customer_invoice", "view_customer_transaction", "view_product"}),
    ),
    "Customer Admin": (
        "Manages one customer, the own one",
        _own(
            "customer",
            "customer_site",
            "customer_contact",
            "customer_service",
            "customer_activity",
            "customer_stripe_card",
            "customer_transaction",
            "customer_invoice",
            "communication",
            "inventory",
            "provision",
        ),
    ),
    "Read-only Auditor": (
        "Reads everything, changes nothing",
        frozenset(f"view_{entity}" for entity in {**_OWNED, **_SHARED}),
    ),
    "Customer": ("A customer's own login to the self-care pages", _own(*_OWNED)),
    PROVISIONER: (
        "What the token of a provisioning job may do",
        frozenset(f"{verb}_{entity}" for entity, verbs in _PLAYS.items() for verb in verbs.split()),
    ),
}
"""Name, description and permissions of the roles that a new deployment has."""
