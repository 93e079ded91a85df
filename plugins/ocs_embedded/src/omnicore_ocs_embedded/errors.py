"""Answers of the engine that are errors: always a string, always with HTTP 200."""

from __future__ import annotations

from collections.abc import Sequence

NOT_FOUND = "NOT_FOUND"
EXISTS = "EXISTS"
PARTIALLY_EXECUTED = "PARTIALLY_EXECUTED"


class RpcError(Exception):
    """An error string as it goes into the ``error`` member."""


class Unreadable(Exception):
    """The body is no JSON-RPC call; the engine does not answer such a call at all."""


def missing(names: Sequence[str]) -> RpcError:
    """The engine's word for empty mandatory fields, in the order it checks them."""
    return RpcError(f"MANDATORY_IE_MISSING: [{' '.join(names)}]")


def server_error(text: str) -> RpcError:
    """The engine's wrapper around errors from its inside."""
    return RpcError(f"SERVER_ERROR: {text}")
