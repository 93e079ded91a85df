"""Which plays there are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from omnicore.provisioning.service.runs import choose
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NoPlugin


def known(runtime: Runtime) -> list[dict[str, Any]]:
    """Every play of every provisioner by name, with what is wrong with it."""
    found: dict[str, dict[str, Any]] = {}
    for port in runtime.plugins.provisioners().values():
        for info in port.call(lambda it: it.plays()):
            found.setdefault(info.name, asdict(info))
    return [found[name] for name in sorted(found)]


def problem(runtime: Runtime, name: str) -> str | None:
    """What is wrong with a play, in the words of the provisioner that would run it.

    None when it can run, and when this deployment has no provisioner to ask.
    """
    try:
        _, info = choose(runtime, name)
    except NoPlugin:
        return None
    return f"play {name}: {info.problem}" if info.problem else None
