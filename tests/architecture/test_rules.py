"""Rules of the house that a machine can hold. An exemption carries its reason and only goes."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from omnicore import rooms
from omnicore.sdk.errors import OmniCoreError
from tests.architecture import hooks_page
from tests.architecture.source import (
    CORE,
    ROOT,
    functions,
    imported,
    modules,
    name,
    plugin_modules,
    tree,
)

MOST_LINES = 400
MOST_STATEMENTS = 5
CATCH_ALL = {
    "omnicore/host/",
    "omnicore/jobs/delivery.py",
    "omnicore/jobs/schedules.py",
    "omnicore/jobs/worker.py",
}
COMMITS = {"omnicore/db", "omnicore/cli"}
CLOCKS = {
    "omnicore/db/uow.py": "utc_now is the wall clock that an edge hands in",
    "omnicore/host/loading.py": "the default clock of a deployment without a runtime",
}
EDGES = {"omnicore/cli", "omnicore/demo", "omnicore/sdk/testing", "omnicore/db/migrations"}
WEB_LIBRARIES = {"flask", "flask_smorest", "werkzeug", "flask_limiter"}


def in_any(path: Path, folders: set[str]) -> bool:
    return any(name(path).startswith(folder) for folder in folders)


def test_no_module_is_longer_than_400_lines() -> None:
    everything = modules(CORE) + plugin_modules()
    lengths = {name(path): len(path.read_text().splitlines()) for path in everything}
    assert {path: size for path, size in lengths.items() if size > MOST_LINES} == {}


def test_the_core_imports_no_plugin() -> None:
    found = {name(p): {m for m in imported(p) if m.startswith("omnicore_")} for p in modules(CORE)}
    assert {path: names for path, names in found.items() if names} == {}


def test_plugins_see_only_the_sdk() -> None:
    def private(path: Path) -> set[str]:
        mine = {module for module in imported(path) if module.split(".")[0] == "omnicore"}
        return {module for module in mine if module.split(".")[:2] != ["omnicore", "sdk"]}

    found = {name(path): private(path) for path in plugin_modules()}
    assert {path: names for path, names in found.items() if names} == {}


def test_only_the_host_and_the_hooks_import_pluggy() -> None:
    users = {name(path) for path in modules(CORE) if "pluggy" in imported(path)}
    assert users <= {"omnicore/host/loading.py", "omnicore/sdk/hooks.py"}


def test_only_routes_and_the_web_import_flask() -> None:
    users = [
        name(path)
        for path in modules(CORE)
        if {module.split(".")[0] for module in imported(path)} & WEB_LIBRARIES
    ]
    allowed = ("omnicore/web/", "omnicore/app.py", "omnicore/cli/", "omnicore/demo/")
    strangers = [path for path in users if not path.startswith(allowed) and "/routes" not in path]
    assert strangers == []


def test_nothing_but_an_edge_commits() -> None:
    def commits(path: Path) -> bool:
        calls = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
        return any(
            isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "rollback")
            for call in calls
        )

    assert [name(p) for p in modules(CORE) if commits(p) and not in_any(p, COMMITS)] == []


def test_nobody_reads_the_wall_clock_behind_the_units_back() -> None:
    def reads(path: Path) -> bool:
        return any(
            isinstance(node, ast.Attribute)
            and node.attr in ("now", "utcnow", "today")
            and isinstance(node.value, ast.Name)
            and node.value.id in ("datetime", "date")
            for node in ast.walk(tree(path))
        )

    found = {name(path) for path in modules(CORE) if reads(path)}
    found = {path for path in found if not path.startswith("omnicore/sdk/testing/")}
    assert found <= set(CLOCKS)


def test_everything_is_caught_only_where_strangers_are_called() -> None:
    def catches_all(path: Path) -> bool:
        handlers = (node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler))
        return any(
            handler.type is None
            or (isinstance(handler.type, ast.Name) and handler.type.id == "Exception")
            for handler in handlers
        )

    allowed = CATCH_ALL | {"omnicore/sdk/testing/"}
    assert [name(p) for p in modules(CORE) if catches_all(p) and not in_any(p, allowed)] == []


def test_a_route_parses_calls_and_dumps_in_under_five_statements() -> None:
    def statements(function: ast.FunctionDef) -> int:
        inside = [node for node in ast.walk(function) if isinstance(node, ast.stmt)]
        return len(inside) - 1 - bool(ast.get_docstring(function))

    def is_route(function: ast.FunctionDef) -> bool:
        return any(".route" in ast.unparse(decorator) for decorator in function.decorator_list)

    long = {
        f"{name(path)}:{function.name}": statements(function)
        for path in modules(CORE)
        if "/routes" in name(path)
        for function in functions(path)
        if is_route(function) and statements(function) > MOST_STATEMENTS
    }
    assert long == {}


def test_every_module_has_a_docstring_and_future_annotations() -> None:
    bare = [
        name(path)
        for path in modules(CORE) + plugin_modules()
        if path.read_text().strip()
        and not (
            ast.get_docstring(tree(path))
            and (path.name == "__init__.py" or "__future__" in imported(path))
        )
    ]
    assert bare == []


def every_error() -> dict[str, type[OmniCoreError]]:
    for path in modules(CORE):
        if path.name != "__main__.py" and not in_any(path, EDGES):
            importlib.import_module(name(path).removesuffix(".py").replace("/", "."))
    found: dict[str, type[OmniCoreError]] = {"error": OmniCoreError}
    waiting = [OmniCoreError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.split(".")[0] == "omnicore":
                found[kind.code] = kind
    return found


def test_every_error_has_its_page_and_every_page_an_error() -> None:
    codes = set(every_error())
    pages = {path.stem for path in (ROOT / "docs" / "problems").glob("*.md")}
    assert sorted(codes - pages) == []
    own = {page for page in pages if page not in codes}
    plugins = {path.parent.parent.name for path in ROOT.glob("plugins/*/setup.cfg")}
    assert sorted(page for page in own if not page.startswith(tuple(plugins))) == []


def test_problem_pages_are_shipped_with_the_program() -> None:
    shipped = {path.name for path in (CORE / "web" / "problem_pages").glob("*.md")}
    assert shipped == {path.name for path in (ROOT / "docs" / "problems").glob("*.md")}


@pytest.mark.parametrize("hook", hooks_page.all_hooks(), ids=lambda hook: hook.__name__)
def test_every_hook_is_documented_with_its_signature(hook: object) -> None:
    page = (ROOT / "docs" / "hooks.md").read_text()
    assert f"## {hooks_page.heading(hook)}\n" in page  # type: ignore[arg-type]
    assert ".. versionadded::" in (inspect.getdoc(hook) or "")
    assert list(inspect.signature(hook).parameters) == ["context"]  # type: ignore[arg-type]


def test_the_page_of_hooks_says_what_the_docstrings_say() -> None:
    assert (ROOT / "docs" / "hooks.md").read_text() == hooks_page.render()


def test_every_room_that_stands_is_in_the_order_of_rooms() -> None:
    furnished = {path.parent.name for path in CORE.glob("*/models.py")} - {"jobs", "web"}
    assert furnished <= set(rooms.ROOMS)
