"""A plugin with routes, pages and health checks, as a stranger would write one."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from importlib.metadata import EntryPoint
from pathlib import Path

from omnicore.sdk import hookimpl
from omnicore.sdk.context import PluginContext
from omnicore.sdk.contributions import (
    Health,
    HealthCheck,
    UiContribution,
    WebRequest,
    WebResponse,
    WebRoute,
)
from omnicore.sdk.errors import PortRefused
from omnicore.sdk.manifest import Manifest

MANIFEST = Manifest(
    name="sample",
    requires_sdk=">=1.0,<2",
    hooks="tests.web.sample_plugin",
    summary="Shows what a plugin adds to the web",
)
BROKEN = Manifest(name="broken", requires_sdk=">=9", hooks="tests.web.sample_plugin")

HANGING = threading.Event()
LOOKS: list[str] = []


def discover() -> dict[str, EntryPoint]:
    """The two plugins of this module, as if they were installed."""
    return {
        "sample": EntryPoint("sample", "tests.web.sample_plugin:MANIFEST", "omnicore.plugins"),
        "broken": EntryPoint("broken", "tests.web.sample_plugin:BROKEN", "omnicore.plugins"),
    }


def echo(request: WebRequest) -> WebResponse:
    return WebResponse(
        json={
            "values": dict(request.path_values),
            "query": dict(request.query),
            "body": request.body.decode(),
            "user_id": request.user_id,
            "headers": sorted(name.lower() for name in request.headers),
        }
    )


def crash(request: WebRequest) -> WebResponse:
    raise ZeroDivisionError("a bug with a secret in it")


def refuse(request: WebRequest) -> WebResponse:
    raise PortRefused("the vendor says no")


def look_well() -> Health:
    LOOKS.append("well")
    return Health(ok=True, detail="answers in 3 ms")


def look_ill() -> Health:
    raise OSError("connection refused")


@hookimpl
def omnicore_routes(context: PluginContext) -> Iterable[WebRoute]:
    return [
        WebRoute(rule="/echo/<int:number>", handler=echo, methods=("POST",), permission="use_it"),
        WebRoute(rule="/open", handler=echo, public_because="it only echoes", methods=("POST",)),
        WebRoute(rule="/crash", handler=crash, public_because="it only crashes"),
        WebRoute(rule="/refuse", handler=refuse, public_because="it only refuses"),
    ]


@hookimpl
def omnicore_health_checks(context: PluginContext) -> Iterable[HealthCheck]:
    return [HealthCheck("well", look_well), HealthCheck("ill", look_ill)]


@hookimpl
def omnicore_pages(context: PluginContext) -> Iterable[UiContribution]:
    folder = Path(__file__).with_name("sample_pages")
    return [UiContribution(folder=folder, mount="/crm/plugins/sample/ui")]
