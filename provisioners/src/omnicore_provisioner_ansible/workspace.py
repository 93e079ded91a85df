"""A folder of a job's own, laid out as plays expect it, gone when the job ends.

::

    job-<random>/                      mode 0700, locked by the process that owns it
        crm_config.yaml                the projection, ``../../crm_config.yaml`` for a play
        provisioners/plays/            a copy of the plays folder
        home/  tmp/                    HOME and every temporary folder of the job

Plays are copied, not linked: Ansible resolves the folder of a play with ``realpath``, and a
play that edits its own files must not edit those of the next job.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnicore_provisioner_ansible import wire

_PREFIX = "job-"


@dataclass(frozen=True)
class Workspace:
    """The paths of one job."""

    root: Path

    @property
    def plays(self) -> Path:
        """The copy of the plays folder."""
        return self.root / "provisioners" / "plays"

    @property
    def home(self) -> Path:
        """HOME of the job."""
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        """TMPDIR of the job."""
        return self.root / "tmp"

    def remove(self) -> None:
        """Remove it; what a module made unreadable is made readable first."""
        shutil.rmtree(self.root, onerror=_insist)


def create(parent: Path) -> Workspace:
    """An empty workspace, owned by the calling process for as long as that lives.

    The lock that says so is taken before the folder gets the name that :func:`sweep` looks at.
    """
    made = tempfile.mkdtemp(prefix="new-", dir=parent)
    fcntl.flock(os.open(made, os.O_RDONLY), fcntl.LOCK_EX)
    workspace = Workspace(parent / Path(made).name.replace("new-", _PREFIX, 1))
    os.rename(made, workspace.root)
    for folder in (workspace.home, workspace.tmp, workspace.plays.parent):
        folder.mkdir(mode=0o700)
    return workspace


def fill(workspace: Workspace, plays_dir: Path, config: Mapping[str, Any]) -> None:
    """Copy the plays and write the config where plays look for it (JSON is YAML)."""
    _copy(str(plays_dir), str(workspace.plays), os.path.realpath(plays_dir))
    text = json.dumps(config, default=wire.plain)
    (workspace.root / "crm_config.yaml").write_text(text, encoding="utf-8")


def sweep(parent: Path) -> None:
    """Remove the workspaces whose owner is dead."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            Workspace(folder).remove()
        except BlockingIOError:
            continue
        finally:
            os.close(lock)


def _copy(source: str, target: str, boundary: str) -> None:
    """Copy a folder without hidden files and without links that leave ``boundary``."""
    os.mkdir(target)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_symlink() and not _inside(entry.path, boundary):
                continue
            path = os.path.join(target, entry.name)
            if entry.is_dir():
                _copy(entry.path, path, boundary)
            elif entry.is_file():
                shutil.copy(entry.path, path)


def _inside(path: str, boundary: str) -> bool:
    """Whether a link stays in the folder, and does not lead to a folder that holds it."""
    target = os.path.realpath(path)
    holder = os.path.realpath(os.path.dirname(path))
    return target.startswith(boundary + os.sep) and not (holder + os.sep).startswith(
        target + os.sep
    )


def _insist(function: Any, path: str, error: Any) -> None:
    if isinstance(error[1], FileNotFoundError):
        return
    os.chmod(os.path.dirname(path), 0o700)
    os.chmod(path, 0o700, follow_symlinks=True)
    function(path)
