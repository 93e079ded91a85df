"""Run a companion server for a test: start, wait until it listens, stop or kill it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Self, cast

_LISTENING = re.compile(r"listening on (?P<host>\S+):(?P<port>\d+)")


class CompanionProcess:
    """A Python program that prints ``listening on HOST:PORT`` once it serves.

    Start it with ``--port 0`` so that tests can run side by side::

        with CompanionProcess(["-m", "omnicore_ocs_embedded", "--port", "0"]) as ocs:
            url = f"{ocs.url}/jsonrpc"

    :param arguments: what follows the interpreter on the command line.
    :param timeout_s: how long the program may take until it listens, and to stop.
    :param environment: variables that are added to those of this process.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        timeout_s: float = 10.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.arguments = tuple(arguments)
        self.host = ""
        self.port = 0
        self._timeout_s = timeout_s
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._output: deque[str] = deque(maxlen=200)
        self._settled = threading.Event()

    @property
    def address(self) -> str:
        """``HOST:PORT``, as settings want it."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """``http://HOST:PORT``, without trailing slash."""
        return f"http://{self.address}"

    @property
    def output(self) -> str:
        """The last lines that the program wrote, both streams in one."""
        return "".join(self._output)

    @property
    def process(self) -> subprocess.Popen[str]:
        """The running program; an error when it was never started."""
        if self._process is None:
            raise RuntimeError("the process was not started")
        return self._process

    def start(self) -> Self:
        """Start, or start again after a stop; return once it listens.

        :raises RuntimeError: with the program's output, when it ends or does not listen in time.
        """
        self._settled.clear()
        self._output.clear()
        self.host, self.port = "", 0
        self._process = subprocess.Popen(
            [sys.executable, *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        if not self._settled.wait(self._timeout_s) or not self.port:
            self.kill()
            raise RuntimeError(f"{' '.join(self.arguments)} does not listen:\n{self.output}")
        return self

    def stop(self) -> int:
        """End it with SIGTERM and give its exit status; SIGKILL when it takes too long."""
        self.process.terminate()
        try:
            self.process.wait(self._timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self._reap()

    def kill(self) -> int:
        """End it with SIGKILL, as a crash would, and give its exit status."""
        self.process.kill()
        return self._reap()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def _reap(self) -> int:
        status = self.process.wait()
        if self._reader is not None:
            self._reader.join(self._timeout_s)
        return status

    def _read(self, process: subprocess.Popen[str]) -> None:
        with cast("IO[str]", process.stdout) as stream:
            for line in stream:
                self._output.append(line)
                match = None if self.port else _LISTENING.search(line)
                if match:
                    self.host, self.port = match["host"], int(match["port"])
                    self._settled.set()
        self._settled.set()
