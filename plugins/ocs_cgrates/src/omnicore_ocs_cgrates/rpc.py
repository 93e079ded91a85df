"""One JSON-RPC call to the engine, tried again only where that is safe."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from typing import Any

from omnicore.sdk.errors import PortError, PortRefused, PortTimeout
from omnicore_ocs_cgrates.transport import HttpTransport, NoAnswer, NotSent

PLUGIN = "ocs_cgrates"
_BUSY = "MAX_CONCURRENT_RPC_EXCEEDED"
_FIRST_PAUSE_S = 0.1


def engine_error(error: PortRefused) -> str:
    """The engine's own error string, such as ``NOT_FOUND``."""
    return str(error.facts.get("ocs_error", ""))


class JsonRpc:
    """Calls in the dialect of the engine: HTTP is always 200, ``error`` decides."""

    def __init__(self, transport: HttpTransport, address: str, retries: int) -> None:
        self._transport = transport
        self._address = address
        self._retries = retries
        self._ids = itertools.count(1)

    def call(self, method: str, params: Any, *, repeatable: bool) -> Any:
        """The result of ``method``.

        :param repeatable: whether doing it twice is the same as doing it once. Other calls are
            sent once, unless it is known that nothing was sent.
        :raises PortRefused: the engine said no; ``ocs_error`` in its facts is the string.
        :raises PortTimeout: no answer in time, or no usable answer to a call that may have
            changed something: what happened is unknown.
        :raises PortError: the engine cannot be reached, or a read was not answered.
        """
        for pause in self._pauses():
            try:
                return self._once(method, params, fresh=not repeatable)
            except NotSent as error:
                failure: PortError = self._failed(PortError, method, error)
                cause: Exception = error
            except NoAnswer as error:
                unknown = error.timed_out or not repeatable
                failure = self._failed(PortTimeout if unknown else PortError, method, error)
                cause = error
                if not repeatable:
                    break
            if pause is not None:
                time.sleep(pause)
        raise failure from cause

    def _pauses(self) -> list[float | None]:
        """One item for each try: how long to wait after it failed."""
        return [*(_FIRST_PAUSE_S * 2**n for n in range(self._retries)), None]

    def _failed(self, kind: type[PortError], method: str, error: Exception) -> PortError:
        return kind(f"{method} at {self._address}: {error}", plugin=PLUGIN)

    def _once(self, method: str, params: Any, *, fresh: bool) -> Any:
        number = next(self._ids)
        call = json.dumps({"method": method, "params": [params], "id": number})
        answer = self._read(self._transport.post(call.encode(), fresh=fresh), number)
        error = answer["error"]
        if error == _BUSY:
            raise NotSent(_BUSY)
        if error is not None:
            raise PortRefused(f"{method}: {error}", plugin=PLUGIN, ocs_error=str(error))
        return answer.get("result")

    def _read(self, body: bytes, number: int) -> Mapping[str, Any]:
        if not body.strip():
            raise NoAnswer("an empty answer")
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise NoAnswer("an answer that is no JSON") from error
        if not isinstance(answer, dict) or "error" not in answer or answer.get("id") != number:
            raise NoAnswer("an answer that is not for this call")
        return answer
