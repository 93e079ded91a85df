"""What a plugin can add besides ports: routes, permissions, health checks, jobs, pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class WebRequest:
    """A request as a plugin's route sees it: values only."""

    method: str
    path: str
    path_values: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    remote_addr: str
    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    customer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class WebResponse:
    """A plugin's answer. ``json`` wins over ``body``."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WebRoute:
    """A route under ``/crm/plugins/<name>/``.

    ``permission`` None makes it public; say then in ``public_because`` why that is safe.
    """

    rule: str
    handler: Callable[[WebRequest], WebResponse]
    methods: Sequence[str] = ("GET",)
    permission: str | None = None
    public_because: str = ""
    summary: str = ""


@dataclass(frozen=True)
class PermissionSpec:
    """A permission of the plugin's own; its name starts with the plugin's."""

    name: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Health:
    """One part's state; ``detail`` is for admins and says how to mend it."""

    ok: bool
    detail: str = ""


@dataclass(frozen=True)
class HealthCheck:
    """A look at one outside system; called under a time limit, result kept for seconds."""

    name: str
    check: Callable[[], Health]


@dataclass(frozen=True, kw_only=True)
class ScheduledJob:
    """Work at an interval, in a worker; one run at a time over all machines."""

    name: str
    every_s: float
    run: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Companion:
    """A long-running process that belongs to a deployment of this plugin.

    ``arguments`` follow ``omnicore --config FILE``; ``omnicore demo`` starts companions and
    service managers may. ``ready`` returns once it serves, or raises ``PortError``.
    """

    name: str
    arguments: Sequence[str]
    ready: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class UiContribution:
    """Files for the web pages: a folder to serve and the scripts to load from it.

    ``mount`` is ``/`` for the one plugin that brings the whole user interface (paths without
    a file show its ``index.html``), else a path under ``/crm/plugins/<name>/``.
    """

    folder: Path
    mount: str
    scripts: Sequence[str] = ()
    pages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StarterFiles:
    """A folder of files that a new deployment starts from, such as plays or templates.

    ``target`` is where they go, relative to the folder of ``crm_config.yaml``; what stands
    there already is left as it is.
    """

    source: Path
    target: str
