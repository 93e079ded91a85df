"""Provisioners with either engine; one program half serves all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner

PLAYS = Path(__file__).with_name("plays")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the provisioners of a module write."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def fork_server(work: Path) -> Iterator[AnsibleProvisioner]:
    """The warm engine."""
    made = AnsibleProvisioner(plays_dir=PLAYS, work_dir=work / "fork_server")
    yield made
    made.close()


@pytest.fixture(scope="module")
def ansible_runner(work: Path) -> Iterator[AnsibleProvisioner]:
    """The plain engine."""
    made = AnsibleProvisioner(
        plays_dir=PLAYS, work_dir=work / "ansible_runner", engine="ansible_runner"
    )
    yield made
    made.close()
