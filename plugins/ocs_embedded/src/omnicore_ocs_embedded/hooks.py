"""What this plugin offers to the core: a companion process and a look at it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable

from omnicore.sdk import hookimpl
from omnicore.sdk.context import PluginContext
from omnicore.sdk.contributions import Companion, Health, HealthCheck
from omnicore.sdk.errors import PortError, PortTimeout
from omnicore_ocs_embedded.defaults import HOST

_READY_S = 10.0
_PING_S = 1.0


@hookimpl
def omnicore_companions(context: PluginContext) -> Iterable[Companion]:
    settings = context.settings
    arguments = [
        "ocs-embedded",
        "serve",
        "--port",
        str(settings.port),
        "--state",
        str(context.data_dir / settings.state),
        "--mode",
        settings.mode,
        "--tenant",
        settings.tenant,
    ]
    return [Companion(name="ocs", arguments=arguments, ready=lambda: wait_ready(settings.port))]


@hookimpl
def omnicore_health_checks(context: PluginContext) -> Iterable[HealthCheck]:
    port = context.settings.port

    def look() -> Health:
        try:
            ping(port)
        except PortError as error:
            way_out = "start it with: omnicore --config FILE ocs-embedded serve"
            return Health(ok=False, detail=f"{error}; {way_out}")
        return Health(ok=True, detail=f"answers on {HOST}:{port}")

    return [HealthCheck("ocs_embedded", look)]


def ping(port: int) -> None:
    """Return when the server on ``port`` answers a ping.

    :raises PortError: when it does not.
    """
    call = json.dumps({"method": "CoreSv1.Ping", "params": [{}]})
    connection = http.client.HTTPConnection(HOST, port, timeout=_PING_S)
    try:
        connection.request("POST", "/jsonrpc", call, {"Content-Type": "application/json"})
        answer = connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise PortError(f"{HOST}:{port} does not answer: {error}", plugin="ocs_embedded") from error
    finally:
        connection.close()
    if b'"Pong"' not in answer:
        raise PortError(f"{HOST}:{port} is no charging server", plugin="ocs_embedded")


def wait_ready(port: int, within_s: float = _READY_S) -> None:
    """Return once the server on ``port`` answers.

    :raises PortTimeout: after ``within_s`` seconds.
    """
    deadline = time.monotonic() + within_s
    while True:
        try:
            return ping(port)
        except PortError as error:
            if time.monotonic() > deadline:
                detail = f"not ready after {within_s:g} s: {error}"
                raise PortTimeout(detail, plugin="ocs_embedded") from error
        time.sleep(0.05)
