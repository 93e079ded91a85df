"""``omnicore demo``: a whole operator in one folder and one command."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import click
import yaml

from omnicore import config, rooms
from omnicore.cli import start
from omnicore.cli.database import upgrade_all
from omnicore.cli.serve import stop
from omnicore.runtime import Runtime, build
from omnicore.sdk.errors import SettingsError

PASSWORD_FILE = "demo-password"  # noqa: S105 - the name of a file
READY_S = 60.0
RESTART_S = 3.0
TENANT = "mnc380.mcc313.3gppnetwork.org"
PLUGINS = ("ocs_embedded", "ocs_cgrates", "provisioner_ansible")
SECTIONS = """\
ocs:
  cgrates: localhost:{ocs_port}
  ocsTenant: {tenant}

ocs_embedded:
  port: {ocs_port}
  tenant: {tenant}

service_types: [mobile, internet, iptv, voip, omnicharge, fixed, hotspot, dongle, generic, bundle]
"""


@click.command()
@click.option(
    "--dir",
    "folder",
    default="var/demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the demo; a second start finds its data again.",
)
@click.option("--port", default=5000, show_default=True, help="Port of the server.")
@click.option("--ocs-port", default=2080, show_default=True, help="Port of the charging server.")
@click.option("--admin-password", help="Password of all demo users; made up when not given.")
def demo(folder: Path, port: int, ocs_port: int, admin_password: str | None) -> None:
    """Try all of it on this machine: server, worker, charging and an operator's data.

    Two demos in two folders on other ports run side by side. Ctrl-C or SIGTERM ends it.
    """
    folder = folder.resolve()
    fresh = not (folder / "crm_config.yaml").exists()
    path = _settings(folder, port, ocs_port)
    password = _password(folder, admin_password, fresh)
    os.environ[config.CONFIG_VARIABLE] = str(path)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with _Processes(path) as processes:
        _prepare(path, processes, password)
        processes.begin("serve", "--port", str(port), "--log-format", "text")
        processes.wait_until_served(port, ended)
        if not ended.is_set():
            _greet(folder, port, ocs_port, password)
        processes.watch(ended)


def _settings(folder: Path, port: int, ocs_port: int) -> Path:
    """A new ``crm_config.yaml``, or the one there is with the ports of this start."""
    path = folder / "crm_config.yaml"
    base_url = f"http://localhost:{port}"
    if not path.exists():
        sections = SECTIONS.format(ocs_port=ocs_port, tenant=TENANT)
        database = "sqlite:///var/omnicore.db"
        return start.write(
            folder, database=database, base_url=base_url, plugins=PLUGINS, sections=sections
        )
    text = path.read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    before = (loaded["crm"]["base_url"], loaded["ocs_embedded"]["port"])
    if before != (base_url, ocs_port):
        text = text.replace(f"base_url: {before[0]}", f"base_url: {base_url}")
        text = text.replace(f"cgrates: localhost:{before[1]}", f"cgrates: localhost:{ocs_port}")
        text = text.replace(f"port: {before[1]}", f"port: {ocs_port}")
        path.write_text(text, encoding="utf-8")
    return path


def _password(folder: Path, given: str | None, fresh: bool) -> str:
    """The password of the demo's people: given, kept from the first start, or made up."""
    file = folder / PASSWORD_FILE
    if given is not None and not fresh and file.exists() and file.read_text().strip() != given:
        click.echo("The demo's users keep the password of its first start.", err=True)
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    password = given or f"Demo-{secrets.token_hex(4)}!"
    file.touch(mode=0o600)
    file.write_text(password + "\n", encoding="utf-8")
    return password


def _prepare(path: Path, processes: _Processes, password: str) -> None:
    rooms.load_models()
    rooms.load_reactions()
    runtime = build(config.load(path))
    try:
        copy_starter_files(runtime, path.parent)
        upgrade_all(runtime)
        for owned in runtime.plugins.companions():
            processes.begin(*owned.offer.arguments)
            owned.offer.ready()
        _fill(runtime, password)
    finally:
        runtime.close()


def copy_starter_files(runtime: Runtime, folder: Path) -> None:
    """Copy what plugins bring for a new deployment; what is there already stays as it is."""
    for owned in runtime.plugins.starter_files():
        source, target = owned.offer.source, folder / owned.offer.target
        for file in sorted(source.rglob("*")):
            goal = target / file.relative_to(source)
            if file.is_file() and "__pycache__" not in file.parts and not goal.exists():
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, goal)


def _fill(runtime: Runtime, password: str) -> None:
    """Demo data, once: all of it in one transaction, the charging accounts after it."""
    from sqlalchemy import select

    from omnicore.customers.models import Contact, Customer
    from omnicore.demo import accounts, crowd, fixtures

    with runtime.db.read() as uow:
        if uow.session.execute(select(Customer.customer_id).limit(1)).first():
            return
    click.echo("filling the database with demo data ...")
    with runtime.db.write() as uow:
        made = fixtures.fill(uow)
        contacts = uow.session.execute(select(Contact.contact_email, Contact.contact_id)).all()
        fixtures.people(uow, password, {row[0]: row[1] for row in contacts})
        needed = crowd.fill(uow, made.products)
    count = accounts.open_accounts(runtime, needed)
    click.echo(f"{crowd.SIZE + 2} customers, {count} charging accounts")


class _Processes:
    """The demo's processes; all end when the block ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> _Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            stop([process])

    def begin(self, *arguments: str) -> None:
        """Start ``omnicore --config FILE`` with these arguments, in a session of its own."""
        command = [sys.executable, "-m", "omnicore.cli.main", "--config", str(self._path)]
        # A Ctrl-C in the terminal reaches us alone; we end the others in order.
        self._running.append(subprocess.Popen([*command, *arguments], start_new_session=True))

    def wait_until_served(self, port: int, ended: threading.Event) -> None:
        """Return when the server answers.

        :raises SettingsError: when it does not within a minute, or a process has ended.
        """
        limit = time.monotonic() + READY_S
        while not ended.wait(0.1):
            self._check()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/crm/health", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > limit:
                    raise SettingsError(f"the server does not answer on port {port}") from None

    def _check(self) -> None:
        for process in self._running:
            if process.poll() is not None:
                name = " ".join(map(str, process.args[5:]))  # type: ignore[index]
                raise SettingsError(f"`omnicore {name}` ended with {process.returncode}; see above")

    def watch(self, ended: threading.Event) -> None:
        """Return when the demo is to end; what dies before is started again."""
        while not ended.wait(RESTART_S):
            for place, process in enumerate(self._running):
                if process.poll() is not None:
                    arguments = list(map(str, process.args))  # type: ignore[arg-type]
                    click.echo(f"`{' '.join(arguments[2:])}` ended; starting it again", err=True)
                    self._running[place] = subprocess.Popen(arguments, start_new_session=True)


def _greet(folder: Path, port: int, ocs_port: int, password: str) -> None:
    base = f"http://localhost:{port}"
    click.echo(
        f"""
OmniCore is running.

  API and its documentation   {base}/crm/docs/
  health                      {base}/crm/health
  charging (CGRateS JSON-RPC) http://localhost:{ocs_port}/jsonrpc
  settings, data, plays       {folder}

  log-ins, password {password}
    admin@example.com  everything      sue@example.com  support, may order
    fin@example.com    finance         anna@a.example, bob@b.example  customers

Ctrl-C ends it; the next start finds the data again."""
    )
    sys.stdout.flush()
