"""Plugins of a stranger: written to a folder, found by entry points made for one test."""

from __future__ import annotations

import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from omnicore.host.host import PluginHost
from omnicore.host.loading import Deployment

HEADER = """\
from omnicore.sdk import hookimpl
from omnicore.sdk.contributions import HealthCheck, PermissionSpec, ScheduledJob, WebRoute
from omnicore.sdk.events import CustomerCreated, Subscription
"""


@dataclass
class Shelf:
    """Installed plugins of one test. Module names are new in each, so that none is cached."""

    folder: Path
    points: dict[str, EntryPoint] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    hosts: list[PluginHost] = field(default_factory=list)

    def put(self, name: str, hooks: str = "", *, settings: str = "", **manifest: Any) -> str:
        """Install a plugin; returns the name of its hooks module."""
        package = f"{name}_{uuid.uuid4().hex[:8]}"
        given = {"name": name, "requires_sdk": ">=1.0,<2", "hooks": f"{package}_hooks"}
        if settings:
            given["settings"] = f"{package}_settings:Schema"
            self._write(f"{package}_settings", settings)
        arguments = ", ".join(f"{key}={value!r}" for key, value in (given | manifest).items())
        self._write(
            package,
            f"from omnicore.sdk.manifest import Manifest\nMANIFEST = Manifest({arguments})\n",
        )
        self._write(f"{package}_hooks", HEADER + textwrap.dedent(hooks))
        self.point(name, f"{package}:MANIFEST")
        self.modules[name] = package
        return f"{package}_hooks"

    def point(self, name: str, target: str) -> None:
        """Install an entry point without a plugin behind it."""
        self.points[name] = EntryPoint(name, target, "omnicore.plugins")

    def host(self, *enabled: str, optional: tuple[str, ...] = (), **deployment: Any) -> PluginHost:
        """A host with these plugins; the optional ones come last, as in the file."""
        built = PluginHost(
            Deployment(enabled=(*enabled, *optional), optional=frozenset(optional), **deployment),
            discover=lambda: self.points,
        )
        self.hosts.append(built)
        return built

    def _write(self, module: str, text: str) -> None:
        (self.folder / f"{module}.py").write_text(text)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    made = Shelf(tmp_path)
    yield made
    for host in made.hosts:
        host.close()
    for name in set(sys.modules) - before:
        if any(name.startswith(package) for package in made.modules.values()):
            del sys.modules[name]


@pytest.fixture
def refusal(shelf: Shelf) -> Callable[..., str]:
    """The message with which a start with one required plugin stops."""
    from omnicore.sdk.errors import SettingsError

    def get(*names: str, **deployment: Any) -> str:
        with pytest.raises(SettingsError) as caught:
            shelf.host(*names, **deployment)
        return str(caught.value)

    return get
