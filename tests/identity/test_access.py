"""The three ways in, the tokens of jobs and callbacks, and rights that change at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest

from omnicore.identity import access, service
from omnicore.identity.access import JobStanding
from omnicore.identity.models import Role
from omnicore.sdk.errors import Unauthenticated
from tests.conftest import SECRET, Clock, People
from tests.identity.conftest import bearer

MONITOR = "monitoring-key-0123456789-0123456789"
ADMIN = "automation-key-0123456789-0123456789"
LIMITED = "limited-key-0123456789-0123456789-xx"
CUSTOMERS = "/crm/customers"


@pytest.fixture
def extra_settings() -> str:
    return f"""
api_keys:
  {MONITOR}:
    roles: [view_customer, view_service, VIEW_Product, no_such]
    description: Monitoring
  {ADMIN}: {{roles: [admin], description: Automation}}
  {LIMITED}: {{roles: [Support], ips: [10.0.1.0/24, 192.0.2.7], description: Support desk}}
ip_whitelist:
  10.9.0.0/16: {{roles: [Read-only Auditor]}}
  10.9.9.9: {{roles: [admin]}}
"""


@pytest.fixture
def running(seeded: Any) -> Iterator[dict[int, JobStanding]]:
    """Jobs that run, by id."""
    jobs: dict[int, JobStanding] = {}
    before = list(access._JOB_CHECKS)
    access.register_job_check(lambda session, provision_id: jobs.get(provision_id))
    yield jobs
    access._JOB_CHECKS[:] = before


def _get(client: Any, path: str = CUSTOMERS, ip: str = "203.0.113.5", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers=named, environ_base={"REMOTE_ADDR": ip})


def test_each_way_in_reads_the_same(seeded: Any, client: Any, people: People) -> None:
    token = people.with_("view_customer").headers["Authorization"]
    answers = [
        _get(client, Authorization=token),
        _get(client, X_API_KEY=MONITOR),
        _get(client, ip="10.9.1.1"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.data for answer in answers}) == 1


@pytest.mark.parametrize("key", ["", "wrong", MONITOR[:-1], MONITOR.upper(), MONITOR + "x"])
def test_a_key_that_is_not_in_the_file_is_refused(seeded: Any, client: Any, key: str) -> None:
    answer = _get(client, X_API_KEY=key)
    assert answer.status_code == 401
    assert answer.json["message"] == "Invalid API key"


def test_a_key_is_no_bearer_token(seeded: Any, client: Any) -> None:
    assert _get(client, Authorization=ADMIN).status_code == 401
    assert _get(client, Authorization=f"Bearer {ADMIN}").status_code == 401


@pytest.mark.parametrize(
    ("ip", "status"), [("10.0.1.7", 200), ("192.0.2.7", 200), ("10.0.2.7", 401), ("", 401)]
)
def test_a_key_with_addresses_works_from_them_only(
    seeded: Any, client: Any, ip: str, status: int
) -> None:
    assert _get(client, ip=ip, X_API_KEY=LIMITED).status_code == status


def test_a_key_may_do_what_its_names_allow_and_no_more(seeded: Any, client: Any) -> None:
    actor = access.of_key(seeded.db, MONITOR, "203.0.113.5")
    assert actor.permissions == {"view_customer", "view_customer_service", "view_product"}
    assert actor.label == "API key Monitoring"
    put = client.put("/crm/customer/", json={"customer_name": "A"}, headers={"X-API-KEY": MONITOR})
    assert put.status_code == 403


def test_a_name_in_the_file_that_nothing_has_is_reported_without_the_key(seeded: Any) -> None:
    with seeded.db.read() as uow:
        warnings = access.unknown_role_names(uow)
    assert warnings == [
        "api_keys (Monitoring): no_such is neither a role nor a permission and grants nothing"
    ]


def test_a_trusted_address_has_its_roles_and_the_narrowest_entry_wins(
    seeded: Any, client: Any
) -> None:
    assert _get(client, ip="10.9.1.1").status_code == 200
    assert _get(client, "/crm/auth/users", ip="10.9.1.1").status_code == 403
    assert _get(client, "/crm/auth/users", ip="10.9.9.9").status_code == 200
    assert _get(client, ip="10.10.0.1").status_code == 401
    assert _get(client, ip="127.0.0.1").status_code == 401


def test_wrong_credentials_from_a_trusted_address_stay_wrong(seeded: Any, client: Any) -> None:
    assert _get(client, ip="10.9.9.9", X_API_KEY="wrong").status_code == 401
    assert _get(client, ip="10.9.9.9", Authorization="Bearer x").status_code == 401


def test_me_of_a_key_names_no_user_and_not_the_key(seeded: Any, client: Any) -> None:
    answer = _get(client, "/crm/auth/me", X_API_KEY=MONITOR)
    assert answer.json["user"] is None
    assert answer.json["kind"] == "api_key"
    assert MONITOR not in answer.text


def _signed(secret: str = SECRET, **claims: Any) -> str:
    body = {"typ": "access", "sub": "1", "iat": 1, "exp": 4102444800} | claims
    return jwt.encode({k: v for k, v in body.items() if v is not None}, secret, "HS256")


@pytest.mark.parametrize(
    "token",
    [
        _signed(secret="x" * 64),
        _signed(typ="pending_2fa"),
        _signed(typ="callback", product_id=1),
        _signed(typ=None),
        _signed(exp=None),
        _signed(exp=1),
        _signed(exp="soon"),
        _signed(sub="one"),
        _signed(sub="999999"),
        jwt.encode({"typ": "access", "sub": "1", "exp": 4102444800}, "", "none"),
        jwt.encode({"typ": "access", "sub": "1", "exp": 4102444800}, SECRET, "HS512"),
        "",
        "x.y.z",
    ],
)
def test_a_token_that_we_did_not_sign_for_this_is_refused(
    person: Any, client: Any, token: str
) -> None:
    person("first", "admin")
    answer = client.get(CUSTOMERS, headers=bearer(token))
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_a_job_acts_with_the_rights_of_its_role_while_it_runs(
    seeded: Any, client: Any, running: dict[int, JobStanding]
) -> None:
    token = access.job_token(seeded.db, 7, timedelta(minutes=5))
    assert client.get(CUSTOMERS, headers=bearer(token)).status_code == 401
    running[7] = JobStanding(label="provision 7 of sue", user_id=3)
    assert client.get(CUSTOMERS, headers=bearer(token)).status_code == 200
    assert client.get("/crm/auth/users", headers=bearer(token)).status_code == 403
    actor = access.of_token(seeded.db, token, "192.0.2.1")
    assert (actor.provision_id, actor.user_id, actor.label) == (7, 3, "provision 7 of sue")
    running.clear()
    assert client.get(CUSTOMERS, headers=bearer(token)).status_code == 401


def test_a_job_of_a_customer_sees_that_customer_only(
    seeded: Any, client: Any, people: People, running: dict[int, JobStanding]
) -> None:
    _, a = people.customer("A")
    _, b = people.customer("B")
    running[1] = JobStanding(label="provision 1", customer_id=a)
    headers = bearer(access.job_token(seeded.db, 1, timedelta(minutes=5)))
    assert client.get(f"/crm/customer/customer_id/{a}", headers=headers).status_code == 200
    assert client.get(f"/crm/customer/customer_id/{b}", headers=headers).status_code == 404


def test_a_jobs_token_ends_with_its_time(
    seeded: Any, client: Any, running: dict[int, JobStanding], clock: Clock
) -> None:
    running[1] = JobStanding(label="provision 1")
    headers = bearer(access.job_token(seeded.db, 1, timedelta(minutes=5)))
    clock.advance(minutes=5)
    assert client.get(CUSTOMERS, headers=headers).status_code == 401


def test_the_rights_of_jobs_change_with_their_role_at_once(
    seeded: Any, client: Any, running: dict[int, JobStanding]
) -> None:
    running[1] = JobStanding(label="provision 1")
    headers = bearer(access.job_token(seeded.db, 1, timedelta(minutes=5)))
    assert client.get(CUSTOMERS, headers=headers).status_code == 200
    with seeded.db.write() as uow:
        uow.session.query(Role).filter_by(name="provisioner").one().permissions = []
    assert client.get(CUSTOMERS, headers=headers).status_code == 403


def test_a_callback_token_is_bound_to_a_service_and_a_product(seeded: Any, clock: Clock) -> None:
    token = access.callback_token(seeded.db, 12, 34)
    grant = access.read_callback_token(seeded.db, token)
    assert (grant.service_id, grant.product_id) == (12, 34)
    with pytest.raises(Unauthenticated):
        access.of_token(seeded.db, token, "192.0.2.1")
    with pytest.raises(Unauthenticated):
        access.read_callback_token(seeded.db, access.access_token(seeded.db, 1))
    clock.advance(days=3651)
    with pytest.raises(Unauthenticated):
        access.read_callback_token(seeded.db, token)


def test_a_key_gains_and_loses_with_the_role_it_names(seeded: Any, client: Any) -> None:
    headers = {"X-API-KEY": LIMITED}
    where = {"REMOTE_ADDR": "10.0.1.7"}
    assert client.get(CUSTOMERS, headers=headers, environ_base=where).status_code == 200
    with seeded.db.write() as uow:
        support = uow.session.query(Role).filter_by(name="Support").one()
        support.permissions = []
    assert client.get(CUSTOMERS, headers=headers, environ_base=where).status_code == 403


def test_seeding_again_changes_nothing_that_an_operator_changed(seeded: Any) -> None:
    with seeded.db.write() as uow:
        support = uow.session.query(Role).filter_by(name="Support").one()
        support.permissions = support.permissions[:1]
        support.description = "Ours"
        kept = support.permissions[0].name
    with seeded.db.write() as uow:
        service.seed(uow)
    with seeded.db.read() as uow:
        support = uow.session.query(Role).filter_by(name="Support").one()
        assert [p.name for p in support.permissions] == [kept]
        assert support.description == "Ours"
        assert uow.session.query(Role).count() == 8
