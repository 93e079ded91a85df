"""The table of methods, and one call against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.errors import RpcError, Unreadable, missing
from omnicore_ocs_embedded.structs import Kind, decode

Handler = Callable[[Engine, Any], Any]

V1_SERVICES = ("ApierV1", "APIerSv1")
V2_SERVICES = ("ApierV2", "APIerSv2")


@dataclass(frozen=True)
class Method:
    """How to read the argument of a method, and what to do with it."""

    handler: Handler
    argument: Kind
    required: Sequence[str]


@dataclass(frozen=True)
class Call:
    """A request as it came: ``params`` is only looked at once the method is known."""

    id: Any
    method: str
    params: Any
    has_params: bool


class Table:
    """Methods by ``Service.Method``. Service and method names are case-sensitive."""

    def __init__(self, *, master: bool) -> None:
        self.master = master
        self._methods: dict[str, Method] = {}
        self._services: set[str] = set()

    def apier(
        self,
        name: str,
        argument: Kind,
        required: Sequence[str] = (),
        services: Sequence[str] = V1_SERVICES + V2_SERVICES,
    ) -> Callable[[Handler], Handler]:
        """Register an administration method; V2 holds all of V1 unless it has its own."""

        def register(handler: Handler) -> Handler:
            for service in services:
                self._add(f"{service}.{name}", Method(handler, argument, required))
            return handler

        return register

    def service(
        self, name: str, argument: Kind, required: Sequence[str] = ()
    ) -> Callable[[Handler], Handler]:
        """Register ``Service.Method`` under that one name."""

        def register(handler: Handler) -> Handler:
            self._add(name, Method(handler, argument, required))
            return handler

        return register

    def _add(self, name: str, method: Method) -> None:
        self._methods[name] = method
        self._services.add(name.partition(".")[0])

    def find(self, name: str) -> Method:
        """The method.

        :raises RpcError: in the words of Go's net/rpc.
        """
        service, dot, _ = name.rpartition(".")
        if not dot:
            raise RpcError(f"rpc: service/method request ill-formed: {name}")
        if service not in self._services:
            raise RpcError(f"rpc: can't find service {name}")
        if name not in self._methods:
            raise RpcError(f"rpc: can't find method {name}")
        return self._methods[name]


def read_call(body: bytes) -> Call:
    """The call in ``body``.

    :raises Unreadable: for malformed JSON and for batches.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(document, dict) or not isinstance(document.get("method", ""), str):
        raise Unreadable
    return Call(
        id=document.get("id"),
        method=document.get("method", ""),
        params=document.get("params"),
        has_params=document.get("params") is not None,
    )


def perform(engine: Engine, table: Table, call: Call) -> Any:
    """The result of ``call``.

    :raises RpcError: what goes into ``error``.
    """
    method = table.find(call.method)
    if not call.has_params:
        raise RpcError("jsonrpc: request body missing params")
    if not isinstance(call.params, list):
        kinds: dict[type, str] = {dict: "object", str: "string", bool: "bool"}
        found = kinds.get(type(call.params), "number")
        raise RpcError(f"json: cannot unmarshal {found} into Go value of type [1]interface {{}}")
    argument = decode(method.argument, call.params[0] if call.params else None)
    _check(engine, method, argument)
    return method.handler(engine, argument)


def answer(call_id: Any, result: Any, error: str | None) -> bytes:
    """Exactly ``id``, ``result`` and ``error``."""
    document = {"id": call_id, "result": result, "error": error}
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _check(engine: Engine, method: Method, argument: Any) -> None:
    """Fill in the tenant as ``master`` does, then refuse empty mandatory fields."""
    if "Tenant" in method.required and engine.master and not argument["Tenant"]:
        argument["Tenant"] = engine.tenant
    absent = [name for name in method.required if _empty(argument[name])]
    if absent:
        raise missing(absent)


def _empty(value: Any) -> bool:
    """Empty strings, lists, maps and the integer 0, but not the float 0."""
    return value is None or value == "" or value == [] or value == {}
