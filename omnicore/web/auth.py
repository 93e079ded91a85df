"""Three ways in: a Bearer token, an API key, a trusted address (guide 14)."""

from __future__ import annotations

from flask import request

from omnicore.db.scope import Actor
from omnicore.identity import access
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Unauthenticated
from omnicore.web import limits
from omnicore.web.address import client_address

__all__ = ["authenticate", "client_address"]


def authenticate(runtime: Runtime) -> Actor:
    """Who makes this request.

    :raises Unauthenticated: with one message for all that is wrong with credentials.
    :raises TooMany: when wrong API keys keep coming from this address.
    """
    ip = client_address()
    header = request.headers.get("Authorization", "")
    if header[:7].lower() == "bearer ":
        return access.of_token(runtime.db, header[7:].strip(), ip)
    key = request.headers.get("X-API-KEY")
    if key is not None:
        return _of_key(runtime, key, ip)
    trusted = access.of_address(runtime.db, ip)
    if trusted is None:
        raise Unauthenticated("send a Bearer token or an X-API-KEY header")
    return trusted


def _of_key(runtime: Runtime, key: str, ip: str) -> Actor:
    limiter = limits.limiter()
    limiter.refuse_spent("api-key", ip)
    try:
        return access.of_key(runtime.db, key, ip)
    except Unauthenticated:
        limiter.spend("api-key", ip)
        raise
