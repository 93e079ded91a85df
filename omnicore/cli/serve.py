"""``omnicore serve`` and ``omnicore worker``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

import click

from omnicore.config import CONFIG_VARIABLE, find_config


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, help="Port to listen on.")
@click.option("--processes", default=2, show_default=True, help="Server processes.")
@click.option("--threads", default=16, show_default=True, help="Threads of each process.")
@click.option("--workers", default=1, show_default=True, help="Workers beside the server.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="json")
@click.pass_context
def serve(
    context: click.Context,
    host: str,
    port: int,
    processes: int,
    threads: int,
    workers: int,
    log_format: str,
) -> None:
    """Run the web server, and workers beside it.

    Large deployments run `serve --workers 0` and `worker` on machines of their own.
    """
    from omnicore.cli import common
    from omnicore.web.metrics import share_between_processes

    path = str(find_config(context.find_root().obj.get("config")))
    settings = common.settings(context)  # wrong settings stop here, with a message
    if threads <= settings.web.max_streams:
        raise click.BadParameter(
            f"more than web.max_streams ({settings.web.max_streams}), or streams leave none over",
            param_hint="--threads",
        )
    share_between_processes(settings.data_dir / "metrics" / str(port))
    os.environ[CONFIG_VARIABLE] = path
    os.environ["OMNICORE_LOG_FORMAT"] = log_format
    with Workers(path, log_format, workers):
        _server(host, port, processes, threads)


class Workers:
    """Worker processes beside the server; one that dies is started again."""

    LOOK_S = 0.5

    def __init__(self, path: str, log_format: str, count: int) -> None:
        command = [sys.executable, "-m", "omnicore.cli.main", "--config", path, "worker"]
        self._command = [*command, "--log-format", log_format]
        self._running = [self._begin() for _ in range(count)]
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Workers:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()
        stop(self._running)

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command)

    def _watch(self) -> None:
        while not self._ended.wait(self.LOOK_S):
            for place, process in enumerate(self._running):
                if process.poll() is not None:
                    said = f"a worker ended with {process.returncode}; starting another"
                    click.echo(said, err=True)
                    self._running[place] = self._begin()


def stop(processes: list[subprocess.Popen[bytes]], patience_s: float = 35.0) -> None:
    """Ask processes to end, wait, and end by force what does not."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _server(host: str, port: int, processes: int, threads: int) -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "omnicore.web.wsgi:build",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=processes,
        blocking_threads=threads,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


@click.command()
@click.option("--log-format", type=click.Choice(["text", "json"]), default="json")
@click.option("--drain", default=30.0, show_default=True, help="Seconds that running jobs get.")
@click.pass_context
def worker(context: click.Context, log_format: str, drain: float) -> None:
    """Run a worker for background jobs; as many as you like, on as many machines.

    SIGTERM ends it cleanly: it takes no more jobs and waits for those that run.
    """
    from omnicore import logs
    from omnicore.cli import common
    from omnicore.jobs.worker import Worker

    logs.configure(log_format)
    with common.runtime(context) as runtime:
        working = Worker(runtime)

        def end(_signal: int, _frame: FrameType | None) -> None:
            working.stop()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        working.run(drain)
