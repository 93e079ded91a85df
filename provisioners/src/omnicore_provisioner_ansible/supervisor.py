"""One process per job that owns it: starts the run, limits it, ends it, cleans up after it.

It is forked by the server, so a job that hangs, crashes or forks can hurt neither the server
nor another job. It is the subreaper of everything that the play starts. It ends the job when
the time limit passes, when it is told to cancel, and when the plugin half is gone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnicore_provisioner_ansible import processes
from omnicore_provisioner_ansible import workspace as workspaces
from omnicore_provisioner_ansible.wire import Channel

_ORDER_TIMEOUT_S = 30.0
_OUTPUT_LIMIT = 1 << 20
_REPORT_LIMIT = 1 << 16


@dataclass(frozen=True)
class Order:
    """What the run process gets: one play, its variables as data, and where to tell."""

    play: str
    variables: Mapping[str, Any]
    workspace: workspaces.Workspace
    tell: Callable[[Mapping[str, Any]], None]
    """Carries one event to the plugin half; returns when the socket has taken it."""
    tokens: socket.socket
    """A non-blocking end from which renewed job tokens can be read, one JSON string a packet."""


@dataclass(frozen=True)
class Engine:
    """One way to run plays."""

    run: Callable[[Order], dict[str, Any]]
    """Runs the order in the present process; returns ``exit_code`` and ``stats``. What the run
    prints goes to the process's standard output and error."""
    refresh: Callable[[], None] = lambda: None
    """Called in the server before each fork: time to take note of plays that changed."""


def supervise(sock: socket.socket, work_dir: Path, engine: Engine) -> None:
    """Serve the one job whose order comes over ``sock``. Called in a process of its own."""
    processes.become_subreaper()
    channel = Channel(sock)
    frames: list[dict[str, Any]] = []
    while not frames:
        frames = channel.receive(_ORDER_TIMEOUT_S)
        if not frames:
            return
    try:
        workspace = workspaces.create(work_dir)
    except OSError as error:
        channel.send({"result": _no_workspace(error)})
        return
    try:
        result = _Job(frames[0]["job"], workspace, channel, engine).run()
    finally:
        processes.kill_children()
        workspace.remove()
    channel.send({"result": result})


def _no_workspace(error: OSError) -> dict[str, Any]:
    """The result of a job that could not even begin."""
    why = f"the workspace of the job cannot be made: {error}"
    return {"status": "failed", "exit_code": 1, "stdout": "", "stderr": why, "stats": {}}


class _Job:
    """The run of one order, from fork to last child."""

    def __init__(
        self,
        job: Mapping[str, Any],
        workspace: workspaces.Workspace,
        channel: Channel,
        engine: Engine,
    ) -> None:
        self._job = job
        self._workspace = workspace
        self._channel = channel
        self._engine = engine
        self._stdout = os.memfd_create("stdout")
        self._stderr = os.memfd_create("stderr")
        self._mine, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def run(self) -> dict[str, Any]:
        """The result frame's content."""
        deadline = time.monotonic() + float(self._job["time_limit_s"])
        try:
            workspaces.fill(self._workspace, Path(self._job["plays_dir"]), self._job["config"])
        except OSError as error:
            return _no_workspace(error)
        run_process = self._fork()
        stopped = self._watch(os.pidfd_open(run_process), deadline)
        report = {} if stopped else self._report()
        if not stopped:
            _, status = os.waitpid(run_process, 0)
            exit_code = os.waitstatus_to_exitcode(status)
            stopped = "" if report else "crashed"
        else:
            exit_code = 254
        processes.kill_children()
        exit_code = report.get("exit_code", exit_code)
        return {
            "status": stopped or ("failed" if exit_code else "successful"),
            "exit_code": exit_code,
            "stdout": self._said(self._stdout),
            "stderr": self._said(self._stderr),
            "stats": report.get("stats", {}),
        }

    def _fork(self) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._theirs.close()
            return pid
        code = 1
        try:
            processes.die_with_parent(parent)
            self._become_run_process()
            report = self._engine.run(self._order())
            self._theirs.send(json.dumps(report).encode("utf-8", "replace"))
            code = 0
        except BaseException:
            # The one place where nobody is above: tell why, on the job's own stderr.
            import traceback

            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
        finally:
            os._exit(code)

    def _become_run_process(self) -> None:
        """A session, an environment, standard streams and a folder of its own."""
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._mine.close()
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (self._stdout, 1), (self._stderr, 2)):
            os.dup2(source, target)
        home, tmp = str(self._workspace.home), str(self._workspace.tmp)
        os.environ.update(
            HOME=home,
            TMPDIR=tmp,
            ANSIBLE_HOME=f"{home}/.ansible",
            ANSIBLE_LOCAL_TEMP=f"{tmp}/local",
            **self._job["environment"],
        )
        os.chdir(self._workspace.plays)

    def _order(self) -> Order:
        self._theirs.setblocking(False)
        return Order(
            play=str(self._workspace.plays / self._job["play"]),
            variables=self._job["variables"],
            workspace=self._workspace,
            tell=self._channel.send,
            tokens=self._theirs,
        )

    def _watch(self, pidfd: int, deadline: float) -> str:
        """Wait for the run's end; why it has to be stopped before, or nothing."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "timed_out"
            ready = select.select([pidfd, self._channel.fileno()], [], [], left)[0]
            if pidfd in ready:
                return ""
            if self._channel.fileno() in ready and not self._obey():
                return "cancelled"

    def _obey(self) -> bool:
        """Take what the plugin half says; False when the job has to stop."""
        try:
            frames = self._channel.receive(0)
        except EOFError:
            return False
        for frame in frames:
            if "cancel" in frame:
                return False
            if "token" in frame:
                self._mine.send(json.dumps(frame["token"]).encode())
        return True

    def _report(self) -> dict[str, Any]:
        """What the run process said at its end; empty when it died before."""
        try:
            data = self._mine.recv(_REPORT_LIMIT, socket.MSG_DONTWAIT)
        except (BlockingIOError, ConnectionError):
            return {}
        report: dict[str, Any] = json.loads(data) if data else {}
        return report

    def _said(self, memory: int) -> str:
        """The end of what was written to a memory file, with paths as the play sees them."""
        start = max(0, os.fstat(memory).st_size - _OUTPUT_LIMIT)
        text = os.pread(memory, _OUTPUT_LIMIT, start).decode("utf-8", "replace")
        return text.replace(f"{self._workspace.root}/", "")
