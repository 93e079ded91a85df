"""Tasks that only touch the controller run in the run process instead of a fork each.

Ansible forks a worker for every task, so that an action plugin cannot disturb the run. The
actions named here only read their arguments and return a result; on copies of the task, host
and play context they need no fork. Every other action gets Ansible's own worker.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from ansible._internal import _task
from ansible.executor.process.worker import WorkerProcess
from ansible.inventory.host import Host
from ansible.plugins import strategy

INLINE = frozenset(
    f"ansible.builtin.{name}"
    for name in (
        "set_fact",
        "assert",
        "debug",
        "fail",
        "include_tasks",
        "include_role",
        "include_vars",
        "uri",
    )
)


class InlineWorker(WorkerProcess):  # type: ignore[misc]
    """A worker that is done when ``start`` returns."""

    exitcode = 0
    pid = None

    def __init__(
        self,
        *,
        final_q: Any,
        task_vars: Any,
        host: Any,
        task: Any,
        play_context: Any,
        loader: Any,
        variable_manager: Any,
        shared_loader_obj: Any,
        worker_id: int,
        cliargs: Any,
    ) -> None:
        # Neither Process.__init__ nor WorkerProcess.__init__: both prepare a fork.
        self._final_q = final_q
        self._task_vars = task_vars
        self._host = Host.__new__(Host)
        self._host.__dict__.update(host.__dict__)
        self._task = task.copy(exclude_parent=True, exclude_tasks=True)
        self._task._parent = task._parent
        self._play_context = play_context.copy()
        self._loader = loader
        self._variable_manager = variable_manager
        self._shared_loader_obj = shared_loader_obj
        self.worker_id = worker_id
        self._cliargs = cliargs

    def start(self) -> None:
        out, err = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        try:
            with _task.TaskContext(self._task):
                self._run()
        finally:
            sys.stdout, sys.stderr = out, err

    def is_alive(self) -> bool:
        return False

    def join(self, timeout: float | None = None) -> None:
        """Nothing to wait for."""

    def terminate(self) -> None:
        """Nothing to end."""

    def close(self) -> None:
        """Nothing to close."""

    def __repr__(self) -> str:
        return f"InlineWorker({self._task})"

    def __del__(self) -> None:
        """Nothing to collect."""


def worker(**kwargs: Any) -> WorkerProcess:
    """An inline worker where that is safe, Ansible's own where not."""
    task = kwargs["task"]
    inline = task.resolved_action in INLINE and not task.async_val and not task.timeout
    return (InlineWorker if inline else WorkerProcess)(**kwargs)


def install() -> None:
    """Let the strategies ask :func:`worker` for their workers."""
    strategy.WorkerProcess = worker
