"""Every refusal a caller can see: a stable code, an HTTP status and a page in the docs.

Rooms and plugins subclass these. A plugin's own codes start with the plugin's name.
The web layer turns them into problem documents (RFC 9457); nothing else formats errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with one field of the input."""

    field: str
    detail: str


class OmniCoreError(Exception):
    """Base of everything that is refused on purpose.

    :param detail: what was wrong, where, and what to do; shown to the caller.
    :param facts: further members of the problem document, JSON values only.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    by_code: ClassVar[dict[str, type[OmniCoreError]]] = {}

    def __init_subclass__(cls) -> None:
        taken = OmniCoreError.by_code.setdefault(cls.code, cls)
        if taken is not cls and taken.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.__qualname__} reuses code {cls.code!r} of {taken.__qualname__}")

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.facts = facts


class SettingsError(OmniCoreError):
    """The deployment's settings are wrong; the program does not start."""

    code, status, title = "settings", 500, "The settings are wrong"


class Malformed(OmniCoreError):
    """The request cannot be read at all."""

    code, status, title = "malformed", 400, "The request cannot be read"


class Unauthenticated(OmniCoreError):
    """Nobody is logged in, or the credentials are not good (any more)."""

    code, status, title = "unauthenticated", 401, "Log in first"


class Forbidden(OmniCoreError):
    """Somebody is logged in, but may not do this."""

    code, status, title = "forbidden", 403, "You may not do this"


class NotFound(OmniCoreError):
    """It does not exist, or it is not yours: the two look the same on purpose."""

    code, status, title = "not-found", 404, "There is no such thing"


class NotAllowed(OmniCoreError):
    """The thing exists, but nobody may do this to it."""

    code, status, title = "method-not-allowed", 405, "Nobody may do this"


class Conflict(OmniCoreError):
    """The present state forbids it."""

    code, status, title = "conflict", 409, "The present state forbids this"


class Invalid(OmniCoreError):
    """The input was read, and a value in it is wrong.

    :param errors: one :class:`FieldError` a field.
    """

    code, status, title = "validation", 422, "A value in the request is wrong"

    def __init__(self, detail: str = "", errors: Sequence[FieldError] = (), **facts: Any) -> None:
        if not detail and errors:
            detail = "; ".join(f"{error.field}: {error.detail}" for error in errors)
        super().__init__(detail, **facts)
        self.errors = tuple(errors)

    @classmethod
    def field(cls, field: str, detail: str) -> Invalid:
        """The common case: one field is wrong."""
        return cls(errors=[FieldError(field, detail)])


class Locked(OmniCoreError):
    """Locked for a time, by a rule of safety."""

    code, status, title = "locked", 423, "This is locked for now"


class TooMany(OmniCoreError):
    """Too many tries in too short a time."""

    code, status, title = "too-many-requests", 429, "Too many tries"


class PortError(OmniCoreError):
    """An outside system behind a plugin failed.

    :param plugin: the plugin that was asked; set by the host when the plugin did not say.
    """

    code, status, title = "outside-system-failed", 502, "An outside system failed"

    def __init__(self, detail: str = "", *, plugin: str = "", **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.plugin = plugin


class PortTimeout(PortError):
    """An outside system did not answer in time; what it did is unknown."""

    code, status, title = "outside-system-timed-out", 504, "An outside system did not answer"


class PortRefused(PortError):
    """An outside system answered, and said no; asking again will not help."""

    code, status, title = "outside-system-refused", 502, "An outside system refused"


class NoPlugin(OmniCoreError):
    """This deployment has no plugin for it."""

    code, status, title = "no-plugin", 503, "This deployment has no plugin for that"
