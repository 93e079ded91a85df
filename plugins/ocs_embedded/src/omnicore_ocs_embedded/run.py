"""Start the server, say where it listens, and end it cleanly."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from omnicore_ocs_embedded.api_core import build_table
from omnicore_ocs_embedded.clock import Clock
from omnicore_ocs_embedded.defaults import HOST
from omnicore_ocs_embedded.engine import Engine
from omnicore_ocs_embedded.faults import Faults
from omnicore_ocs_embedded.server import Server
from omnicore_ocs_embedded.store import Store


def run(*, port: int, state: Path, mode: str, tenant: str, faults: bool) -> None:
    """Serve until SIGTERM or SIGINT. Prints ``listening on HOST:PORT`` first.

    :param port: 0 for any free one.
    :raises StateFileInUse: when another server has the state file.
    :raises OSError: when the port is taken.
    """
    store = Store(state)
    try:
        engine = Engine(store, Clock(), mode=mode, tenant=tenant)
        table = build_table(master=engine.master)
        with Server(port, engine, table, Faults() if faults else None) as server:
            _serve(server, engine)
    finally:
        store.close()


def _serve(server: Server, engine: Engine) -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    engine.scheduler.start()
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    click.echo(f"listening on {HOST}:{server.server_port}")
    ended.wait()
    server.stopping.set()
    server.shutdown()
    engine.scheduler.stop()
