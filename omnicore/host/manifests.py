"""Installed plugins and their manifests, read without importing anything heavy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from omnicore.sdk import SDK_VERSION
from omnicore.sdk.manifest import Manifest

GROUP = "omnicore.plugins"


class LoadError(Exception):
    """Why one plugin cannot be loaded."""


def installed() -> dict[str, EntryPoint]:
    """Every installed plugin by name; nothing is imported."""
    return {point.name: point for point in entry_points(group=GROUP)}


def resolve(path: str) -> Any:
    """``"module:attribute"`` to the thing itself."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def read_manifest(name: str, found: Mapping[str, EntryPoint]) -> Manifest:
    """The manifest of an installed plugin; imports only the module that holds it.

    :raises LoadError: when it is not installed, broken, or not for this SDK.
    """
    if name not in found:
        there = ", ".join(sorted(found)) or "none"
        raise LoadError(f"not installed (installed: {there})")
    try:
        manifest = found[name].load()
    except (Exception, SystemExit) as error:  # a stranger's module: anything may come out of it
        raise LoadError(f"its manifest cannot be imported: {error!r}") from error
    if not isinstance(manifest, Manifest):
        raise LoadError(f"its entry point is a {type(manifest).__name__}, not a Manifest")
    if manifest.name != name:
        raise LoadError(f"its manifest says {manifest.name!r}, its entry point {name!r}")
    _check_sdk(manifest)
    return manifest


def _check_sdk(manifest: Manifest) -> None:
    try:
        wanted = SpecifierSet(manifest.requires_sdk)
    except InvalidSpecifier as error:
        raise LoadError(f"requires_sdk {manifest.requires_sdk!r} is not a range") from error
    if SDK_VERSION not in wanted:
        raise LoadError(f"needs SDK {manifest.requires_sdk}, this is {SDK_VERSION}")
