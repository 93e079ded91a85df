"""Sessions: refresh tokens rotate, a copy ends them, and they end at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from omnicore.activity.models import Activity
from omnicore.config import Settings
from omnicore.identity import sessions
from omnicore.identity.errors import SessionOver
from omnicore.identity.models import LoginSession
from omnicore.identity.sessions import Client
from tests.conftest import Clock
from tests.identity.conftest import bearer

PATH = "/crm/auth/refresh"
CUSTOMERS = "/crm/customers"


def _refresh(client: Any, token: str) -> Any:
    return client.post(PATH, json={"refresh_token": token})


def _may_read(client: Any, token: str) -> bool:
    return client.get(CUSTOMERS, headers=bearer(token)).status_code == 200


def test_a_refresh_token_brings_the_next_pair(
    person: Any, log_in: Any, client: Any, clock: Clock
) -> None:
    person("sue")
    first = log_in("sue").json
    clock.advance(minutes=20)
    second = _refresh(client, first["refresh_token"]).json
    assert second["token"] == second["access_token"] != first["token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert _may_read(client, second["token"])
    assert _refresh(client, second["refresh_token"]).status_code == 200


def test_a_used_refresh_token_ends_the_whole_session(
    person: Any, log_in: Any, client: Any, seeded: Any
) -> None:
    person("sue")
    first = log_in("sue").json
    second = _refresh(client, first["refresh_token"]).json
    assert _refresh(client, first["refresh_token"]).status_code == 401
    assert _refresh(client, second["refresh_token"]).status_code == 401
    assert not _may_read(client, first["token"])
    assert not _may_read(client, second["token"])
    with seeded.db.read() as uow:
        actions = uow.session.scalars(select(Activity.action).where(Activity.kind == "session"))
        assert actions.all() == ["ended"]


def test_another_session_of_the_same_user_goes_on(person: Any, log_in: Any, client: Any) -> None:
    person("sue")
    here, there = log_in("sue").json, log_in("sue").json
    _refresh(client, here["refresh_token"])
    _refresh(client, here["refresh_token"])
    assert not _may_read(client, here["token"])
    assert _may_read(client, there["token"])


def test_of_two_parallel_refreshes_exactly_one_wins(person: Any, log_in: Any, seeded: Any) -> None:
    person("sue")
    token = log_in("sue").json["refresh_token"]
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def go() -> None:
        together.wait()
        try:
            sessions.refresh(seeded.db, token, Client("192.0.2.1"))
        except SessionOver:
            outcomes.append("refused")
        else:
            outcomes.append("won")

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "won"]


def test_log_out_ends_access_and_refresh_at_once(person: Any, log_in: Any, client: Any) -> None:
    person("sue")
    tokens = log_in("sue").json
    assert _may_read(client, tokens["token"])
    answer = client.post("/crm/auth/logout", headers=bearer(tokens["token"]))
    assert answer.status_code == 200
    assert "refresh_token=; Expires=Thu, 01 Jan 1970" in answer.headers["Set-Cookie"]
    assert not _may_read(client, tokens["token"])
    assert _refresh(client, tokens["refresh_token"]).status_code == 401


def test_a_browser_refreshes_by_cookie_and_no_script_sees_the_next_one(
    person: Any, log_in: Any, client: Any
) -> None:
    person("sue")
    token = log_in("sue").json["refresh_token"]
    client.delete_cookie("refresh_token", path="/crm/auth")
    client.set_cookie("refresh_token", token, path="/crm/auth")
    answer = client.post(PATH)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json
    assert "refresh_token=" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("token", ["", "x" * 43, "a.b.c"])
def test_an_unknown_refresh_token_is_refused(seeded: Any, client: Any, token: str) -> None:
    assert _refresh(client, token).status_code == 401


def test_a_session_ends_when_its_refresh_token_is_too_old(
    person: Any, log_in: Any, client: Any, clock: Clock
) -> None:
    person("sue")
    short = log_in("sue").json["refresh_token"]
    long = log_in("sue", remember_me=True).json["refresh_token"]
    clock.advance(days=29)
    assert _refresh(client, short).status_code == 401
    assert _refresh(client, long).status_code == 200


class TestWithIdleTime:
    """A deployment that ends idle sessions."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, auth=replace(settings.auth, session_inactivity_minutes=10))

    def test_an_idle_session_ends(
        self, person: Any, log_in: Any, client: Any, clock: Clock
    ) -> None:
        person("sue")
        token = log_in("sue").json["refresh_token"]
        clock.advance(minutes=9)
        token = _refresh(client, token).json["refresh_token"]
        clock.advance(minutes=11)
        assert _refresh(client, token).status_code == 401


def test_sessions_that_ended_long_ago_are_forgotten(
    person: Any, log_in: Any, seeded: Any, clock: Clock
) -> None:
    person("sue")
    log_in("sue")
    clock.advance(days=40)
    log_in("sue")
    with seeded.db.read() as uow:
        assert len(uow.session.scalars(select(LoginSession)).all()) == 1


def test_me_says_who_the_caller_is(person: Any, log_in: Any, client: Any) -> None:
    user_id = person("sue", "Support")
    body = client.get("/crm/auth/me", headers=bearer(log_in("sue").json["token"])).json
    assert body["user"]["id"] == user_id
    assert body["roles"] == ["Support"]
    assert "view_customer" in body["permissions"]
    assert body["customer_id"] is None
    assert not {"password_hash", "totp_secret", "backup_codes"} & set(body["user"])
