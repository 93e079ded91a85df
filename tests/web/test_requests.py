"""What every request passes: ids, headers, paths, bodies."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.conftest import People


def test_a_sane_request_id_comes_back_and_another_is_replaced(client: FlaskClient) -> None:
    given = client.get("/crm/health", headers={"X-Request-ID": "job-17.a"})
    assert given.headers["X-Request-ID"] == "job-17.a"
    bad = client.get("/crm/health", headers={"X-Request-ID": "a b<script>"})
    assert len(bad.headers["X-Request-ID"]) == 32


def test_a_problem_names_its_request(client: FlaskClient) -> None:
    answer = client.get("/crm/nothing", headers={"X-Request-ID": "here"})
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json["request_id"] == "here"


def test_answers_carry_security_headers(client: FlaskClient) -> None:
    headers = client.get("/crm/health").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers
    https = client.get("/crm/health", base_url="https://crm.example")
    assert "max-age" in https.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", ["/crm/customers", "/crm/customer", "/crm/customer/paginated"])
def test_a_path_answers_with_and_without_slash_and_never_redirects(
    people: People, path: str
) -> None:
    admin = people.admin()
    assert admin.get(path).status_code == 200
    assert admin.get(f"{path}/").status_code == 200


def test_a_double_slash_is_no_redirect(people: People) -> None:
    assert people.admin().get("/crm//customers").status_code == 404


def test_malformed_json_is_400_and_names_line_and_column(people: People) -> None:
    answer = people.admin().put(
        "/crm/customer/",
        data='{\n  "customer_name": }',
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert answer.json["code"] == "malformed"
    assert "line 2, column 20" in answer.json["message"]


def test_a_body_that_is_not_text_is_400(people: People) -> None:
    answer = people.admin().put(
        "/crm/customer/", data=b'{"customer_name": "\xff"}', content_type="application/json"
    )
    assert answer.status_code == 400


def test_a_body_of_another_type_is_415_and_names_it(people: People) -> None:
    answer = people.admin().put(
        "/crm/customer/", data='{"customer_name": "A"}', content_type="text/plain"
    )
    assert answer.status_code == 415
    assert "text/plain" in answer.json["message"]


def test_a_body_of_10_mb_is_413_and_says_the_limit(people: People) -> None:
    answer = people.admin().put("/crm/customer/", {"customer_name": "A" * 10_000_000})
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"
    assert "2 MB" in answer.json["message"]


def test_head_and_options_need_no_route_of_their_own(people: People) -> None:
    admin = people.admin()
    head = admin.head("/crm/customers")
    assert head.status_code == 200
    assert head.data == b""
    options = people.nobody().options("/crm/customers")
    assert options.status_code == 200
    assert "GET" in options.headers["Allow"]
    assert people.nobody().head("/crm/customers").status_code == 401


def test_a_wrong_verb_is_405_and_says_which_are_right(people: People) -> None:
    answer = people.admin().delete("/crm/customers", {"a": 1})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/crm/docs", "/docs"])
def test_only_the_paths_of_the_guide_have_a_form_without_prefix(
    client: FlaskClient, path: str
) -> None:
    assert client.get(path).status_code == (200 if path.startswith("/crm") else 404)
