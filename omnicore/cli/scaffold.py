"""Begins a plugin: a distribution that loads, with settings, hooks, tests and a README.

The files stand in ``templates/plugin``: ``common`` and one folder for each kind. A kind with a
contract suite in ``omnicore.sdk.testing`` gets a test file that passes it from the start.
"""

from __future__ import annotations

import keyword
import os
import re
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import click

from omnicore import __version__
from omnicore.host.manifests import installed
from omnicore.sdk import SDK_VERSION

SUFFIX = ".tmpl"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 40


@dataclass(frozen=True)
class Kind:
    """What a plugin of this kind implements.

    ``module`` is the file and ``noun`` the word for it: ``backend.py`` with ``AcmeBackend``.
    """

    hook: str
    port: str
    port_module: str
    module: str
    summary: str

    @property
    def noun(self) -> str:
        """The class name's second half."""
        return self.module.capitalize()


KINDS: dict[str, Kind] = {
    "payments": Kind(
        "omnicore_payment_vendors", "PaymentVendor", "payment", "vendor", "Takes money"
    ),
    "charging": Kind(
        "omnicore_charging_backends", "ChargingBackend", "charging", "backend", "Counts traffic"
    ),
    "notification": Kind(
        "omnicore_notification_channels",
        "NotificationChannel",
        "notification",
        "channel",
        "Carries messages",
    ),
    "provisioning": Kind(
        "omnicore_provisioners", "Provisioner", "provisioning", "provisioner", "Runs plays"
    ),
    "broadcast": Kind(
        "omnicore_broadcast_centres", "BroadcastCentre", "broadcast", "centre", "Warns the public"
    ),
    "geocoding": Kind("omnicore_geocoders", "Geocoder", "geocoding", "geocoder", "Finds addresses"),
    "identity": Kind(
        "omnicore_identity_providers",
        "IdentityProvider",
        "identity",
        "provider",
        "Vouches for people",
    ),
}
"""Every kind of plugin that can be begun, by the word that ``--kind`` takes."""


def write_plugin(name: str, kind: str, folder: Path) -> Path:
    """Write the plugin ``name`` into ``folder/name`` and return that path; all of it or nothing.

    :param name: lower-case words joined by underscores; also the entry point's name.
    :param kind: a key of :data:`KINDS`.
    :raises click.UsageError: for a name that is bad or taken, and for a folder that exists.
    """
    if kind not in KINDS:
        raise click.UsageError(f"no kind {kind!r}; there are {', '.join(sorted(KINDS))}")
    _check_name(name)
    target = folder / name
    if os.path.lexists(target):
        raise click.UsageError(f"{target} exists")
    values = _values(name, KINDS[kind], kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as unfinished:
            written = Path(unfinished) / name
            for source in (_templates() / "common", _templates() / kind):
                _write(source, written, values)
            written.rename(target)
    except OSError as error:
        raise click.UsageError(f"{target} cannot be written: {error.strerror}") from error
    return target


def _check_name(name: str) -> None:
    from omnicore.cli.main import COMMANDS
    from omnicore.config_schema import CoreSections

    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise click.UsageError(
            f"{name!r} is no name for a plugin: lower-case words joined by underscores, "
            f"at most {LONGEST_NAME} characters, for example sms_acme"
        )
    if keyword.iskeyword(name):
        raise click.UsageError(f"{name!r} is a word of Python")
    if name in installed():
        raise click.UsageError(f"a plugin called {name!r} is installed already")
    if name in COMMANDS or name in CoreSections().fields:
        raise click.UsageError(f"{name!r} is a command or a section of the core")


def _values(name: str, kind: Kind, word: str) -> dict[str, str]:
    title = "".join(part.capitalize() for part in name.split("_"))
    major, minor = (int(part) for part in SDK_VERSION.split(".")[:2])
    core_major, core_minor = (int(part) for part in __version__.split(".")[:2])
    return {
        "name": name,
        "package": f"omnicore_{name}",
        "distribution": f"omnicore-{name.replace('_', '-')}",
        "title": title,
        "kind": word,
        "hook": kind.hook,
        "port": kind.port,
        "port_module": kind.port_module,
        "module": kind.module,
        "implementation": f"{title}{kind.noun}",
        "summary": kind.summary,
        "sdk": f">={major}.{minor},<{major + 1}",
        "core": f">={core_major}.{core_minor},<{core_major + 1}",
    }


def _templates() -> Traversable:
    return files("omnicore.cli") / "templates" / "plugin"


def _write(source: Traversable, target: Path, values: dict[str, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _write(entry, target / entry.name.replace("package", values["package"]), values)
        elif entry.name.endswith(SUFFIX):
            text = Template(entry.read_text(encoding="utf-8")).substitute(values)
            (target / entry.name.removesuffix(SUFFIX)).write_text(text, encoding="utf-8")
