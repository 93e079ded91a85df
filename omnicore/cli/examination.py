"""What ``check`` and ``plugins doctor`` look at. Every finding says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from omnicore import config, rooms
from omnicore.config import Settings
from omnicore.db.lineages import lineages
from omnicore.host.host import PluginHost
from omnicore.host.loading import load_settings
from omnicore.host.manifests import LoadError, installed, read_manifest, resolve
from omnicore.runtime import Runtime, build
from omnicore.sdk import SDK_VERSION
from omnicore.sdk.contributions import Health
from omnicore.sdk.errors import OmniCoreError, SettingsError
from omnicore.sdk.manifest import Manifest
from omnicore.sdk.settings import Secret

Finding = tuple[bool, str]


def examine(path: str | None) -> Iterator[tuple[str, list[Finding]]]:
    """Findings about each enabled plugin, one by one, whatever state the others are in."""
    settings = config.load(path)
    found = installed()
    for name in settings.deployment().enabled:
        yield name, list(_plugin(name, found, settings))


def _plugin(name: str, found: dict[str, EntryPoint], settings: Settings) -> Iterator[Finding]:
    try:
        manifest = read_manifest(name, found)
    except LoadError as error:
        yield False, f"{error}; install it, or take it out of plugins.enabled"
        return
    dist = found[name].dist
    yield True, f"version {dist.version if dist else 'unknown'}, for SDK {manifest.requires_sdk}"
    yield True, f"this SDK is {SDK_VERSION}"
    try:
        load_settings(manifest, settings.sections)
        yield True, f"settings in section {manifest.config_section}"
    except LoadError as error:
        yield False, f"settings: {error}; see `omnicore config example {name}`"
        return
    yield from _alone(name, settings)
    yield _suite(manifest)


def _alone(name: str, settings: Settings) -> Iterator[Finding]:
    """Load the plugin by itself and ask its health checks."""
    deployment = replace(settings.deployment(), enabled=(name,), optional=frozenset())
    try:
        host = PluginHost(deployment)
    except SettingsError as error:
        yield False, f"loading: {error}"
        return
    try:
        yield True, "loads"
        for owned in host.health_checks():
            yield _health(host, owned.owner, owned.offer.name, owned.offer.check)
    finally:
        host.close()


def _health(host: PluginHost, owner: str, name: str, check: Callable[[], Health]) -> Finding:
    try:
        health = host.caller.call(owner, check, 5.0)
    except OmniCoreError as error:
        return False, f"{name}: {error}"
    return health.ok, f"{name}: {health.detail or ('well' if health.ok else 'not well')}"


def _suite(manifest: Manifest) -> Finding:
    package = manifest.hooks.partition(".")[0]
    spec = find_spec(package)
    folder = spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else ""
    tests = Path(folder).parents[1] / "tests" if folder else Path()
    ships = tests.is_dir() and any("Contract" in t.read_text() for t in tests.glob("test_*.py"))
    return True, f"contract suite: {'in its tests' if ships else 'none found'}"


def deployment(path: str | None) -> Iterator[Finding]:
    """Findings about the deployment as a whole: settings, secrets, plugins, database."""
    settings = config.load(path)
    yield True, f"settings: {settings.path}"
    for key in _plain_secrets(settings):
        yield True, f"warning: {key} stands in the file; write ${{env:NAME}} or ${{file:PATH}}"
    rooms.load_models()
    try:
        runtime = build(settings)
    except SettingsError as error:
        yield False, str(error)
        return
    try:
        yield True, f"plugins: {', '.join(runtime.plugins.manifests) or 'none enabled'}"
        for name, why in runtime.plugins.failures.items():
            yield True, f"warning: the optional plugin {name} is off: {why}"
        yield from _database(runtime)
        for owned in runtime.plugins.health_checks():
            yield _health(runtime.plugins, owned.owner, owned.offer.name, owned.offer.check)
    finally:
        runtime.close()


def _database(runtime: Runtime) -> Iterator[Finding]:
    address = runtime.settings.database_url()
    try:
        with runtime.db.engine.connect() as connection:
            yield True, f"database: {address!s} answers"
            for lineage in lineages(runtime.plugins.manifests.values()):
                standing = lineage.standing(connection)
                if standing.current:
                    yield True, f"migrations of {lineage.owner}: {standing.revision}"
                else:
                    yield False, f"migrations of {lineage.owner} pending: `omnicore db upgrade`"
                    return
        yield from _roles(runtime)
    except SQLAlchemyError as error:
        yield False, f"database: {address!s} does not answer: {str(error).splitlines()[0]}"


def _roles(runtime: Runtime) -> Iterator[Finding]:
    from omnicore.identity.access import unknown_role_names

    with runtime.db.read() as uow:
        unknown = unknown_role_names(uow)
    for sentence in unknown:
        yield False, sentence


def _plain_secrets(settings: Settings) -> list[str]:
    """Keys of secrets whose value stands in the file itself."""
    secret = {"jwt_secret", "database.password", "database.url", "api_keys"}
    found = installed()
    for name in settings.deployment().enabled:
        try:
            manifest = read_manifest(name, found)
        except LoadError:
            continue
        if manifest.settings:
            fields = resolve(manifest.settings)().fields
            section = manifest.config_section
            secret |= {f"{section}.{key}" for key, it in fields.items() if isinstance(it, Secret)}
    plain = set(settings.plain_keys)
    if settings.database.url and "@" not in settings.database.url.reveal():
        secret.discard("database.url")
    return sorted(secret & plain)
