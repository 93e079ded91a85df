"""The plugin half's hold on the program half: starts it, hands it jobs, starts it again."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from omnicore.sdk.errors import PortError
from omnicore_provisioner_ansible.wire import Channel

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 5.0


class Program:
    """One program half, started with the first job and again after it died."""

    def __init__(
        self, engine: str, work_dir: Path, plays_dir: Path, logger: logging.Logger
    ) -> None:
        self._engine = engine
        self._work_dir = work_dir
        self._plays_dir = plays_dir
        self._logger = logger
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """Of the program half, when it runs."""
        return self._process.pid if self._process else None

    def open_job(self) -> Channel:
        """A channel to a fresh supervisor.

        :raises PortError: when the program half cannot be started.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                return self._hand_over()
            except OSError:
                self._logger.warning("the Ansible program ended unexpectedly; starting it again")
                self._start()
                return self._hand_over()

    def close(self) -> None:
        """End the program half. Jobs that still run end by themselves when their run ends."""
        with self._lock:
            self._stop()

    def _hand_over(self) -> Channel:
        assert self._control is not None
        mine, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"j"], [theirs.fileno()])
        return Channel(mine)

    def _start(self) -> None:
        self._stop()
        self._work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine, theirs = socket.socketpair()
        complaints = os.memfd_create("complaints")
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", f"{__package__}.server"),
                    *(str(theirs.fileno()), self._engine),
                    *(str(self._work_dir), str(self._plays_dir)),
                ],
                env=scrubbed_environment(self._work_dir),
                cwd=self._work_dir,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = mine
        try:
            self._await_greeting(complaints)
        finally:
            os.close(complaints)

    def _await_greeting(self, complaints: int) -> None:
        assert self._control is not None
        ready = select.select([self._control], [], [], _START_TIMEOUT_S)[0]
        greeting = self._control.recv(4096) if ready else b""
        if greeting:
            self._logger.info("Ansible program started: %s", json.loads(greeting))
            return
        said = os.pread(complaints, 1 << 16, 0).decode("utf-8", "replace").strip()
        self._stop()
        raise PortError(
            f"the Ansible program did not start: {said.splitlines()[-1] if said else 'no answer'}",
            plugin="provisioner_ansible",
        )

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGKILL)
                self._process.wait()
            self._process = None


def scrubbed_environment(work_dir: Path) -> dict[str, str]:
    """All that the program half gets: nothing of the worker's secrets.

    ``PATH`` starts with the folder of this interpreter, where Ansible's commands are.
    """
    path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), path]),
        "HOME": str(work_dir),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(Path(__file__).with_name("ansible.cfg")),
        "ANSIBLE_HOME": str(work_dir / "home"),
    }
    if "TZ" in os.environ:
        environment["TZ"] = os.environ["TZ"]
    return environment
