"""A plugin whose provisioner does what a test says: a stranger's plugin, as small as it gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from omnicore.sdk import hookimpl
from omnicore.sdk.manifest import Manifest
from omnicore.sdk.ports.provisioning import (
    JobObserver,
    PlayInfo,
    Provisioner,
    ProvisioningJob,
    RunResult,
    RunStatus,
    TaskEvent,
    TaskStatus,
)

MANIFEST = Manifest(
    name="scripted", requires_sdk=">=1.0,<2", hooks="tests.provisioning.scripted", summary="Tests"
)

Script = Callable[[ProvisioningJob, JobObserver], RunResult]

DONE = RunResult(status=RunStatus.SUCCESSFUL)
FAILED = RunResult(status=RunStatus.FAILED, exit_code=2)


class Scripted(Provisioner):
    """Runs the function that a test put under the play's name; others do nothing, well."""

    key = "scripted"
    scripts: ClassVar[dict[str, Script]] = {}
    jobs: ClassVar[list[ProvisioningJob]] = []

    def plays(self) -> Sequence[PlayInfo]:
        return [self.inspect(name) for name in self.scripts]

    def inspect(self, play: str) -> PlayInfo:
        return PlayInfo(name=play, description=f"The play {play}", task_count=2)

    def run(self, job: ProvisioningJob, observer: JobObserver) -> RunResult:
        self.jobs.append(job)
        script = self.scripts.get(job.play)
        return script(job, observer) if script else DONE

    def close(self) -> None:
        """Nothing is held open."""


@hookimpl
def omnicore_provisioners(context: object) -> list[Provisioner]:
    return [Scripted()]


def task(
    observer: JobObserver, number: int, status: TaskStatus = TaskStatus.SUCCESS, **result: object
) -> None:
    """Tell the start and the end of a task."""
    name = f"task {number}"
    observer.on_event(TaskEvent(number=number, name=name, status=TaskStatus.RUNNING))
    observer.on_event(TaskEvent(number=number, name=name, status=status, result=result))
