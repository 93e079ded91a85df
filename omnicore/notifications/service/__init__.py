"""What the business can do with messages, and what rooms ask about them."""

from omnicore.notifications.service.composing import compose, write_to_customer
from omnicore.notifications.service.records import listing, of_customer, read, remove, update

__all__ = [
    "compose",
    "listing",
    "of_customer",
    "read",
    "remove",
    "update",
    "write_to_customer",
]
