"""A deployment for tests: real database, real application, a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from omnicore import config, rooms
from omnicore.app import create_app
from omnicore.customers.models import Contact, Customer
from omnicore.identity import access
from omnicore.identity.models import Permission, Role, User
from omnicore.runtime import Runtime, build
from tests.databases import Databases

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECRET = "0123456789abcdef" * 4


class Clock:
    """Time that moves when a test says so."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **parts: float) -> None:
        self.moment += timedelta(**parts)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> str:
    """A database with all tables and nothing in them, once of each kind."""
    return databases.sqlite(tmp_path) if request.param == "sqlite" else databases.mariadb()


@pytest.fixture
def extra_settings() -> str:
    """More YAML for ``crm_config.yaml``; override it in a test module."""
    return ""


@pytest.fixture
def settings(database_url: str, tmp_path: Path, extra_settings: str) -> config.Settings:
    text_ = (
        f"jwt_secret: {SECRET}\n"
        f"database: {{url: '{database_url}'}}\n"
        f"auth: {{bcrypt_rounds: 4, cookie_secure: true}}\n"
        f"data_dir: {tmp_path}/var\n{extra_settings}"
    )
    return config.parse(text_, tmp_path / "crm_config.yaml")


@pytest.fixture
def runtime(settings: config.Settings, clock: Clock) -> Iterator[Runtime]:
    built = build(settings, now=clock)
    rooms.load_models()
    rooms.load_reactions()
    yield built
    built.close()


@dataclass
class Api:
    """The application as one caller sees it."""

    client: FlaskClient
    headers: dict[str, str]

    def __getattr__(self, verb: str) -> Any:
        def call(path: str, json: Any = None, **kwargs: Any) -> Any:
            headers = self.headers | kwargs.pop("headers", {})
            return getattr(self.client, verb)(path, json=json, headers=headers, **kwargs)

        return call


class People:
    """Makes users with exactly the permissions that a test names, and logs them in."""

    def __init__(self, runtime: Runtime, client: FlaskClient) -> None:
        self._runtime = runtime
        self._client = client
        self._count = 0

    def with_(self, *permissions: str, contact_id: int | None = None) -> Api:
        self._count += 1
        name = f"user{self._count}"
        with self._runtime.db.write() as uow:
            known = {p.name: p for p in uow.session.scalars(select(Permission))}
            wanted = [known.get(p) or Permission(name=p) for p in permissions]
            role = Role(name=f"role of {name}", permissions=wanted)
            user = User(
                username=name,
                email=f"{name}@staff.example",
                password_hash="",
                roles=[role],
                contact_id=contact_id,
            )
            uow.add(user)
            user_id = user.id
        token = access.access_token(self._runtime.db, user_id)
        return Api(self._client, {"Authorization": f"Bearer {token}"})

    def admin(self) -> Api:
        return self.with_("admin")

    def nobody(self) -> Api:
        return Api(self._client, {})

    def customer(self, name: str, *permissions: str) -> tuple[Api, int]:
        """A customer with one contact who may log in; and the customer's id."""
        with self._runtime.db.write() as uow:
            customer = uow.add(Customer(customer_name=name))
            contact = uow.add(Contact(customer_id=customer.customer_id, contact_firstname=name))
        return self.with_(*permissions, contact_id=contact.contact_id), customer.customer_id


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    app = create_app(runtime=runtime)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.fixture
def people(runtime: Runtime, client: FlaskClient) -> People:
    return People(runtime, client)
