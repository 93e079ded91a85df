"""A conformance suite notices when a plugin switches part of it off."""

from __future__ import annotations

import pytest

from omnicore.sdk.testing.charging import ChargingBackendContract


class Cheat(ChargingBackendContract):
    __test__ = False

    def test_the_same_grant_is_not_given_twice(self): ...


class Absent(ChargingBackendContract):
    __test__ = False
    test_the_same_grant_is_not_given_twice = None


@pytest.mark.skip(reason="a class that is skipped as a whole")
class Skipped(ChargingBackendContract):
    __test__ = False


class Unreasoned(ChargingBackendContract):
    __test__ = False

    @pytest.mark.xfail
    def test_the_same_grant_is_not_given_twice(self): ...


class Honest(ChargingBackendContract):
    __test__ = False

    @pytest.mark.xfail(reason="this engine cannot tell two grants apart")
    def test_the_same_grant_is_not_given_twice(self): ...


@pytest.mark.parametrize("suite", [Cheat, Absent, Unreasoned])
def test_a_silent_override_fails(suite):
    with pytest.raises(AssertionError, match="test_the_same_grant_is_not_given_twice"):
        suite().test_nothing_of_the_contract_is_switched_off()


def test_a_skipped_suite_fails():
    with pytest.raises(AssertionError, match="skipped"):
        Skipped().test_nothing_of_the_contract_is_switched_off()


def test_a_reasoned_xfail_is_accepted():
    Honest().test_nothing_of_the_contract_is_switched_off()
