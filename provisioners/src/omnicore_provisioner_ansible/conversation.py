"""One run as the plugin half follows it: events in, cancel and tokens out, one result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from omnicore.sdk.ports.provisioning import (
    JobObserver,
    ProvisioningJob,
    RunResult,
    RunStatus,
    TaskEvent,
    TaskStatus,
)
from omnicore_provisioner_ansible import causes
from omnicore_provisioner_ansible.wire import Channel

_ASK_S = 0.2
_GRACE_S = 15.0
"""How long past its time limit a job's supervisor may take to say that it is over."""

_GONE = {
    "status": RunStatus.CRASHED,
    "exit_code": 255,
    "stdout": "",
    "stderr": "the job's process is gone",
    "stats": {},
}
_WHY = {
    RunStatus.TIMED_OUT: "the time limit of the job has passed",
    RunStatus.CANCELLED: "the job was cancelled",
    RunStatus.CRASHED: "the job's process ended unexpectedly",
}


class Conversation:
    """Passes one job to its supervisor and listens until it is over."""

    def __init__(self, channel: Channel, observer: JobObserver) -> None:
        self._channel = channel
        self._observer = observer
        self._open: dict[int, TaskEvent] = {}
        self._last = 0
        self._cancelling = False

    def hold(self, job: ProvisioningJob, path: Path) -> RunResult:
        """Run the job to its end."""
        try:
            self._channel.send({"job": _order(job, path)})
            raw = self._listen(time.monotonic() + job.time_limit_s + _GRACE_S)
        except (OSError, EOFError):
            raw = _GONE
        return self._conclude(raw)

    def _listen(self, give_up: float) -> Mapping[str, Any]:
        ask = time.monotonic()
        while time.monotonic() < give_up:
            for frame in self._channel.receive(_ASK_S):
                if "result" in frame:
                    result: dict[str, Any] = frame["result"]
                    return result
                self._pass_on(_event(frame["event"]))
            if time.monotonic() >= ask:
                self._speak()
                ask = time.monotonic() + _ASK_S
        return _GONE

    def _speak(self) -> None:
        """Tell the job what the core wants: to stop, or to use a new token."""
        if self._cancelling:
            return
        if self._observer.cancelled():
            self._cancelling = True
            self._channel.send({"cancel": True})
        elif token := self._observer.renewed_token():
            self._channel.send({"token": token})

    def _pass_on(self, event: TaskEvent) -> None:
        self._last = max(self._last, event.number)
        if event.status is TaskStatus.RUNNING:
            self._open[event.number] = event
        elif event.kind == "task":
            self._open.pop(event.number, None)
        self._observer.on_event(event)

    def _conclude(self, raw: Mapping[str, Any]) -> RunResult:
        result = RunResult(
            status=RunStatus(raw["status"]),
            exit_code=raw["exit_code"],
            stdout=raw["stdout"],
            stderr=raw["stderr"],
            stats=raw["stats"],
        )
        if result.status is RunStatus.SUCCESSFUL:
            return result
        why = _WHY.get(result.status)
        if why and self._open:
            self._end_open(why)
        elif why or not _told(result.stats):
            found = (
                [f"The run was stopped: {why}."]
                if why
                else causes.likely(result.stdout, result.stderr)
            )
            result = RunResult(**{**vars(result), "causes": found})
            self._observer.on_event(_fatal_event(self._last + 1, result))
        return result

    def _end_open(self, why: str) -> None:
        """No task stays at running: what was open when the run was stopped has failed."""
        message = f"Stopped before the task ended, as {why}; what it did is unknown."
        for event in self._open.values():
            changes = {"status": TaskStatus.FAILED, "result": {"msg": message}}
            self._observer.on_event(
                TaskEvent(**{**vars(event), **changes, "ended_at": datetime.now().astimezone()})
            )


def fatal(observer: JobObserver, problem: str) -> RunResult:
    """Tell and return the end of a run that cannot even be started."""
    result = RunResult(status=RunStatus.FAILED, exit_code=1, stderr=problem, causes=[problem])
    observer.on_event(_fatal_event(1, result))
    return result


def _told(stats: Mapping[str, int]) -> bool:
    """Whether a task's own event already tells why the run failed."""
    return bool(stats.get("failures") or stats.get("unreachable"))


def _fatal_event(number: int, result: RunResult) -> TaskEvent:
    now = datetime.now().astimezone()
    return TaskEvent(
        number=number,
        name="Fatal error",
        status=TaskStatus.FAILED,
        kind="fatal",
        result={
            "exit_code": result.exit_code,
            "stdout": result.stdout,
            "stderr": result.stderr,
            "causes": list(result.causes),
        },
        started_at=now,
        ended_at=now,
    )


def _order(job: ProvisioningJob, path: Path) -> dict[str, Any]:
    return {
        "play": path.name,
        "plays_dir": str(path.parent.absolute()),
        "variables": job.variables,
        "config": job.config,
        "environment": job.environment,
        "time_limit_s": job.time_limit_s,
    }


def _event(raw: Mapping[str, Any]) -> TaskEvent:
    times = {
        name: datetime.fromisoformat(raw[name]) if raw[name] else None
        for name in ("started_at", "ended_at")
    }
    return TaskEvent(**{**raw, **times, "status": TaskStatus(raw["status"])})
