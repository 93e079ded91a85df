"""What the business can do with customers, and what rooms above ask about them."""

from omnicore.customers.service.contacts import recipients
from omnicore.customers.service.customers import not_archived, require_open

__all__ = ["not_archived", "recipients", "require_open"]
