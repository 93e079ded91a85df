"""Signed tokens: what goes in, what comes out, and how long they live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from omnicore.sdk.errors import Unauthenticated
from omnicore.sdk.settings import SecretValue

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "HS256"

# The clock is ours, not PyJWT's: expiry is checked below.
_CHECKS: Options = {
    "verify_exp": False,
    "verify_iat": False,
    "require": ["exp", "sub", "typ"],
}
_KNOWN = frozenset({"typ", "sub", "iat", "exp", "sid"})


class TokenKind(StrEnum):
    """What a token is good for; one kind is never taken for another."""

    ACCESS = "access"
    JOB = "job"
    CALLBACK = "callback"
    PENDING_2FA = "pending_2fa"


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The contents of a token. ``subject`` is a user id or a provision id."""

    kind: TokenKind
    subject: int
    session_id: int | None = None
    extra: dict[str, Any] | None = None
    expires: float = 0.0
    """Seconds since 1970; set by :func:`read`."""


def sign(secret: SecretValue, claims: Claims, now: datetime, life: timedelta) -> str:
    """A token with those claims that ends ``life`` after ``now``."""
    body = {
        "typ": claims.kind.value,
        "sub": str(claims.subject),
        "iat": int(now.timestamp()),
        "exp": (now + life).timestamp(),
    }
    if claims.session_id is not None:
        body["sid"] = claims.session_id
    body.update(claims.extra or {})
    import jwt  # with the first token: it brings cryptography, 10 MB

    return jwt.encode(body, secret.reveal(), ALGORITHM)


def read(secret: SecretValue, token: str, now: datetime, *kinds: TokenKind) -> Claims:
    """The claims of a token of one of ``kinds``.

    :raises Unauthenticated: when it is forged, of another kind, or over.
    """
    import jwt

    try:
        body = jwt.decode(token, secret.reveal(), algorithms=[ALGORITHM], options=_CHECKS)
        subject, expires = int(body["sub"]), float(body["exp"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unauthenticated("the token is not valid") from error
    kind = next((kind for kind in kinds if kind.value == body["typ"]), None)
    if kind is None:
        raise Unauthenticated("this token is good for something else")
    if expires <= now.timestamp():
        raise Unauthenticated("the token has expired; refresh it or log in again")
    extra = {key: value for key, value in body.items() if key not in _KNOWN}
    return Claims(
        kind=kind, subject=subject, session_id=body.get("sid"), extra=extra, expires=expires
    )
