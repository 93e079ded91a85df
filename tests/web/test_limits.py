"""Tries are limited by address: log-ins and wrong API keys."""

from __future__ import annotations

from typing import Any

import pytest

from omnicore.identity import service

KEY = "automation-key-0123456789-0123456789"
LOGIN = {"email": "nobody@example.com", "password": "Wrong-Horse-7"}


@pytest.fixture
def extra_settings() -> str:
    return (
        "web: {login_rate: 3 per hour, public_rate: 2 per hour}\n"
        f"api_keys: {{{KEY}: {{roles: [view_customer]}}}}\n"
    )


def _log_in(client: Any, ip: str = "192.0.2.1", body: Any = None) -> Any:
    where = {"REMOTE_ADDR": ip}
    return client.post("/crm/auth/login", json=body or LOGIN, environ_base=where)


def test_log_ins_are_limited_by_address(runtime: Any, client: Any) -> None:
    assert [_log_in(client).status_code for _ in range(3)] == [401] * 3
    refused = _log_in(client)
    assert refused.status_code == 429
    assert refused.content_type == "application/problem+json"
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.json["retry_after"] == int(refused.headers["Retry-After"])
    assert _log_in(client, "192.0.2.2").status_code == 401


def test_a_body_that_cannot_be_read_counts_too(runtime: Any, client: Any) -> None:
    for _ in range(3):
        assert _log_in(client, body={"email": 7}).status_code == 422
    assert _log_in(client).status_code == 429


def test_public_routes_have_a_limit_of_their_own(runtime: Any, client: Any) -> None:
    path, body = "/crm/auth/refresh", {"refresh_token": "x"}
    codes = [client.post(path, json=body).status_code for _ in range(3)]
    assert codes == [401, 401, 429]


def test_wrong_keys_shut_their_address_out_and_right_ones_cost_nothing(
    runtime: Any, client: Any
) -> None:
    with runtime.db.write() as uow:
        service.seed(uow)

    def get(key: str, ip: str = "192.0.2.1") -> int:
        where = {"REMOTE_ADDR": ip}
        headers = {"X-API-KEY": key}
        return client.get("/crm/customers", headers=headers, environ_base=where).status_code

    assert [get(KEY) for _ in range(5)] == [200] * 5
    assert [get("wrong") for _ in range(3)] == [401] * 3
    assert get("wrong") == 429
    assert get(KEY) == 429
    assert get(KEY, "192.0.2.2") == 200
