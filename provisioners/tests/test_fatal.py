"""What stops a run between tasks is told with its output and likely causes."""

from __future__ import annotations

import pytest
from omnicore_provisioner_ansible import causes

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
