"""Where a caller comes from: proxies are believed only where the file says so."""

from __future__ import annotations

from typing import Any

import pytest

from omnicore.identity import service
from omnicore.web.address import _behind

PROXIES = ("10.0.0.0/24", "2001:db8:ffff::/48")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "10.9.9.9", "203.0.113.9"),  # nobody trusted says so
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "10.9.9.9, 198.51.100.7", "198.51.100.7"),  # the left part is forged
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8:ffff::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "10.9.9.9, unknown", ""),
        ("10.0.0.1", "198.51.100.7, ,", "198.51.100.7"),
        ("", "10.9.9.9", ""),
    ],
)
def test_the_caller_is_the_first_hop_from_the_right_that_is_not_ours(
    peer: str, forwarded: str, address: str
) -> None:
    assert _behind(PROXIES, peer, forwarded) == address


class TestBehindAProxy:
    """A deployment that trusts one proxy and one address."""

    @pytest.fixture
    def extra_settings(self) -> str:
        return (
            "web: {trusted_proxies: [10.0.0.1]}\n"
            "ip_whitelist: {10.9.9.9: {roles: [view_customer]}}\n"
        )

    @pytest.mark.parametrize(
        ("peer", "forwarded", "status"),
        [
            ("10.0.0.1", "10.9.9.9", 200),
            ("10.9.9.9", None, 200),
            ("203.0.113.9", "10.9.9.9", 401),
            ("10.0.0.1", "10.9.9.9, 203.0.113.9", 401),
            ("10.0.0.1", "nonsense", 401),
            ("10.0.0.1", None, 401),
        ],
    )
    def test_a_forged_header_opens_no_whitelist(
        self, runtime: Any, client: Any, peer: str, forwarded: str | None, status: int
    ) -> None:
        with runtime.db.write() as uow:
            service.seed(uow)
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        answer = client.get("/crm/customers", headers=headers, environ_base={"REMOTE_ADDR": peer})
        assert answer.status_code == status


class TestWithoutAProxy:
    """A deployment that trusts an address, and no proxy."""

    @pytest.fixture
    def extra_settings(self) -> str:
        return "ip_whitelist: {10.9.9.9: {roles: [view_customer]}}\n"

    def test_the_header_counts_for_nothing(self, runtime: Any, client: Any) -> None:
        headers = {"X-Forwarded-For": "10.9.9.9"}
        assert client.get("/crm/customers", headers=headers).status_code == 401
