"""Refusals of the customers room."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict


class CustomerInUse(Conflict):
    """A customer cannot be deleted yet; ``blockers`` says what is left."""

    code, status, title = "customer-in-use", 409, "The customer still has open business"


class CustomerNotOpen(Conflict):
    """Nothing new can be ordered for this customer; ``reason`` says why."""

    code, status, title = "customer-not-open", 409, "The customer takes no orders"


class CustomerArchived(Conflict):
    """An archived customer changes only by being restored."""

    code, status, title = "customer-archived", 409, "The customer is archived"


class ContactInUse(Conflict):
    """Somebody logs in through this contact."""

    code, status, title = "contact-in-use", 409, "The contact is in use"


class SiteInUse(Conflict):
    """Something is still delivered to this site, or was."""

    code, status, title = "site-in-use", 409, "The site is in use"


class AttributeExists(Conflict):
    """A customer has one value for a name."""

    code, status, title = "attribute-exists", 409, "The customer has this attribute already"
