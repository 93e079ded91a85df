"""Why stock is not given, taken or changed."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict, Invalid


class InventoryTaken(Conflict):
    """Somebody else has the item, or an order in progress holds it."""

    code, title = "inventory-taken", "The item is taken"


class InventoryNotPickable(Conflict):
    """The item is free, but its state or a resting time forbids to give it out."""

    code, title = "inventory-not-pickable", "The item cannot be given out"


class WrongInventoryType(Invalid):
    """The item is of another kind than the order needs; names compare with case."""

    code, title = "inventory-wrong-type", "The item is of another kind"


class InventoryStateForbids(Conflict):
    """There is no way from the item's state to the one that was asked for."""

    code, title = "inventory-state", "The item's state forbids it"


class InventoryProtected(Conflict):
    """The item serves another service that is active; a job may not take it away."""

    code, title = "inventory-protected", "The item serves another active service"


class InventoryInUse(Conflict):
    """The item or template is still needed and cannot be deleted."""

    code, title = "inventory-in-use", "It is in use"


class TemplateNameTaken(Conflict):
    """Another template has this name."""

    code, title = "inventory-template-taken", "Another template has this name"
