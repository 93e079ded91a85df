"""The program half: ``python -m omnicore_provisioner_ansible.server FD ENGINE WORK_DIR PLAYS_DIR``.

Started by the plugin half with a scrubbed environment. It imports Ansible once, then forks a
supervisor for every job. Jobs come as open sockets over ``FD``; their content is read by the
supervisor only, so nothing of one job is ever in the memory that the next is forked from.

It ends when the other end of ``FD`` is closed. Running jobs have sockets of their own and are
not touched by that: each ends by itself when the process that asked for it is gone.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from omnicore_provisioner_ansible import processes
from omnicore_provisioner_ansible.supervisor import Engine, supervise
from omnicore_provisioner_ansible.workspace import sweep


def _fork_server(plays_dir: Path) -> Engine:
    from omnicore_provisioner_ansible.engines import fork_server

    return fork_server.warm_up(plays_dir)


def _ansible_runner(_: Path) -> Engine:
    from omnicore_provisioner_ansible.engines import runner

    return Engine(run=runner.run)


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "fork_server": _fork_server,
    "ansible_runner": _ansible_runner,
}


class Server:
    """Forks a supervisor for every socket that arrives, and reaps them."""

    def __init__(self, control: socket.socket, work_dir: Path, engine: Engine) -> None:
        self._control = control
        self._work_dir = work_dir
        self._engine = engine
        self._supervisors: set[int] = set()

    def serve(self) -> None:
        """Until the plugin half is gone."""
        woken, waker = os.pipe()
        for end in (woken, waker):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        while True:
            ready = select.select([self._control.fileno(), woken], [], [])[0]
            if woken in ready:
                os.read(woken, 4096)
                self._reap()
            if self._control.fileno() in ready:
                message, fds, _, _ = socket.recv_fds(self._control, 1, 1)
                if not message:
                    return
                self._start(fds[0])

    def _start(self, fd: int) -> None:
        self._engine.refresh()
        pid = os.fork()
        if pid:
            os.close(fd)
            self._supervisors.add(pid)
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            self._control.close()
            supervise(socket.socket(fileno=fd), self._work_dir, self._engine)
            code = 0
        except (OSError, EOFError):
            # The plugin half went away; the supervisor has cleaned up already.
            code = 0
        finally:
            os._exit(code)

    def _reap(self) -> None:
        """Collect supervisors that ended, and clean up after one that was killed.

        As a subreaper the server inherits what a killed supervisor leaves: whatever is its
        child and no supervisor is such a remnant.
        """
        gone = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if not pid:
                break
            self._supervisors.discard(pid)
            gone = gone or os.WIFSIGNALED(status)
        if gone:
            mine = {d for s in self._supervisors for d in (s, *processes.descendants(s))}
            for pid in processes.descendants(os.getpid()):
                if pid not in mine:
                    processes.kill(pid)
            sweep(self._work_dir)


def main(fd: int, engine: str, work_dir: Path, plays_dir: Path) -> None:
    """Get ready, say so, serve."""
    control = socket.socket(fileno=fd)
    processes.become_subreaper()
    sweep(work_dir)
    run = ENGINES[engine](plays_dir)
    gc.collect()
    gc.freeze()
    control.sendall(json.dumps({"pid": os.getpid(), "engine": engine}).encode())
    Server(control, work_dir, run).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
