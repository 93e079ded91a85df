"""The provisioner that the core sees."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from omnicore.sdk.errors import PortError
from omnicore.sdk.ports.provisioning import (
    JobObserver,
    PlayInfo,
    Provisioner,
    ProvisioningJob,
    RunResult,
    RunStatus,
)
from omnicore_provisioner_ansible.catalogue import Catalogue
from omnicore_provisioner_ansible.conversation import Conversation, fatal
from omnicore_provisioner_ansible.installed import choose_engine
from omnicore_provisioner_ansible.program import Program
from omnicore_provisioner_ansible.settings import FORK_SERVER

_WAIT_S = 0.2


class AnsibleProvisioner(Provisioner):
    """Runs the plays of one folder. Thread-safe; the program half starts with the first run.

    :param plays_dir: the plays, with ``templates/``, ``files/`` and ``roles/`` beside them.
    :param work_dir: where workspaces are made; made itself, mode 0700, when it is not there.
    :param engine: ``fork_server`` or ``ansible_runner``.
    """

    key: ClassVar[str] = "ansible"

    def __init__(
        self,
        *,
        plays_dir: Path,
        work_dir: Path,
        engine: str = FORK_SERVER,
        max_parallel: int = 8,
        logger: logging.Logger | None = None,
    ) -> None:
        self._catalogue = Catalogue(plays_dir)
        self._plays_dir = plays_dir.absolute()
        self._work_dir = work_dir.absolute()
        self._wanted = engine
        self._turns = threading.BoundedSemaphore(max_parallel)
        self._logger = logger or logging.getLogger(__name__)
        self._lock = threading.Lock()
        self._program: Program | None = None

    @property
    def renews_tokens(self) -> bool:
        """See :meth:`Provisioner.renews_tokens`: only the warm engine reaches into a run."""
        engine, _ = choose_engine(self._wanted)
        return engine == FORK_SERVER

    def plays(self) -> Sequence[PlayInfo]:
        """See :meth:`Provisioner.plays`. Task files are not listed; a broken ``play_*`` is."""
        return [self._catalogue.inspect(name) for name in self._catalogue.names()]

    def inspect(self, play: str) -> PlayInfo:
        """See :meth:`Provisioner.inspect`."""
        return self._catalogue.inspect(play)

    def run(self, job: ProvisioningJob, observer: JobObserver) -> RunResult:
        """See :meth:`Provisioner.run`. Waits for its turn when ``max_parallel`` plays run."""
        try:
            path = self._catalogue.locate(job.play)
        except LookupError as error:
            return fatal(observer, str(error))
        while not self._turns.acquire(timeout=_WAIT_S):
            if observer.cancelled():
                return RunResult(status=RunStatus.CANCELLED, exit_code=254)
        try:
            channel = self.program.open_job()
            try:
                return Conversation(channel, observer).hold(job, path)
            finally:
                channel.close()
        finally:
            self._turns.release()

    def close(self) -> None:
        """See :meth:`Provisioner.close`."""
        with self._lock:
            if self._program:
                self._program.close()
                self._program = None

    @property
    def program(self) -> Program:
        """The program half, with the engine that can run here.

        :raises PortError: when no engine can.
        """
        with self._lock:
            if self._program is None:
                engine, why = choose_engine(self._wanted)
                if engine is None:
                    raise PortError(why, plugin="provisioner_ansible")
                if engine != self._wanted:
                    self._logger.warning("using %s", why)
                self._program = Program(engine, self._work_dir, self._plays_dir, self._logger)
            return self._program
