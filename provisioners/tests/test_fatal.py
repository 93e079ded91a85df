"""What stops a run between tasks is told with its output and likely causes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from omnicore_provisioner_ansible import causes
from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner

from omnicore.sdk.ports.provisioning import Provisioner, ProvisioningJob, RunStatus
from omnicore.sdk.testing.provisioning import Ear


@pytest.mark.parametrize(
    ("play", "cause", "output"),
    [
        ("undefined_hosts", "a variable that nobody has set", "nobody_defined_this"),
        ("wrong_module", "a module that is not installed", "no_such_module"),
        ("wrong_keyword", "misspelt", "whne"),
        ("missing_include", "is not there", "task_not_there.yaml"),
    ],
)
def test_a_fatal_event_names_a_likely_cause(
    fork_server: Provisioner, play: str, cause: str, output: str
) -> None:
    ear = Ear()
    result = fork_server.run(ProvisioningJob(job_id="1", play=play, variables={}, config={}), ear)
    assert result.status is RunStatus.FAILED
    last = ear.events[-1]
    assert last.kind == "fatal"
    assert any(cause in one for one in last.result["causes"])
    assert output in last.result["stderr"]
    assert "\x1b" not in last.result["stderr"]
    assert "/job-" not in last.result["stderr"]
    assert last.result["exit_code"] == result.exit_code != 0


def test_an_unknown_cause_is_admitted() -> None:
    assert causes.likely("", "gibberish") == ["No known cause fits: read the output of the run."]


def test_a_workspace_that_cannot_be_made_is_told(
    tmp_path: Path,
) -> None:
    plays = tmp_path / "plays"
    plays.mkdir()
    (plays / "play_a.yaml").write_text("- {name: A, hosts: localhost}")
    provisioner = AnsibleProvisioner(plays_dir=plays, work_dir=tmp_path / "work")
    job = ProvisioningJob(job_id="1", play="play_a", variables={}, config={})
    assert provisioner.run(job, Ear()).status is RunStatus.SUCCESSFUL
    shutil.rmtree(tmp_path / "work")
    ear = Ear()
    result = provisioner.run(job, ear)
    provisioner.close()
    assert result.status is RunStatus.FAILED
    assert "workspace" in result.stderr
    assert ear.events[-1].kind == "fatal"
