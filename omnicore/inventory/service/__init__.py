"""What the business can do with inventory. Rooms above use these names."""

from __future__ import annotations

from omnicore.inventory.service.items import (
    build,
    create,
    each,
    find,
    history,
    listing,
    of_customer,
    of_service,
    read,
    remove,
    reveal_password,
    update,
)
from omnicore.inventory.service.qualification import qualify
from omnicore.inventory.service.reservations import (
    assigned_by_job,
    release_reservations,
    release_service,
    reserve,
    undo_job,
)
from omnicore.inventory.service.stock import available, counts, low
from omnicore.inventory.service.templates import (
    changed_template,
    create_template,
    delete_template,
    list_templates,
    missing_kinds,
    read_template,
    template_named,
    update_template,
)

__all__ = [
    "assigned_by_job",
    "available",
    "build",
    "changed_template",
    "counts",
    "create",
    "create_template",
    "delete_template",
    "each",
    "find",
    "history",
    "list_templates",
    "listing",
    "low",
    "missing_kinds",
    "of_customer",
    "of_service",
    "qualify",
    "read",
    "read_template",
    "release_reservations",
    "release_service",
    "remove",
    "reserve",
    "reveal_password",
    "template_named",
    "undo_job",
    "update",
    "update_template",
]
