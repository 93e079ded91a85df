"""Why an order or a change of the catalogue is refused."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict, Forbidden


class SlugTaken(Conflict):
    """Another product has this slug, in this or another case."""

    code, title = "product-slug-taken", "Another product has this slug"


class ProductInUse(Conflict):
    """Something still refers to the product."""

    code, title = "product-in-use", "The product is in use"


class ProductDisabled(Conflict):
    """The product takes no new orders."""

    code, title = "product-disabled", "The product is not for sale"


class OutsideWindow(Conflict):
    """The product is not sold yet, or not any more."""

    code, title = "product-outside-window", "The product is not for sale now"


class WrongAudience(Forbidden):
    """The product is for the other kind of customer."""

    code, title = "product-wrong-audience", "The product is not for this kind of customer"


class StaffOnly(Forbidden):
    """Only staff may order the product."""

    code, title = "product-staff-only", "Only staff can order this product"


class MissingDependency(Conflict):
    """The customer lacks what the product relies on; ``missing`` lists it."""

    code, title = "product-missing-dependency", "Something that the product needs is missing"


class WrongServiceType(Conflict):
    """The add-on is for services of another type."""

    code, title = "product-wrong-service-type", "The add-on does not fit the service"
