"""What can be said of a play without running it, read with PyYAML alone.

``task_count`` is the number of tasks that a run without failure comes to as written in the
file: those of ``pre_tasks``, ``tasks`` and ``post_tasks``, with the contents of ``block`` and
``always`` and without those of ``rescue`` and the handlers. An include or import counts as
one, ``meta`` as none, a role in ``roles`` as none (its tasks are not in the file).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from omnicore.sdk.ports.provisioning import PlayInfo
from omnicore_provisioner_ansible.tolerant_yaml import TolerantLoader

SUFFIXES = (".yaml", ".yml")


class Catalogue:
    """The plays of one folder, read again when a file changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache: dict[str, tuple[tuple[int, int], PlayInfo]] = {}

    def names(self) -> Sequence[str]:
        """Files that are plays, or are named ``play_*`` and therefore should be."""
        if not self._folder.is_dir():
            return []
        stems = {p.stem for p in self._folder.iterdir() if p.suffix in SUFFIXES and p.is_file()}
        named = (self.inspect(stem) for stem in sorted(stems) if not stem.startswith("."))
        return [i.name for i in named if not i.problem or i.name.startswith("play_")]

    def inspect(self, play: str) -> PlayInfo:
        """Facts of one play, or its problem."""
        try:
            path = self.locate(play)
            stat = path.stat()
        except (LookupError, OSError) as error:
            return PlayInfo(name=play, problem=str(error))
        key = (stat.st_mtime_ns, stat.st_size)
        cached = self._cache.get(play)
        if cached is None or cached[0] != key:
            cached = self._cache[play] = (key, _read(play, path))
        return cached[1]

    def locate(self, play: str) -> Path:
        """The file of a play.

        :raises LookupError: when the name leaves the folder, or there is no such file.
        """
        if not play or play.startswith(".") or {"/", "\\", "\0"} & set(play):
            raise LookupError(f"{play!r} is not a play's name: it may hold no slash or leading dot")
        boundary = os.path.realpath(self._folder)
        candidates = [play] if play.endswith(SUFFIXES) else [play + s for s in SUFFIXES]
        for candidate in candidates:
            path = self._folder / candidate
            if not path.is_file():
                continue
            if not os.path.realpath(path).startswith(boundary + os.sep):
                raise LookupError(f"{candidate} is a link that leaves the plays folder")
            return path
        raise LookupError(f"there is no play {play!r} in the plays folder")


def _read(name: str, path: Path) -> PlayInfo:
    try:
        with path.open(encoding="utf-8") as file:
            content = yaml.load(file, Loader=TolerantLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return PlayInfo(name=name, problem=f"{path.name}: {where}{error.problem or error}")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return PlayInfo(name=name, problem=f"{path.name} is not YAML: {error}")
    except OSError as error:
        return PlayInfo(name=name, problem=f"{path.name} cannot be read: {error.strerror}")
    if problem := _not_a_playbook(content):
        return PlayInfo(name=name, problem=f"{path.name} is not a play: {problem}")
    return PlayInfo(
        name=name,
        description=str(content[0].get("name") or name),
        task_count=sum(_count_play(play) for play in content),
    )


def _not_a_playbook(content: Any) -> str:
    if not isinstance(content, list) or not content:
        return "it has to be a list of plays"
    for number, play in enumerate(content, 1):
        if not isinstance(play, dict):
            return f"entry {number} has to be a mapping"
        if not {"hosts", "import_playbook", "ansible.builtin.import_playbook"} & play.keys():
            return f"entry {number} has no hosts"
    return ""


def _count_play(play: dict[str, Any]) -> int:
    return sum(_count(play.get(part)) for part in ("pre_tasks", "tasks", "post_tasks"))


def _count(tasks: Any) -> int:
    count = 0
    for task in tasks if isinstance(tasks, list) else ():
        if not isinstance(task, dict) or {"meta", "ansible.builtin.meta"} & task.keys():
            continue
        if "block" in task:
            count += _count(task["block"]) + _count(task.get("always"))
        else:
            count += 1
    return count
