"""Modules run in a fork of the warm process instead of a new Python.

Ansible packs a module and its libraries into an archive and starts an interpreter on it for
each task, half a second of compiling and importing. Where that interpreter would be this one,
on this machine, as this user, the module is run by the very function that the archive runs
(``run_module``), with all its imports already there: in a fork, with standard output and error
caught as from a process, so a module that crashes, hangs or calls ``os._exit`` does what it
does elsewhere. ``uri``, of which plays are made, runs without the fork.

Everything else takes Ansible's own way: become, async, connections that are not local, other
interpreters, modules that are not Python, that respawn, or that lie beside the play.
"""

from __future__ import annotations

import functools
import io
import json
import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

import ansible
from ansible.executor.module_common import _BuiltModule
from ansible.module_utils import basic
from ansible.module_utils._internal._ansiballz import _loader
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.action import ActionBase

_PROFILE = "legacy"
_LIBRARY = os.path.dirname(os.path.dirname(ansible.__file__))
_UNFORKED = frozenset({"ansible.modules.uri"})
_NEW_STYLE = (b"from ansible.module_utils", b"import ansible.module_utils")
_NATIVE = {
    name: getattr(ActionBase, name)
    for name in (
        "_is_pipelining_enabled",
        "_configure_module",
        "_low_level_execute_command",
        "_make_tmp_path",
        "_remove_tmp_path",
    )
}


class _Call(bytes):
    """The parameters of a module that is to be run from memory, and which module it is."""

    module: str


def install() -> None:
    """Teach action plugins to run modules from memory."""
    ActionBase._is_pipelining_enabled = _is_pipelining_enabled
    ActionBase._configure_module = _configure_module
    ActionBase._low_level_execute_command = _low_level_execute_command
    ActionBase._make_tmp_path = _make_tmp_path
    ActionBase._remove_tmp_path = _remove_tmp_path


def _here(action: Any) -> bool:
    """Whether the action works on this machine as this user."""
    connection = action._connection
    return connection.transport in ("local", "ansible.builtin.local") and not connection.become


def _is_pipelining_enabled(self: Any, module_style: str, wrap_async: bool = False) -> bool:
    if module_style == "new" and not wrap_async and _here(self) and not self._task.async_val:
        return True
    return bool(_NATIVE["_is_pipelining_enabled"](self, module_style, wrap_async))


def _configure_module(self: Any, module_name: str, module_args: Any, task_vars: Any) -> Any:
    if _here(self) and not self._task.async_val and _this_python(self, task_vars):
        found = self._shared_loader_obj.module_loader.find_plugin_with_context(
            module_name, ".py", collection_list=self._task.collections
        )
        path = found.plugin_resolved_path
        if path and (module := _importable(path)):
            encoder = get_module_encoder(_PROFILE, Direction.CONTROLLER_TO_MODULE)
            call = _Call(json.dumps({"ANSIBLE_MODULE_ARGS": module_args}, cls=encoder).encode())
            call.module = module
            built = _BuiltModule(
                b_module_data=call,
                module_style="new",
                shebang=f"#!{sys.executable}",
                serialization_profile=_PROFILE,
            )
            return built, path
    return _NATIVE["_configure_module"](self, module_name, module_args, task_vars)


def _this_python(action: Any, task_vars: Mapping[str, Any]) -> bool:
    delegate = action._task.delegate_to
    variables = task_vars["ansible_delegated_vars"][delegate] if delegate else task_vars
    return bool(variables.get("ansible_python_interpreter") == sys.executable)


@functools.cache
def _importable(path: str) -> str:
    """The import name of a module of ansible-core or a collection; empty for any other."""
    with open(path, "rb") as file:
        source = file.read()
    if not any(mark in source for mark in _NEW_STYLE) or b"respawn" in source:
        return ""
    parts = path.removesuffix(".py").split(os.sep)
    for root in ("ansible_collections", "ansible"):
        if root in parts and (root == "ansible_collections" or path.startswith(_LIBRARY)):
            return ".".join(parts[len(parts) - 1 - parts[::-1].index(root) :])
    return ""


def _low_level_execute_command(
    self: Any, cmd: str, sudoable: bool = True, in_data: Any = None, **kwargs: Any
) -> dict[str, Any]:
    if not isinstance(in_data, _Call):
        native = _NATIVE["_low_level_execute_command"]
        return native(self, cmd, sudoable=sudoable, in_data=in_data, **kwargs)  # type: ignore[no-any-return]
    environment: dict[str, str] = {}
    self._compute_environment_string(environment)
    basedir = self._loader.get_basedir()
    run = _unforked if in_data.module in _UNFORKED and not self._task.timeout else _forked
    rc, out, err = run(in_data, environment, basedir)
    return {
        "rc": rc,
        "stdout": out,
        "stdout_lines": out.splitlines(),
        "stderr": err,
        "stderr_lines": err.splitlines(),
    }


def _execute(call: _Call) -> int:
    """What the archive's main program does; the exit code of the module."""
    try:
        _loader.run_module(
            json_params=bytes(call),
            profile=_PROFILE,
            module_fqn=call.module,
            modlib_path=_LIBRARY,
            extensions={},
        )
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _unforked(call: _Call, environment: Mapping[str, str], cwd: str) -> tuple[int, str, str]:
    """Run the module here, and put back what a module may change of the process."""
    before, folder, streams = dict(os.environ), os.getcwd(), (sys.stdout, sys.stderr)
    out, err = io.StringIO(), io.StringIO()
    try:
        os.environ.update({key: str(value) for key, value in environment.items()})
        os.chdir(cwd)
        sys.stdout, sys.stderr = out, err
        rc = _execute(call)
    finally:
        sys.stdout, sys.stderr = streams
        basic._ANSIBLE_ARGS = None
        os.chdir(folder)
        if environment:
            os.environ.clear()
            os.environ.update(before)
    return rc, out.getvalue(), err.getvalue()


def _forked(call: _Call, environment: Mapping[str, str], cwd: str) -> tuple[int, str, str]:
    """Run the module in a fork, and see of it what one sees of a process."""
    out, err = os.memfd_create("out"), os.memfd_create("err")
    try:
        pid = os.fork()
        if not pid:
            _become_module(call, environment, cwd, out, err)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status), _read(out), _read(err)
    finally:
        os.close(out)
        os.close(err)


def _become_module(
    call: _Call, environment: Mapping[str, str], cwd: str, out: int, err: int
) -> None:
    rc = 1
    try:
        os.environ.update({key: str(value) for key, value in environment.items()})
        os.chdir(cwd)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        sys.stdin, sys.stdout, sys.stderr = (
            open(0, closefd=False),  # noqa: SIM115 (lives as long as the process)
            open(1, "w", closefd=False),  # noqa: SIM115
            open(2, "w", closefd=False),  # noqa: SIM115
        )
        rc = _execute(call)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(rc)


def _read(memory: int) -> str:
    data = os.pread(memory, os.fstat(memory).st_size, 0)
    return str(to_text(data, errors="surrogate_then_replace"))


def _make_tmp_path(self: Any, remote_user: str | None = None) -> str:
    """Make the temporary folder in this process instead of by three shells."""
    if not _here(self):
        return str(_NATIVE["_make_tmp_path"](self, remote_user))
    base = os.path.expanduser(self.get_shell_option("remote_tmp", default="~/.ansible/tmp"))
    os.makedirs(base, mode=0o700, exist_ok=True)
    path = os.path.join(base, self._connection._shell._generate_temp_dir_name(), "")
    os.mkdir(path, 0o700)
    self._cleanup_remote_tmp = True
    self._connection._shell.tmpdir = path
    return path


def _remove_tmp_path(self: Any, tmp_path: str | None, force: bool = False) -> None:
    if not _here(self):
        _NATIVE["_remove_tmp_path"](self, tmp_path, force)
        return
    path = tmp_path or self._connection._shell.tmpdir
    if path and (force or self._should_remove_tmp_path(path)):
        shutil.rmtree(path, ignore_errors=True)
        self._connection._shell.tmpdir = None
