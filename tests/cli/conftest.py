"""The command line on a deployment of its own, with plugins that are installed for one test."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url

from omnicore.cli.main import cli
from tests.conftest import SECRET
from tests.databases import Databases


@dataclass
class Deployment:
    """A folder with a ``crm_config.yaml``, and ``omnicore`` called in it."""

    folder: Path
    database: str

    @property
    def file(self) -> Path:
        return self.folder / "crm_config.yaml"

    def configure(self, more: str = "", secret: str = SECRET) -> None:
        self.file.write_text(
            f"jwt_secret: {secret}\ndatabase: {{url: '{self.database}'}}\n"
            f"auth: {{bcrypt_rounds: 4}}\n{more}"
        )

    def run(self, *arguments: str, given: str | None = None, fails: bool = False) -> Result:
        """``omnicore --config FILE ARGUMENTS``; it must end well unless ``fails``."""
        command = ["--config", str(self.file), *arguments]
        result = CliRunner().invoke(cli, command, input=given)
        assert (result.exit_code != 0) == fails, result.output
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture(params=["sqlite", "mariadb"])
def deployment(
    request: pytest.FixtureRequest, tmp_path: Path, databases: Databases
) -> Iterator[Deployment]:
    """Settings and an empty database without tables."""
    with databases.nothing(request.param, tmp_path) as url:
        made = Deployment(tmp_path, make_url(url).render_as_string(hide_password=False))
        made.configure()
        yield made


@pytest.fixture
def one(tmp_path: Path) -> Deployment:
    """Where the kind of database does not matter."""
    made = Deployment(tmp_path, f"sqlite:///{tmp_path}/one.db")
    made.configure()
    return made


Install = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with one plugin; gives back the name of its package."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    packages: list[str] = []

    def put(name: str, manifest: str = "", **modules: str) -> str:
        package = f"{name}_{uuid.uuid4().hex[:8]}"
        info = site / f"omnicore_{name}-1.2.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: omnicore-{name.replace('_', '-')}\nVersion: 1.2.3\n"
        )
        (info / "entry_points.txt").write_text(
            f"[omnicore.plugins]\n{name} = {package}.manifest:MANIFEST\n"
        )
        folder = site / package
        folder.mkdir()
        given = (
            f"dict(name={name!r}, requires_sdk='>=1.0,<2', hooks='{package}.hooks', "
            f"summary='A plugin called {name}') | dict({manifest.format(package=package)})"
        )
        written = {
            "__init__": "",
            "hooks": "",
            "manifest": "from omnicore.sdk.manifest import Manifest\n"
            f"MANIFEST = Manifest(**({given}))\n",
        }
        for module, text in (written | modules).items():
            (folder / f"{module}.py").write_text(text)
        packages.append(package)
        return package

    yield put
    for module in list(sys.modules):
        if module.partition(".")[0] in packages:
            del sys.modules[module]
