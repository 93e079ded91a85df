"""The source of the project, as the rules about it see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "omnicore"
GENERATED = CORE / "db" / "migrations" / "versions"


def modules(folder: Path) -> list[Path]:
    """Every module under a folder, generated ones left out."""
    return sorted(path for path in folder.rglob("*.py") if not path.is_relative_to(GENERATED))


def plugin_modules() -> list[Path]:
    """Every module of every plugin and provisioner that ships with the core."""
    folders = [*sorted(ROOT.glob("plugins/*/src")), ROOT / "provisioners" / "src"]
    return [path for folder in folders for path in modules(folder)]


def name(path: Path) -> str:
    """A path as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Names of all modules that a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Every function and method of a module."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            yield node
