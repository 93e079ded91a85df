"""People with passwords, on a seeded deployment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from omnicore.identity import service
from omnicore.runtime import Runtime

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def seeded(runtime: Runtime) -> Runtime:
    """The runtime with the catalogue and the ready roles."""
    with runtime.db.write() as uow:
        service.seed(uow)
    return runtime


@pytest.fixture
def person(seeded: Runtime) -> Callable[..., int]:
    """Makes a user who logs in with ``PASSWORD``; answers the id."""

    def make(name: str, *roles: str, contact_id: int | None = None) -> int:
        with seeded.db.write() as uow:
            return service.create_user(
                uow,
                username=name,
                email=f"{name}@example.com",
                password=PASSWORD,
                roles=roles or ("Support",),
                contact_id=contact_id,
            ).id

    return make


@pytest.fixture
def log_in(client: FlaskClient) -> Callable[..., Any]:
    """Posts a log-in and answers the response."""

    def post(name: str, password: str = PASSWORD, **more: Any) -> Any:
        body = {"email": f"{name}@example.com", "password": password} | more
        return client.post("/crm/auth/login", json=body)

    return post


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}
