"""Refusals of the charging room."""

from __future__ import annotations

from omnicore.sdk.errors import Forbidden


class OtherTenant(Forbidden):
    """A native call names a tenant of the charging system that is not this deployment's."""

    code, title = "charging-other-tenant", "That tenant is not this deployment's"


class RenewalNotYours(Forbidden):
    """The product does not let customers decide about its renewals."""

    code, title = "renewal-staff-only", "Only staff can remove this renewal"
