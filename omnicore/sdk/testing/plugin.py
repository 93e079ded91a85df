"""What every plugin promises, whatever it drives, as tests; and a way to load one in a test.

A vendor's test file::

    class TestAcme(PluginContract):
        entry_point = "omnicore_acme.manifest:MANIFEST"

        @pytest.fixture
        def section(self):
            return {"api_key": "sesame"}
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from omnicore.host.host import PluginHost
from omnicore.host.loading import Deployment
from omnicore.sdk.errors import OmniCoreError, SettingsError
from omnicore.sdk.manifest import Manifest
from omnicore.sdk.settings import Secret, SettingsSchema
from omnicore.sdk.testing.contract import Contract

GROUP = "omnicore.plugins"
BASE_URL = "http://127.0.0.1:5000"


@dataclass(frozen=True)
class LoadedPlugin:
    """A plugin in a deployment of its own: what it offers, and its settings."""

    name: str
    settings: Any
    _host: PluginHost

    def offers(self, hook: str) -> list[Any]:
        """What the plugin answered to one hook, checked as in a deployment."""
        return self._host.offered(hook)


@contextmanager
def loaded(entry_point: str, section: Mapping[str, Any], folder: Path) -> Iterator[LoadedPlugin]:
    """Load one plugin as a deployment does; it need not be installed.

    :param entry_point: ``module:MANIFEST``, as in the distribution's metadata.
    :param section: the plugin's section of ``crm_config.yaml``, secrets in the clear.
    :param folder: takes the place of the deployment's folder.
    :raises SettingsError: when it cannot be loaded.
    """
    manifest = manifest_of(entry_point)
    deployment = Deployment(
        enabled=(manifest.name,),
        sections={manifest.config_section: dict(section)},
        data_dir=folder / "var",
        config_dir=folder,
        base_url=BASE_URL,
    )
    point = EntryPoint(manifest.name, entry_point, GROUP)
    host = PluginHost(deployment, discover=lambda: {manifest.name: point})
    try:
        yield LoadedPlugin(manifest.name, host.settings[manifest.name], host)
    finally:
        host.close()


def manifest_of(entry_point: str) -> Manifest:
    """The manifest behind ``module:MANIFEST``."""
    module, _, attribute = entry_point.partition(":")
    found: Manifest = getattr(import_module(module), attribute)
    return found


class PluginContract(Contract):
    """Give it ``entry_point`` and, where the plugin has settings, ``section``; override no test."""

    entry_point: ClassVar[str]
    """``module:MANIFEST``, as in the distribution's metadata."""

    @pytest.fixture
    def section(self) -> Mapping[str, Any]:
        """A section of ``crm_config.yaml`` that works, with every secret in it in the clear."""
        return {}

    @property
    def manifest(self) -> Manifest:
        """The plugin's manifest."""
        return manifest_of(self.entry_point)

    @property
    def package(self) -> str:
        """The plugin's top-level package."""
        return self.entry_point.partition(".")[0].partition(":")[0]

    def test_the_name_can_be_a_prefix_of_tables_routes_and_metrics(self) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", self.manifest.name)

    def test_the_manifest_is_read_without_the_rest_of_the_plugin(self) -> None:
        module = self.entry_point.partition(":")[0]
        script = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
        environment = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        names = set(json.loads(done.stdout))
        heavy = {"flask", "marshmallow", "requests", "sqlalchemy", "omnicore.host"} & names
        assert not heavy, "the manifest's module imports only omnicore.sdk.manifest"
        mine = {name for name in names if name.split(".")[0] == self.package}
        parents = {module.rsplit(".", depth)[0] for depth in range(1, module.count(".") + 1)}
        assert mine == {module, *parents}

    def test_it_loads_with_its_sample_section_and_closes(
        self, section: Mapping[str, Any], tmp_path: Path
    ) -> None:
        with loaded(self.entry_point, section, tmp_path) as plugin:
            assert plugin.name == self.manifest.name

    def test_an_unknown_setting_stops_the_start_and_is_named(
        self, section: Mapping[str, Any], tmp_path: Path
    ) -> None:
        if self.manifest.settings is None:
            return
        wrong = {**section, "no_such_setting": 1}
        with (
            pytest.raises(SettingsError, match="no_such_setting"),
            loaded(self.entry_point, wrong, tmp_path),
        ):
            pass

    def test_every_setting_is_described(self) -> None:
        silent = [
            name for name, field in self._fields().items() if not field.metadata.get("description")
        ]
        assert not silent, "omnicore config example prints the descriptions"

    def test_secrets_do_not_print(self, section: Mapping[str, Any], tmp_path: Path) -> None:
        names = {
            field.data_key or name
            for name, field in self._fields().items()
            if isinstance(field, Secret)
        }
        values = [str(section[name]) for name in names if section.get(name)]
        with loaded(self.entry_point, section, tmp_path) as plugin:
            assert not [value for value in values if value in repr(plugin.settings)]

    def test_of_omnicore_it_imports_the_sdk_alone(self) -> None:
        private = {
            f"{path.name}: {module}"
            for path in self._sources()
            for module in _imported(path)
            if module.split(".")[0] == "omnicore" and module.split(".")[:2] != ["omnicore", "sdk"]
        }
        assert not private

    def test_codes_of_its_errors_start_with_its_name(
        self, section: Mapping[str, Any], tmp_path: Path
    ) -> None:
        with loaded(self.entry_point, section, tmp_path):
            mine = [
                code
                for code, kind in OmniCoreError.by_code.items()
                if kind.__module__.split(".")[0] == self.package
            ]
        name = self.manifest.name
        assert not [code for code in mine if not code.replace("-", "_").startswith(name)]

    def _fields(self) -> Mapping[str, Any]:
        if self.manifest.settings is None:
            return {}
        module, _, attribute = self.manifest.settings.partition(":")
        schema = getattr(import_module(module), attribute)
        assert issubclass(schema, SettingsSchema)
        declared: Mapping[str, Any] = schema().fields
        return declared

    def _sources(self) -> list[Path]:
        file = import_module(self.package).__file__
        assert file is not None
        return sorted(Path(file).parent.rglob("*.py"))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
