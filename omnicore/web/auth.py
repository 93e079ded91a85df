"""Three ways in: a Bearer token, an API key, a trusted address (guide 14)."""

from __future__ import annotations

from flask import request

from omnicore.db.scope import Actor
from omnicore.identity import access
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Unauthenticated


def client_address() -> str:
    """The caller's address; a trusted proxy's header was already applied by the server set-up."""
    return request.remote_addr or ""


def authenticate(runtime: Runtime) -> Actor:
    """Who makes this request.

    :raises Unauthenticated: with one message for all that is wrong with credentials.
    :raises Forbidden: when the address is the only way in and is not trusted.
    """
    ip = client_address()
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return access.of_token(runtime.db, header[7:].strip(), ip)
    key = request.headers.get("X-API-KEY")
    if key is not None:
        return access.of_key(runtime.db, key, ip)
    trusted = access.of_address(runtime.db, ip)
    if trusted is None:
        raise Unauthenticated("send a Bearer token or an X-API-KEY header")
    return trusted
