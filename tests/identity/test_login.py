"""Log-in with a password: what it answers, what it refuses, what it leaves behind."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from sqlalchemy import select, text

from omnicore.activity.models import Activity
from omnicore.identity.models import RefreshToken, User
from tests.conftest import Clock
from tests.identity.conftest import PASSWORD, bearer


def test_a_log_in_answers_tokens_rights_and_the_user(person: Any, log_in: Any, client: Any) -> None:
    person("sue", "Support", "Finance")
    answer = log_in("sue")
    body = answer.json
    assert answer.status_code == 200
    assert body["token"] == body["access_token"]
    assert body["expires_in"] == 15 * 60
    assert body["roles"] == ["Support", "Finance"]
    assert {"view_customer", "view_customer_invoice"} <= set(body["permissions"])
    assert body["user"]["email"] == "sue@example.com"
    assert body["refresh_token"]
    assert client.get("/crm/customers", headers=bearer(body["token"])).status_code == 200


@pytest.mark.parametrize("name", ["sue", "SUE", "Sue@Example.com"])
def test_name_or_address_log_in_in_any_case_of_letters(person: Any, client: Any, name: str) -> None:
    person("sue")
    for field in ("email", "username"):
        body = {field: name, "password": PASSWORD}
        assert client.post("/auth/login", json=body).status_code == 200


def test_an_unknown_user_and_a_wrong_password_look_the_same(person: Any, log_in: Any) -> None:
    person("sue")
    wrong, unknown = log_in("sue", "Wrong-Horse-7"), log_in("nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert _without_id(wrong.json) == _without_id(unknown.json)
    assert wrong.json["message"] == "Invalid email or password"


def test_too_many_failures_lock_even_the_right_password_out(
    person: Any, log_in: Any, clock: Clock
) -> None:
    person("anna")
    for _ in range(5):
        assert log_in("anna", "Wrong-Horse-7").status_code == 401
    locked = log_in("anna")
    assert locked.status_code == 423
    assert locked.json["retry_after"] == 30 * 60
    clock.advance(minutes=30)
    assert log_in("anna").status_code == 200


def test_a_log_in_that_succeeds_sets_the_count_of_failures_back(person: Any, log_in: Any) -> None:
    person("anna")
    for _ in range(2):
        for _ in range(4):
            assert log_in("anna", "Wrong-Horse-7").status_code == 401
        assert log_in("anna").status_code == 200


def test_a_lock_that_is_over_gives_all_tries_back(person: Any, log_in: Any, clock: Clock) -> None:
    person("anna")
    for _ in range(5):
        log_in("anna", "Wrong-Horse-7")
    clock.advance(minutes=30)
    assert log_in("anna", "Wrong-Horse-7").status_code == 401
    assert log_in("anna").status_code == 200


def test_log_ins_are_counted_and_dated(person: Any, log_in: Any, seeded: Any, clock: Clock) -> None:
    user_id = person("sue")
    log_in("sue")
    clock.advance(hours=1)
    log_in("sue")
    with seeded.db.read() as uow:
        user = uow.get(User, user_id)
        assert (user.login_count, user.last_login) == (2, clock())


def test_failures_and_locks_are_recorded_with_the_address(
    person: Any, log_in: Any, seeded: Any
) -> None:
    person("anna")
    for _ in range(5):
        log_in("anna", "Wrong-Horse-7")
    log_in("anna")
    log_in("nobody")
    with seeded.db.read() as uow:
        rows = uow.session.scalars(select(Activity).where(Activity.kind == "login")).all()
    assert [row.action for row in rows] == ["failed"] * 5 + ["locked", "refused", "failed"]
    assert {row.ip_address for row in rows} == {"127.0.0.1"}
    assert "Wrong-Horse-7" not in str([row.details for row in rows])


def test_the_database_holds_no_password_and_no_refresh_token(
    person: Any, log_in: Any, seeded: Any
) -> None:
    user_id = person("sue")
    token = log_in("sue").json["refresh_token"]
    with seeded.db.read() as uow:
        assert uow.get(User, user_id).password_hash.startswith("$2")
        assert token not in uow.session.scalars(select(RefreshToken.token_hash)).all()
        everything = str(uow.session.execute(text("SELECT * FROM customer_activity")).all())
    assert PASSWORD not in everything
    assert "$2b$" not in everything
    assert token not in everything


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(person: Any, log_in: Any) -> None:
    person("sue")
    cookie = log_in("sue").headers["Set-Cookie"]
    for part in ("refresh_token=", "Path=/crm/auth", "HttpOnly", "Secure", "SameSite=Strict"):
        assert part in cookie
    assert "Max-Age" not in cookie
    assert "Max-Age=2592000" in log_in("sue", remember_me=True).headers["Set-Cookie"]


def test_an_access_token_lives_a_quarter_of_an_hour(
    person: Any, log_in: Any, client: Any, clock: Clock
) -> None:
    person("sue")
    token = log_in("sue").json["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert client.get("/crm/customers", headers=bearer(token)).status_code == 200
    clock.advance(minutes=15)
    assert client.get("/crm/customers", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@b.example"}, {"password": "x"}, {"email": "", "password": ""}]
)
def test_a_log_in_without_its_parts_names_what_is_missing(client: Any, body: Any) -> None:
    answer = client.post("/crm/auth/login", json=body)
    assert answer.status_code == 422
    assert answer.json["errors"]


def test_a_password_longer_than_bcrypt_reads_never_fits(person: Any, log_in: Any) -> None:
    person("sue")
    assert log_in("sue", PASSWORD + "x" * 100).status_code == 401


def _without_id(body: Any) -> Any:
    return {key: value for key, value in body.items() if key != "request_id"}
