"""Which plays there are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from omnicore.runtime import Runtime


def known(runtime: Runtime) -> list[dict[str, Any]]:
    """Every play of every provisioner by name, with what is wrong with it."""
    found: dict[str, dict[str, Any]] = {}
    for port in runtime.plugins.provisioners().values():
        for info in port.call(lambda it: it.plays()):
            found.setdefault(info.name, asdict(info))
    return [found[name] for name in sorted(found)]
