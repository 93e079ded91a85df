"""``docs/hooks.md`` from the docstrings of the hooks.

Write it anew with ``python -m tests.architecture.hooks_page > docs/hooks.md``.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from omnicore.sdk import hooks


def all_hooks() -> list[Callable[..., Any]]:
    """Every hook specification, in the order of the module."""
    found = [value for key, value in vars(hooks).items() if key.startswith("omnicore_")]
    return [hook for hook in found if inspect.isfunction(hook)]


def heading(hook: Callable[..., Any]) -> str:
    """``name(arguments)``."""
    return f"{hook.__name__}({', '.join(inspect.signature(hook).parameters)})"


def render() -> str:
    """The whole page."""
    parts = ["# Hooks", _markdown(inspect.getdoc(hooks) or "")]
    for hook in all_hooks():
        parts += [f"## {heading(hook)}", _signature(hook), _markdown(inspect.getdoc(hook) or "")]
    return "\n\n".join(parts) + "\n"


def _signature(hook: Callable[..., Any]) -> str:
    annotations = hook.__annotations__
    return f"`context: {annotations['context']}` → `{annotations['return']}`"


def _markdown(text: str) -> str:
    """reST of our docstrings as Markdown."""
    text = text.replace("``", "`").replace(":class:`~omnicore.sdk.context.", "`")
    lines = []
    for line in text.splitlines():
        if line.startswith(":return: "):
            line = f"Returns {line.removeprefix(':return: ')}"
        elif line.startswith(".. versionadded:: "):
            line = f"Since SDK {line.removeprefix('.. versionadded:: ')}."
        elif line.endswith("::"):
            line = line.removesuffix(":")
        lines.append(line.rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(render())
