"""The contract of a provisioner, as tests.

A vendor's whole test file::

    class TestMyProvisioner(ProvisionerContract):
        @pytest.fixture
        def provisioner(self, places): ...

        @pytest.fixture
        def places(self, tmp_path): ...

and a play for every :class:`Behaviour`, under that name, in whatever language the
provisioner runs.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

import pytest

from omnicore.sdk.ports.provisioning import (
    Provisioner,
    ProvisioningJob,
    RunResult,
    RunStatus,
    TaskEvent,
    TaskStatus,
)
from omnicore.sdk.testing.contract import Contract

_PATIENCE_S = 60.0
_MARKER = "sesame-5d1f0c"


class Behaviour(StrEnum):
    """The plays that the suite runs, by name."""

    SUCCEED = "play_succeed"
    """Described as "Two good tasks"; two tasks end well."""
    FAIL = "play_fail"
    """A task named "Break" fails; a task after it would not."""
    IGNORE = "play_ignore"
    """A task named "Break" fails and is ignored, a task named "Go on" ends well."""
    TELL = "play_tell"
    """The result of its task "Tell" holds under ``msg`` a mapping with the variable ``value``
    under ``told``, the variable ``SIM Card`` under ``spaced`` and the config's ``crm.base_url``
    under ``config``."""
    HANG = "play_hang"
    """A task ends well; then one starts a process that leaves the process group and session,
    which writes its pid to the file named by ``pid_file`` and lasts ten minutes."""
    MISSING = "play_missing"
    """Is not there."""
    BROKEN = "play_broken"
    """Is there, and cannot be parsed."""


VALUES: Mapping[str, Any] = {
    "template": "{% for i in range(9) %}x{% endfor %}",
    "shell": "$(id) `id` ; id",
    "script": "Zoë – 日本 🛰 \u200f",
    "quoting": 'quote " backslash \\ line\nbreak',
    "deep": ["{{ 1 + 1 }}", {"deeper {{ 3 + 3 }}": "{{ 2 + 2 }}"}],
    "digits": "0045",
    "numbers": [45, 12.5],
    "others": [True, None, [], {}],
}


class Ear:
    """Hears a run; a test can wait for what it says."""

    def __init__(self) -> None:
        self.events: list[TaskEvent] = []
        self.stop = threading.Event()
        self._told = threading.Condition()

    def on_event(self, event: TaskEvent) -> None:
        """Keep it and wake who waits."""
        with self._told:
            self.events.append(event)
            self._told.notify_all()

    def cancelled(self) -> bool:
        """Once the test has set ``stop``."""
        return self.stop.is_set()

    def renewed_token(self) -> str | None:
        """The token in the variables is good enough."""
        return None

    def wait_for(self, wanted: Callable[[TaskEvent], bool]) -> TaskEvent:
        """The first event that is wanted, past or to come."""
        with self._told:
            self._told.wait_for(lambda: any(map(wanted, self.events)), _PATIENCE_S)
        return next(event for event in self.events if wanted(event))

    def ends(self, name: str | None = None) -> list[TaskEvent]:
        """The ends of tasks, of those with this name when one is given."""
        return [
            event
            for event in self.events
            if event.status is not TaskStatus.RUNNING and name in (None, event.name)
        ]


class ProvisionerContract(Contract):
    """Subclass it, give it ``provisioner`` and ``places``, override no test."""

    short_limit_s: ClassVar[float] = 6.0
    """A time limit within which the play that hangs has surely come to hang."""

    @pytest.fixture
    def places(self) -> Sequence[Path]:
        """Every folder that the provisioner may write to."""
        raise NotImplementedError

    @pytest.fixture
    def provisioner(self) -> Provisioner:
        """A provisioner that knows the plays of :class:`Behaviour`; the fixture closes it."""
        raise NotImplementedError

    def job(
        self, play: str, time_limit_s: float = _PATIENCE_S, **variables: Any
    ) -> ProvisioningJob:
        """A job for one of the plays."""
        return ProvisioningJob(
            job_id="job-1",
            play=play,
            variables={"access_token": "token", **variables},
            config={"crm": {"base_url": "http://127.0.0.1:5000"}},
            environment={"MAILJET_API_KEY": "key"},
            time_limit_s=time_limit_s,
        )

    def tell(self, provisioner: Provisioner, **variables: Any) -> dict[str, Any]:
        """What a play sees of the variables."""
        ear = Ear()
        result = provisioner.run(self.job(Behaviour.TELL, **variables), ear)
        assert result.status is RunStatus.SUCCESSFUL, result
        (told,) = ear.ends("Tell")
        return dict(told.result["msg"])

    def test_key_is_a_slug(self, provisioner: Provisioner) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", provisioner.key)

    def test_plays_are_listed_and_described(self, provisioner: Provisioner) -> None:
        plays = {play.name: play for play in provisioner.plays()}
        good = plays[Behaviour.SUCCEED]
        assert (good.description, good.task_count, good.problem) == ("Two good tasks", 2, "")
        assert good == provisioner.inspect(Behaviour.SUCCEED)
        assert plays[Behaviour.BROKEN].problem
        assert Behaviour.MISSING not in plays

    @pytest.mark.parametrize("play", [Behaviour.MISSING, Behaviour.BROKEN])
    def test_a_play_that_cannot_run_is_a_problem_and_a_fatal_event(
        self, provisioner: Provisioner, play: str
    ) -> None:
        assert provisioner.inspect(play).problem
        ear = Ear()
        result = provisioner.run(self.job(play), ear)
        assert result.status is RunStatus.FAILED
        assert result.exit_code != 0
        assert result.causes
        assert [event.kind for event in ear.events] == ["fatal"]
        assert ear.events[0].status is TaskStatus.FAILED
        assert {"exit_code", "stdout", "stderr", "causes"} <= ear.events[0].result.keys()

    @pytest.mark.parametrize(
        "name", ["../play_succeed", "/etc/passwd", "a/b", "..", ".", "", "a\0b", "~/play"]
    )
    def test_a_name_that_leaves_the_folder_is_refused(
        self, provisioner: Provisioner, name: str
    ) -> None:
        assert provisioner.inspect(name).problem
        assert provisioner.run(self.job(name), Ear()).status is RunStatus.FAILED

    def test_each_task_is_told_when_it_starts_and_when_it_ends(
        self, provisioner: Provisioner
    ) -> None:
        ear = Ear()
        result = provisioner.run(self.job(Behaviour.SUCCEED), ear)
        assert (result.status, result.exit_code) == (RunStatus.SUCCESSFUL, 0)
        running, done = TaskStatus.RUNNING, TaskStatus.SUCCESS
        told = [(event.number, event.status) for event in ear.events]
        assert told == [(1, running), (1, done), (2, running), (2, done)]
        for event in ear.events:
            assert event.started_at is not None
            assert event.started_at.tzinfo is not None
            assert (event.ended_at is None) == (event.status is running)

    def test_a_failure_ends_the_run_and_names_the_task(self, provisioner: Provisioner) -> None:
        ear = Ear()
        result = provisioner.run(self.job(Behaviour.FAIL), ear)
        assert result.status is RunStatus.FAILED
        assert result.exit_code != 0
        assert ear.events[-1].name == "Break"
        assert ear.events[-1].status is TaskStatus.FAILED

    def test_an_ignored_failure_is_told_apart(self, provisioner: Provisioner) -> None:
        ear = Ear()
        assert provisioner.run(self.job(Behaviour.IGNORE), ear).status is RunStatus.SUCCESSFUL
        assert [event.status for event in ear.ends("Break")] == [TaskStatus.IGNORED]
        assert [event.status for event in ear.ends("Go on")] == [TaskStatus.SUCCESS]

    def test_a_template_in_a_variable_stays_text(self, provisioner: Provisioner) -> None:
        value = "{{ lookup('pipe', 'id') }}"
        assert self.tell(provisioner, value=value, **{"SIM Card": 1})["told"] == value

    def test_variables_arrive_as_they_were_given(self, provisioner: Provisioner) -> None:
        """Nested ones, of every JSON type, in every script, and under names with spaces."""
        told = self.tell(provisioner, value=VALUES, **{"SIM Card": 5001})
        assert told == {"told": VALUES, "spaced": 5001, "config": "http://127.0.0.1:5000"}

    def test_events_are_told_while_the_run_goes_on_and_cancel_ends_it(
        self, provisioner: Provisioner, tmp_path: Path
    ) -> None:
        ear = Ear()
        with ThreadPoolExecutor(1) as pool:
            running, stray = self.hang(provisioner, ear, tmp_path, pool)
            assert ear.ends(), "the first task was not told before the run ended"
            asked = time.monotonic()
            ear.stop.set()
            result = running.result(_PATIENCE_S)
        assert time.monotonic() - asked < 2.0
        assert result.status is RunStatus.CANCELLED
        assert not alive(stray)
        self.nothing_stays_at_running(ear)

    def test_the_time_limit_ends_everything_the_play_started(
        self, provisioner: Provisioner, tmp_path: Path
    ) -> None:
        provisioner.run(self.job(Behaviour.SUCCEED), Ear())
        ear = Ear()
        with ThreadPoolExecutor(1) as pool:
            running, stray = self.hang(provisioner, ear, tmp_path, pool, self.short_limit_s)
            result = running.result(_PATIENCE_S)
        assert result.status is RunStatus.TIMED_OUT
        assert not alive(stray)
        self.nothing_stays_at_running(ear)

    def test_a_crash_is_told_and_the_next_run_works(
        self, provisioner: Provisioner, tmp_path: Path
    ) -> None:
        ear = Ear()
        with ThreadPoolExecutor(1) as pool:
            running, stray = self.hang(provisioner, ear, tmp_path, pool)
            for pid in reversed(ancestors(stray)):
                os.kill(pid, signal.SIGKILL)
            result = running.result(_PATIENCE_S)
        with suppress(ProcessLookupError):  # a provisioner may have ended it
            os.kill(stray, signal.SIGKILL)
        assert result.status is RunStatus.CRASHED
        assert result.exit_code != 0
        self.nothing_stays_at_running(ear)
        again = provisioner.run(self.job(Behaviour.SUCCEED), Ear())
        assert again.status is RunStatus.SUCCESSFUL

    def test_runs_side_by_side_do_not_meet(self, provisioner: Provisioner) -> None:
        def told(number: int) -> int:
            return int(self.tell(provisioner, value=number, **{"SIM Card": 1})["told"])

        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(told, range(6))) == list(range(6))

    def test_nothing_of_a_run_stays_on_disk(
        self, provisioner: Provisioner, places: Sequence[Path], tmp_path: Path
    ) -> None:
        self.tell(provisioner, value=_MARKER, **{"SIM Card": 1})
        provisioner.run(self.job(Behaviour.FAIL, value=_MARKER), Ear())
        ear = Ear()
        with ThreadPoolExecutor(1) as pool:
            running, _ = self.hang(provisioner, ear, tmp_path, pool, value=_MARKER)
            ear.stop.set()
            running.result(_PATIENCE_S)
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        assert not [path for path in files if _MARKER.encode() in path.read_bytes()]

    def test_no_variable_is_on_a_command_line_or_in_an_environment(
        self, provisioner: Provisioner, tmp_path: Path
    ) -> None:
        ear = Ear()
        with ThreadPoolExecutor(1) as pool:
            running, stray = self.hang(provisioner, ear, tmp_path, pool, value=_MARKER)
            seen = b"".join(
                Path(f"/proc/{pid}/{kind}").read_bytes()
                for pid in [stray, *ancestors(stray)]
                for kind in ("cmdline", "environ")
            )
            ear.stop.set()
            running.result(_PATIENCE_S)
        assert _MARKER.encode() not in seen

    def hang(
        self,
        provisioner: Provisioner,
        ear: Ear,
        tmp_path: Path,
        pool: ThreadPoolExecutor,
        time_limit_s: float = _PATIENCE_S,
        **variables: Any,
    ) -> tuple[Any, int]:
        """Start the play that hangs; its future, and the pid of the process that strays."""
        pid_file = tmp_path / "pid"
        pid_file.unlink(missing_ok=True)
        job = self.job(Behaviour.HANG, time_limit_s, pid_file=str(pid_file), **variables)
        future: Any = pool.submit(self.run, provisioner, job, ear)
        give_up = time.monotonic() + _PATIENCE_S
        while not (pid_file.exists() and pid_file.read_text().strip()):
            assert time.monotonic() < give_up, "the play did not start its process"
            assert not future.done(), future.result()
            time.sleep(0.02)
        return future, int(pid_file.read_text())

    @staticmethod
    def run(provisioner: Provisioner, job: ProvisioningJob, ear: Ear) -> RunResult:
        """Run, in a thread of the test."""
        return provisioner.run(job, ear)

    @staticmethod
    def nothing_stays_at_running(ear: Ear) -> None:
        """Each task that was told to have started was told to have ended."""
        last = {event.number: event.status for event in ear.events}
        assert TaskStatus.RUNNING not in last.values()
        assert TaskStatus.FAILED in last.values()


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def ancestors(pid: int) -> list[int]:
    """The processes between a process of a run and this one, nearest first."""
    found: list[int] = []
    while True:
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
        if pid in (0, 1, os.getpid()):
            return found
        found.append(pid)
