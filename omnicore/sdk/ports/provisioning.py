"""Who configures the network: runs a play and tells what each task did (guide 13, 17).

The core decides, reserves, records, limits and rolls back. A provisioner turns one play
with its variables into a stream of task events, in a process that can be killed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Protocol


class TaskStatus(IntEnum):
    """How a task stands (guide 8438: 0 to 3)."""

    SUCCESS = 0
    RUNNING = 1
    FAILED = 2
    IGNORED = 3


@dataclass(frozen=True, kw_only=True)
class PlayInfo:
    """What can be said of a play without running it.

    ``problem`` is empty, or why the play cannot run: not there, not YAML, not a play.
    """

    name: str
    description: str = ""
    task_count: int = 0
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ProvisioningJob:
    """One run of one play.

    ``variables`` are data: a provisioner never evaluates them as templates or code.
    ``config`` is what the play finds at ``../../crm_config.yaml``. ``environment`` is all
    that the play's process gets besides what it needs to start. ``job_token`` is in
    ``variables`` as ``access_token`` too; :meth:`JobObserver.renewed_token` gives newer ones.
    """

    job_id: str
    play: str
    variables: Mapping[str, Any]
    config: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    time_limit_s: float = 300.0


@dataclass(frozen=True, kw_only=True)
class TaskEvent:
    """One task of a run, told twice: when it starts and when it ends.

    ``number`` counts tasks from 1 and is the same in both. A failure that a ``rescue``
    caught is FAILED when told; the job's result says whether it was rescued. ``kind`` is
    ``task``, ``item`` for one turn of a loop, or ``fatal`` for what stopped the whole run
    before or between tasks.
    """

    number: int
    name: str
    status: TaskStatus
    kind: str = "task"
    action: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    started_at: datetime | None = None
    ended_at: datetime | None = None


class RunStatus(StrEnum):
    """How a run ended."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    CRASHED = "crashed"  # the process died; what its last task did is unknown


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """The end of a run.

    ``exit_code``, ``stdout`` and ``stderr`` are those of the process; ``causes`` are likely
    reasons in plain words for a run that failed outside its tasks.
    """

    status: RunStatus
    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    causes: Sequence[str] = ()
    stats: Mapping[str, int] = field(default_factory=dict)


class JobObserver(Protocol):
    """The core's ear, called from the thread that runs the job."""

    def on_event(self, event: TaskEvent) -> None:
        """A task has started or ended. Returns after it is stored."""

    def cancelled(self) -> bool:
        """Whether somebody wants the run to stop; asked at least every 0.5 s."""

    def renewed_token(self) -> str | None:
        """A fresh job token when the present one is about to end, else None."""


class Provisioner(ABC):
    """One way to run plays."""

    key: ClassVar[str]

    @property
    def renews_tokens(self) -> bool:
        """Whether a run takes :meth:`JobObserver.renewed_token` while it goes on.

        Where it does not, the first token lives as long as the job's time limit.
        """
        return False

    @abstractmethod
    def plays(self) -> Sequence[PlayInfo]:
        """Every play that can be named, by name."""

    @abstractmethod
    def inspect(self, play: str) -> PlayInfo:
        """Facts of one play. Never raises for a bad play: see :attr:`PlayInfo.problem`.

        A name that leaves the plays folder (slashes, ``..``, links out) is a problem too.
        """

    @abstractmethod
    def run(self, job: ProvisioningJob, observer: JobObserver) -> RunResult:
        """Run the play to its end and leave nothing of its variables on disk.

        Blocks; the core calls it from a worker thread. A time limit or cancel kills the
        whole process group and is a result, not an exception.
        """

    @abstractmethod
    def close(self) -> None:
        """End the helper processes. Called once, when the worker stops."""
