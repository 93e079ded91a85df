"""What the identity room refuses."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict, Locked, Unauthenticated


class BadCredentials(Unauthenticated):
    """A log-in that failed; says the same whatever was wrong."""

    code, status, title = "bad-credentials", 401, "Invalid email or password"


class BadApiKey(Unauthenticated):
    """The key is unknown, or may not be used from this address."""

    code, status, title = "bad-api-key", 401, "Invalid API key"


class SessionOver(Unauthenticated):
    """The session or its refresh token is no longer good."""

    code, status, title = "session-over", 401, "The session has ended; log in again"


class AccountLocked(Locked):
    """Too many failed log-ins; locked for a time, even for the right password."""

    code, status, title = "account-locked", 423, "This account is locked for now"


class LastAdmin(Conflict):
    """It would leave nobody who may administer the deployment."""

    code, status, title = "last-admin", 409, "The last administrator must stay"


class NameTaken(Conflict):
    """Another row has this name."""

    code, status, title = "name-taken", 409, "This name is taken"


class BuiltIn(Conflict):
    """It came with the product, and the product needs it as it is."""

    code, status, title = "built-in", 409, "This is built in"
