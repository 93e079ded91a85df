"""Names for the free texts of an item, made from the labels of its template.

Plays read ``iccid`` or ``msisdn`` where the record has ``itemtext1`` (guide 13), so every
label is also a key: lower case, with ``_`` between words; ``Phone Number`` is ``msisdn``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from omnicore.inventory.models import LABELS, TEXTS, Inventory, InventoryTemplate

ALIASES = {"phone_number": "msisdn"}
NUMBER = "msisdn"
SECRETS = frozenset({"ki", "k", "opc", "op", "adm", "adm1"})
"""Keys of a SIM: never shown to customers, never in the activity log (3GPP TS 35.206)."""

_OWN_FIELDS = frozenset(Inventory.__table__.columns.keys())


def slug(label: str | None) -> str:
    """The key that a label gives; empty when it has no letters or digits."""
    plain = re.sub(r"[\W_]+", "_", (label or "").lower()).strip("_")
    return ALIASES.get(plain, plain)


def keys_of(labels: Mapping[str, str | None]) -> dict[str, str]:
    """From ``itemtextN`` to its key, for labels by ``itemtextN_label``; each key once.

    A label that reads like a field of the item itself, such as ``State``, gives no key.
    """
    keys: dict[str, str] = {}
    for text, label in zip(TEXTS, LABELS, strict=True):
        key = slug(labels.get(label))
        if key and key not in _OWN_FIELDS and key not in keys.values():
            keys[text] = key
    return keys


def keys_of_template(template: InventoryTemplate) -> dict[str, str]:
    """``keys_of`` the labels of a template."""
    return keys_of({label: getattr(template, label) for label in LABELS})


def texts_named(template: InventoryTemplate, named: Mapping[str, object]) -> dict[str, object]:
    """From label or key to ``itemtextN``: ``{"ICCID": "8944"}`` is ``{"itemtext1": "8944"}``.

    :raises KeyError: with the first name that is no label of the template.
    """
    texts = {key: text for text, key in keys_of_template(template).items()}
    found = {}
    for name, value in named.items():
        if slug(name) not in texts:
            raise KeyError(name)
        found[texts[slug(name)]] = value
    return found


def clash(labels: Mapping[str, str | None]) -> tuple[str, str] | None:
    """Two labels that would give the same key, the later one first; None when all differ."""
    seen: dict[str, str] = {}
    for label in LABELS:
        key = slug(labels.get(label))
        if key and key in seen:
            return label, seen[key]
        seen[key] = label
    return None


def is_number(template: InventoryTemplate) -> bool:
    """Whether its items are telephone numbers, which rest before they are used again."""
    return NUMBER in keys_of_template(template).values()


def secret_texts(template: InventoryTemplate) -> frozenset[str]:
    """The ``itemtextN`` that hold keys of a SIM."""
    keys = keys_of_template(template)
    return frozenset(text for text, key in keys.items() if key in SECRETS)
