"""The rooms of the core, lowest first, and how their furniture is found."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

ROOMS = (
    "identity",
    "activity",
    "customers",
    "catalog",
    "inventory",
    "services",
    "charging",
    "provisioning",
    "billing",
    "payments",
    "topup",
    "notifications",
    "broadcast",
    "search",
    "reporting",
)


def furniture(name: str) -> list[ModuleType]:
    """The module ``name`` of every room that has one, lowest room first."""
    found = []
    for room in ROOMS:
        path = f"omnicore.{room}"
        if find_spec(path) and find_spec(f"{path}.{name}"):
            found.append(import_module(f"{path}.{name}"))
    return found


def load_models() -> None:
    """Import every table, so that the metadata is whole."""
    import_module("omnicore.db.outbox")
    import_module("omnicore.jobs.models")
    import_module("omnicore.web.models")
    furniture("models")


def blueprints() -> list[Any]:
    """Every room's blueprints: the list ``BLUEPRINTS`` of its ``routes``."""
    return [blueprint for module in furniture("routes") for blueprint in module.BLUEPRINTS]


def load_reactions() -> None:
    """Import what rooms do on events and in jobs: the module ``reactions`` of each."""
    furniture("reactions")
