"""Pages of other origins get nothing, unless the settings name them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.conftest import People

PREFLIGHT = {
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization",
}


class TestClosed:
    def test_no_origin_is_granted_anything(self, client: FlaskClient) -> None:
        headers = {"Origin": "https://evil.example", **PREFLIGHT}
        for answer in (
            client.get("/crm/health", headers=headers),
            client.options("/crm/customers", headers=headers),
        ):
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


class TestOneOrigin:
    @pytest.fixture
    def extra_settings(self) -> str:
        return "web: {cors_origins: ['https://portal.example']}\n"

    def test_the_named_origin_is_granted_also_on_errors(self, people: People) -> None:
        answer = people.nobody().get("/crm/customers", headers={"Origin": "https://portal.example"})
        assert answer.status_code == 401
        assert answer.headers["Access-Control-Allow-Origin"] == "https://portal.example"
        assert "Origin" in answer.headers["Vary"]

    def test_a_preflight_is_answered(self, client: FlaskClient) -> None:
        headers = {"Origin": "https://portal.example", **PREFLIGHT}
        answer = client.options("/crm/customers", headers=headers)
        assert answer.status_code == 204
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]

    def test_another_origin_is_not(self, client: FlaskClient) -> None:
        headers = {"Origin": "https://portal.example.evil.example", **PREFLIGHT}
        answer = client.options("/crm/customers", headers=headers)
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert "Origin" in answer.headers["Vary"]
