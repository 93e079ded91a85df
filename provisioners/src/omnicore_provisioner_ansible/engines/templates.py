"""Templates are compiled once: those of the plays before any job needs them.

Compiling is a third of what a short task costs. The server reads the plays when they change and
compiles every template and condition in them; a job that meets one of these takes the compiled
code. What a job compiles itself stays in its own process, so nothing passes from job to job.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible._internal._templating._engine import TemplateEngine, TemplateOptions
from ansible._internal._templating._jinja_bits import AnsibleEnvironment, _TemplateCompileContext
from jinja2 import nodes
from jinja2.environment import TemplateExpression

from omnicore_provisioner_ansible.tolerant_yaml import TolerantLoader

_SETTINGS = (
    "variable_start_string",
    "variable_end_string",
    "block_start_string",
    "block_end_string",
    "comment_start_string",
    "comment_end_string",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
    "undefined",
)
_CONDITIONS = frozenset({"when", "that", "until", "failed_when", "changed_when"})
_CONDITION_OPTIONS = TemplateOptions(escape_backslashes=False, preserve_trailing_newlines=False)
_COMPILE = AnsibleEnvironment.compile
_compiled: dict[Any, Any] = {}


def install() -> None:
    """Put the store in front of Jinja's compiler."""
    AnsibleEnvironment.compile = _Compile(_COMPILE)
    AnsibleEnvironment.compile_expression = _CompileExpression(
        AnsibleEnvironment.compile_expression
    )


class _Method:
    """A replacement for a method of the environment, which remembers the original."""

    def __init__(self, native: Any) -> None:
        self._native = native

    def __call__(self, environment: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def __get__(self, environment: Any, _: Any = None) -> Any:
        return lambda *args, **kwargs: self(environment, *args, **kwargs)


class _Compile(_Method):
    """Source to code. What is not text (parsed already, or to be shown) is not stored."""

    def __call__(
        self,
        environment: Any,
        source: Any,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> Any:
        arguments = (source, name, filename, raw, defer_init)
        if not isinstance(source, str) or raw or environment._debuggable_template_source:
            return self._native(environment, *arguments)
        key = ("template", name, filename, defer_init, *_key(environment, source))
        if key not in _compiled:
            _compiled[key] = self._native(environment, *arguments)
        return _compiled[key]


class _CompileExpression(_Method):
    """The same for conditions, which Jinja parses before it compiles them."""

    def __call__(self, environment: Any, source: str, undefined_to_none: bool = True) -> Any:
        if environment._debuggable_template_source:
            return self._native(environment, source, undefined_to_none)
        key = ("expression", *_key(environment, source))
        if key not in _compiled:
            made: list[Any] = []

            def keep(tree: nodes.Template, *args: Any, **kwargs: Any) -> Any:
                made.append(_COMPILE(environment, tree, *args, **kwargs))
                return made[0]

            environment.compile = keep
            try:
                expression = self._native(environment, source, undefined_to_none)
            finally:
                del environment.compile
            _compiled[key] = made[0]
            return expression
        template = environment.template_class.from_code(
            environment, _compiled[key], environment.make_globals(None), None
        )
        return TemplateExpression(template, undefined_to_none)


def _key(environment: Any, source: str) -> tuple[Any, ...]:
    context = _TemplateCompileContext.current(optional=True)
    settings = (getattr(environment, setting) for setting in _SETTINGS)
    return (str(source), context and context.escape_backslashes, *settings)


class Plays:
    """The templates of a folder of plays, compiled again when a file of it changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: object = None
        self._base = dict(_compiled)

    def refresh(self) -> None:
        """Compile what is new. Costs one look at the folder when nothing changed."""
        files = dict(self._files())
        if files == self._seen:
            return
        self._seen = files
        _compiled.clear()
        _compiled.update(self._base)
        engine = TemplateEngine()
        for path in files:
            for text, condition in _templates(path):
                if condition:
                    engine._compile_expression(text, _CONDITION_OPTIONS)
                if not condition or "{{" in text:
                    engine._compile_template(text, TemplateOptions.DEFAULT)

    def _files(self) -> Iterator[tuple[str, int]]:
        """Path and time of change of every YAML file."""
        for folder, folders, names in os.walk(self._folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for path in (os.path.join(folder, n) for n in names if n.endswith((".yml", ".yaml"))):
                with contextlib.suppress(OSError):  # removed since it was listed
                    yield path, os.stat(path).st_mtime_ns


def _templates(path: str) -> Iterator[tuple[str, bool]]:
    """Each template of a file, and whether it is a condition. A broken file has none."""
    try:
        with open(path, encoding="utf-8") as file:
            documents = list(yaml.load_all(file, Loader=TolerantLoader))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return
    yield from _walk(documents, condition=False)


def _walk(value: Any, *, condition: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _walk(key, condition=False)
            yield from _walk(one, condition=key in _CONDITIONS)
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, condition=condition)
    elif isinstance(value, str) and (condition or "{{" in value or "{%" in value):
        yield value, condition
