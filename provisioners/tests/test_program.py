"""The program half: when it starts, what it is given, and what becomes of it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from omnicore_provisioner_ansible.installed import choose_engine
from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner

from omnicore.sdk.ports.provisioning import ProvisioningJob, RunStatus
from omnicore.sdk.testing.provisioning import Ear, alive

PLAYS = Path(__file__).with_name("plays")


def job(play: str, **variables: object) -> ProvisioningJob:
    """A job with a key in its environment."""
    return ProvisioningJob(
        job_id="1",
        play=play,
        variables={"access_token": "old", **variables},
        config={},
        environment={"MAILJET_API_KEY": "given"},
        time_limit_s=100,
    )


def wait_until(true: object, what: str) -> None:
    """Poll for something that another process does."""
    give_up = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def test_the_plugin_half_imports_no_ansible_and_starts_nothing() -> None:
    code = (
        "import sys, omnicore_provisioner_ansible.manifest, omnicore_provisioner_ansible.hooks\n"
        "from pathlib import Path\n"
        "from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner\n"
        "p = AnsibleProvisioner(plays_dir=Path(sys.argv[1]), work_dir=Path('/nonexistent/x'))\n"
        "assert p.plays() and p.program.pid is None\n"
        "p.close()\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('ansible', 'ansible_runner')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(PLAYS)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_play_gets_the_given_environment_and_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNICORE_TEST_SECRET", "sesame")
    provisioner = AnsibleProvisioner(plays_dir=PLAYS, work_dir=tmp_path)
    ear = Ear()
    result = provisioner.run(job("play_environment"), ear)
    provisioner.close()
    assert result.status is RunStatus.SUCCESSFUL
    told = ear.ends("Tell")[0].result["msg"]
    assert (told["given"], told["ours"]) == ("given", "")
    assert told["home"].startswith(f"{tmp_path}/job-")
    assert told["tmp"].startswith(f"{tmp_path}/job-")
    assert ear.ends("Tell from a module")[0].result["stdout"] == "given-"


def test_a_renewed_token_reaches_the_next_task(
    fork_server: AnsibleProvisioner, tmp_path: Path
) -> None:
    class Renewer(Ear):
        given = 0

        def renewed_token(self) -> str | None:
            if not self.ends("Before"):
                return None
            self.given += 1
            if self.given == 2:  # the first one is with the job when we are asked again
                (tmp_path / "signal").touch()
            return "new" if self.given == 1 else None

    ear = Renewer()
    fork_server.run(job("play_token", signal_file=str(tmp_path / "signal")), ear)
    assert ear.ends("Before")[0].result["msg"] == "old"
    assert ear.ends("After")[0].result["msg"] == "new"


def test_a_running_job_survives_the_server_and_the_next_starts_another(
    tmp_path: Path,
) -> None:
    provisioner = AnsibleProvisioner(plays_dir=PLAYS, work_dir=tmp_path / "work")
    ear, flag = Ear(), tmp_path / "signal"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(provisioner.run, job("play_token", signal_file=str(flag)), ear)
        ear.wait_for(lambda event: event.name == "Before" and event.ended_at is not None)
        first = provisioner.program.pid
        assert first
        os.kill(first, signal.SIGKILL)
        flag.touch()
        assert running.result(60).status is RunStatus.SUCCESSFUL
    assert provisioner.run(job("play_succeed"), Ear()).status is RunStatus.SUCCESSFUL
    assert provisioner.program.pid != first
    provisioner.close()


def test_a_killed_worker_takes_its_jobs_with_it(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from omnicore.sdk.ports.provisioning import ProvisioningJob\n"
        "from omnicore.sdk.testing.provisioning import Ear\n"
        "from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner\n"
        "plays, work, pid_file = sys.argv[1:]\n"
        "p = AnsibleProvisioner(plays_dir=Path(plays), work_dir=Path(work))\n"
        "v = {'pid_file': pid_file}\n"
        "p.run(ProvisioningJob(job_id='1', play='play_hang', variables=v, config={}), Ear())\n"
    )
    work, pid_file = tmp_path / "work", tmp_path / "pid"
    worker = subprocess.Popen([sys.executable, "-c", code, str(PLAYS), str(work), str(pid_file)])
    wait_until(pid_file.exists, "the play did not start its process")
    stray = int(pid_file.read_text())
    worker.kill()
    worker.wait()
    wait_until(lambda: not alive(stray), "what the play started is still there")
    wait_until(lambda: not list(work.glob("job-*")), "the workspace is still there")


def test_a_start_sweeps_workspaces_of_the_dead_only(tmp_path: Path) -> None:
    (tmp_path / "job-dead" / "deep").mkdir(parents=True)
    (tmp_path / "job-dead" / "deep" / "vars.json").write_text("sesame")
    (tmp_path / "job-dead" / "deep").chmod(0o500)
    (tmp_path / "job-alive").mkdir()
    lock = os.open(tmp_path / "job-alive", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    provisioner = AnsibleProvisioner(plays_dir=PLAYS, work_dir=tmp_path)
    provisioner.run(job("play_succeed"), Ear())
    provisioner.close()
    os.close(lock)
    assert [path.name for path in tmp_path.glob("job-*")] == ["job-alive"]


def test_an_unpinned_ansible_is_run_by_the_plain_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose_engine("fork_server")[0] == "fork_server"
    info = tmp_path / "ansible_core-2.21.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ansible-core\nVersion: 2.21.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    engine, why = choose_engine("fork_server")
    assert engine == "ansible_runner"
    assert "2.21.0" in why
