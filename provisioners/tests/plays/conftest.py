"""The shipped plays and the systems beside them, ready for a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from doubles.crm import CrmDouble
from doubles.hss import HssDouble
from doubles.mail import MailDouble
from doubles.ocs import TENANT, Ocs
from doubles.stage import PLAYS, Stage, fill
from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner


@pytest.fixture
def crm() -> Iterator[CrmDouble]:
    double = CrmDouble()
    fill(double)
    yield double
    double.close()


@pytest.fixture
def ocs(tmp_path: Path) -> Iterator[Ocs]:
    server = Ocs(tmp_path / "ocs.sqlite")
    yield server
    server.close()


@pytest.fixture
def hss() -> Iterator[HssDouble]:
    double = HssDouble(key="prov-key-1")
    yield double
    double.close()


@pytest.fixture
def mail() -> Iterator[MailDouble]:
    double = MailDouble()
    yield double
    double.close()


@pytest.fixture(scope="session")
def provisioner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnsibleProvisioner]:
    """The shipped provisioner with the shipped plays, warm for the whole session."""
    made = AnsibleProvisioner(plays_dir=PLAYS, work_dir=tmp_path_factory.mktemp("jobs"))
    yield made
    made.close()


@pytest.fixture
def stage(tmp_path: Path, provisioner: AnsibleProvisioner, crm: CrmDouble, ocs: Ocs) -> Stage:
    """The shipped plays with the systems that they call."""
    config = {
        "crm": {"base_url": crm.url},
        "ocs": {"cgrates": ocs.address, "OCS": ocs.address, "ocsTenant": TENANT},
        "hss": {"hss_peers": [], "apn_list": "1,2"},
    }
    return Stage(tmp_path, provisioner, crm, ocs, config)
