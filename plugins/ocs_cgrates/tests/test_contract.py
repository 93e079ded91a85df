"""CGRateS keeps the contract of a charging backend, in both of its releases' dialects."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from omnicore_ocs_cgrates.backend import CgratesBackend

from omnicore.sdk.testing.charging import ChargingBackendContract, ChargingSandbox


class TestCgratesBackend(ChargingBackendContract):
    @pytest.fixture
    def backend(
        self, sandbox: ChargingSandbox, make_backend: Callable[..., CgratesBackend]
    ) -> CgratesBackend:
        return make_backend()

    @pytest.fixture
    def sandbox(self, sandbox: ChargingSandbox) -> ChargingSandbox:
        return sandbox
