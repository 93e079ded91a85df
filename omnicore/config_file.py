"""The text of ``crm_config.yaml``: its keys and lines, and the references that it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from omnicore.sdk.errors import SettingsError

_REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")
_KEYS = "api_keys"
"""The section whose keys are secrets themselves; messages show their beginning only."""


@dataclass(frozen=True)
class ConfigFile:
    """What was read. ``lines`` maps dotted keys to lines, ``plain`` are those of strings that
    stand in the file itself."""

    path: Path
    sections: dict[str, Any]
    lines: Mapping[str, int]
    plain: list[str] = field(default_factory=list)

    def wrong(self, key: str, said: str) -> SettingsError:
        """What is wrong with a key, with the file and the line of the key or of its section."""
        return SettingsError(f"{self.path}: {_line_of(key, self.lines)}{key}: {said}")


def read(text: str, path: Path) -> ConfigFile:
    """The sections of a file, references resolved, sections without a value left out.

    :raises SettingsError: naming line and column of what is no YAML, a key that stands
        twice, or a reference that leads nowhere.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise SettingsError(f"{path}: {where}: {error.problem or error}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SettingsError(f"{path}: line {line}: {error.reason}") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{path}: a map of sections was expected")
    file = ConfigFile(path, {}, _lines(node, path) if node else {})
    for key, value in raw.items():
        if value is not None:
            file.sections[str(key)] = _resolved(value, file, str(key))
    return file


def _below(where: str, key: Any) -> str:
    return f"{where}.{str(key)[:6]}..." if where == _KEYS else f"{where}.{key}"


def _resolved(value: Any, file: ConfigFile, where: str) -> Any:
    if isinstance(value, dict):
        return {
            _text(key, file, where) if isinstance(key, str) else key: _resolved(
                item, file, _below(where, key)
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_resolved(item, file, where) for item in value]
    return _text(value, file, where) if isinstance(value, str) else value


def _text(value: str, file: ConfigFile, where: str) -> str:
    """A value, or the name of an entry: an API key is one, and may stand elsewhere too."""
    if not _REFERENCE.search(value):
        file.plain.append(where)
        return value
    return _REFERENCE.sub(lambda match: _look_up(match, file, where), value)


def _look_up(match: re.Match[str], file: ConfigFile, where: str) -> str:
    kind, name = match.groups()
    if kind == "env":
        if name not in os.environ:
            raise file.wrong(where, f"the environment variable {name} is not set")
        return os.environ[name]
    try:
        return (file.path.parent / name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise file.wrong(where, f"the file {name} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise file.wrong(where, f"the file {name} is not UTF-8 text") from error


def _lines(node: yaml.Node, path: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, line in _walk(node, path):
        found.setdefault(key, line)
    return found


def _walk(node: yaml.Node, path: Path, where: str = "") -> Iterator[tuple[str, int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    here: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = _below(where, key.value) if where else str(key.value)
        if here.setdefault(str(key.value), line) != line:
            first = here[str(key.value)]
            raise SettingsError(f"{path}: line {line}: {name} stands in line {first} already")
        yield name, line
        yield from _walk(value, path, name)


def _line_of(key: str, lines: Mapping[str, int]) -> str:
    while key:
        if key in lines:
            return f"line {lines[key]}: "
        key = key.rpartition(".")[0]
    return ""
