"""Refusals of the web layer itself."""

from __future__ import annotations

from omnicore.sdk.errors import Conflict, Invalid, OmniCoreError


class WrongMediaType(OmniCoreError):
    """The route reads JSON, the request says that it carries something else."""

    code, status, title = "unsupported-media-type", 415, "The body is of the wrong type"


class TooLarge(OmniCoreError):
    """The body is larger than this deployment accepts."""

    code, status, title = "too-large", 413, "The body is too large"


class KeyReused(Invalid):
    """An ``Idempotency-Key`` came back with another request."""

    code, title = "idempotency-key-reused", "This key belongs to another request"


class KeyUnfinished(Conflict):
    """The request that first carried this key has no outcome that we know of."""

    code, title = "idempotency-key-unfinished", "The first request has not finished"


class TooManyStreams(OmniCoreError):
    """This process pushes to as many clients as it may."""

    code, status, title = "too-many-streams", 503, "Too many open streams"
