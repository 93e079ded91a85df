"""Both engines keep the contract of a provisioner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from omnicore.sdk.ports.provisioning import Provisioner
from omnicore.sdk.testing.provisioning import ProvisionerContract


class TestForkServer(ProvisionerContract):
    """The warm engine."""

    short_limit_s = 3.0

    @pytest.fixture
    def provisioner(self, fork_server: Provisioner) -> Provisioner:
        return fork_server

    @pytest.fixture
    def places(self, work: Path) -> Sequence[Path]:
        return [work, Path.home() / ".ansible"]


class TestAnsibleRunner(ProvisionerContract):
    """The plain engine."""

    @pytest.fixture
    def provisioner(self, ansible_runner: Provisioner) -> Provisioner:
        return ansible_runner

    @pytest.fixture
    def places(self, work: Path) -> Sequence[Path]:
        return [work, Path.home() / ".ansible"]
