"""Where a request comes from."""

from __future__ import annotations

from typing import cast

from flask import current_app, request

from omnicore.identity.keys import read_address, within
from omnicore.runtime import Runtime


def client_address() -> str:
    """The caller's address, for the whitelist, rate limits and logs.

    ``X-Forwarded-For`` counts only behind ``web.trusted_proxies``: it is read from the right,
    and the first hop that is not one of them is the caller. Empty when a trusted proxy sent
    something that is no address, so that nothing is granted to it.
    """
    peer = request.remote_addr or ""
    runtime = cast(Runtime, current_app.extensions["omnicore"])
    proxies = runtime.settings.web.trusted_proxies
    if not proxies:
        return peer
    return _behind(proxies, peer, request.headers.get("X-Forwarded-For", ""))


def _behind(proxies: tuple[str, ...], peer: str, forwarded: str) -> str:
    hops = [_bare(hop.strip()) for hop in forwarded.split(",") if hop.strip()]
    current = peer
    while hops and within(read_address(current), proxies):
        current = hops.pop()
    address = read_address(current)
    return "" if address is None else str(address)


def _bare(hop: str) -> str:
    """A hop without the port that some proxies add: ``192.0.2.1:4711``, ``[2001:db8::1]:4711``."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, _, port = hop.partition(":")
    return host if port and ":" not in port else hop
