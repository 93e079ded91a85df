"""The warm engine: Ansible is imported and run once in the server, then forked for each job.

It drives ansible-core's own executor and strategies; only workers and modules take a shorter
way (see ``inline_worker`` and ``inline_modules``). Proven equal to the plain engine by the
equivalence suite, for the pinned versions of ansible-core.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants, context
from ansible.cli.playbook import PlaybookCLI
from ansible.errors import AnsibleError
from ansible.executor.playbook_executor import PlaybookExecutor
from ansible.parsing.vault import VaultSecretsContext
from ansible.plugins import loader as plugins
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.context_objects import CLIArgs
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars, load_options_vars
from ansible.vars.manager import VariableManager

from omnicore_provisioner_ansible import inventory, model
from omnicore_provisioner_ansible.engines import inline_modules, inline_worker, templates, tls
from omnicore_provisioner_ansible.engines.listener import Listener
from omnicore_provisioner_ansible.supervisor import Engine, Order

_WARM_UP = Path(__file__).with_name("warm_up.yml")
_PRELOADED = (
    "async_status",
    "command",
    "copy",
    "file",
    "get_url",
    "lineinfile",
    "setup",
    "slurp",
    "stat",
    "tempfile",
    "uri",
    "wait_for",
)


def warm_up(plays_dir: Path) -> Engine:
    """Import, change and exercise Ansible; the engine for the forks of this process."""
    plugins.init_plugin_loader([])
    cli = PlaybookCLI(["ansible-playbook", "-i", f"{inventory.HOST},", str(_WARM_UP)])
    cli.parse()
    tls.install()
    templates.install()
    inline_modules.install()
    inline_worker.install()
    _preload()
    with tempfile.TemporaryDirectory() as folder:
        hosts = Path(folder, "hosts")
        hosts.write_text(inventory.text(Path(folder)))
        listener = Listener(model.Teller(lambda _: None))
        code = _Run(cli, str(_WARM_UP), str(hosts), {}, None).execute(listener)
    if code:
        raise RuntimeError(f"the warm-up play failed with {code}")
    plays = templates.Plays(plays_dir)
    plays.refresh()
    return Engine(run=lambda order: _run(cli, order), refresh=plays.refresh)


def _preload() -> None:
    """Import what common modules import. They are run as ``__main__``, so not kept themselves."""
    for name in _PRELOADED:
        importlib.import_module(f"ansible.modules.{name}")
    for name in _PRELOADED:
        del sys.modules[f"ansible.modules.{name}"]
    warnings.filterwarnings("ignore", message=".*found in sys.modules.*", module="runpy")


def _run(cli: PlaybookCLI, order: Order) -> dict[str, Any]:
    """Run one order in a fresh fork of the warm process."""
    _move_home(str(order.workspace.tmp))
    hosts = order.workspace.root / "hosts"
    hosts.write_text(inventory.text(order.workspace.home))
    listener = Listener(model.Teller(order.tell))
    run = _Run(cli, order.play, str(hosts), order.variables, order.tokens)
    code = run.execute_and_report(listener)
    sys.stdout.flush()
    sys.stderr.flush()
    return {"exit_code": code, "stats": listener.totals}


def _move_home(tmp: str) -> None:
    """Point what was read from the environment at import to the folders of the job."""
    before = os.path.expanduser(constants.ANSIBLE_HOME)
    after = os.environ["ANSIBLE_HOME"]
    for name, value in vars(constants).items():
        if isinstance(value, str) and value.startswith(before):
            setattr(constants, name, after + value[len(before) :])
    constants.DEFAULT_LOCAL_TMP = tempfile.mkdtemp(prefix="ansible-local-", dir=tmp)
    tempfile.tempdir = tmp
    os.makedirs(after, mode=0o700, exist_ok=True)


class _Run:
    """One playbook run, as ``ansible-playbook`` makes it, from objects that are warm already."""

    def __init__(
        self,
        cli: PlaybookCLI,
        play: str,
        hosts: str,
        variables: Mapping[str, Any],
        tokens: socket.socket | None,
    ) -> None:
        self._cli = cli
        self._play = play
        self._hosts = hosts
        self._variables = variables
        self._tokens = tokens

    def execute_and_report(self, listener: Listener) -> int:
        """The exit code; errors are printed and coded as ``ansible-playbook`` does."""
        try:
            return self.execute(listener)
        except AnsibleError as error:
            Display().error(error)
            return int(error._exit_code)

    def execute(self, listener: Listener) -> int:
        """The exit code of the executor.

        :raises AnsibleError: when the play cannot be run at all.
        """
        self._forget_the_last_run()
        arguments = {**context.CLIARGS, "args": (self._play,), "inventory": (self._hosts,)}
        context.CLIARGS = CLIArgs(arguments)
        folder = os.path.dirname(self._play).encode()
        plugins.add_all_plugin_dirs(folder)
        AnsibleCollectionConfig.playbook_paths = [folder]
        loader, hosts, _ = self._cli._play_prereqs()
        variables = _Variables(
            self._tokens,
            dict(self._variables),
            loader=loader,
            inventory=hosts,
            version_info=self._cli.version_info(gitinfo=False),
        )
        executor = PlaybookExecutor([self._play], hosts, variables, loader, {})
        executor._tqm._callback_plugins = [listener]
        return int(executor.run())

    @staticmethod
    def _forget_the_last_run() -> None:
        """Ansible keeps these for the life of a process; the warm-up has set them."""
        VaultSecretsContext._current = None
        for function, attribute in (
            (load_extra_vars, "extra_vars"),
            (load_options_vars, "options_vars"),
        ):
            function.__dict__.pop(attribute, None)


class _Variables(VariableManager):  # type: ignore[misc]
    """The job's variables: plain strings, which ansible-core never evaluates as templates.

    A renewed job token that has arrived replaces ``access_token`` before the next task.
    """

    def __init__(self, tokens: socket.socket | None, given: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._extra_vars = given
        self._tokens = tokens

    def get_vars(self, *args: Any, **kwargs: Any) -> Any:
        if self._tokens is not None:
            try:
                while message := self._tokens.recv(1 << 16):
                    self._extra_vars["access_token"] = json.loads(message)
            except BlockingIOError:
                pass
        return super().get_vars(*args, **kwargs)
