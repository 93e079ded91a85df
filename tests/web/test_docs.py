"""The OpenAPI document tells the truth about every route, and its pages need no other host."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from omnicore.sdk.errors import OmniCoreError
from omnicore.web.openapi import gated, path_of


@pytest.fixture
def app(client: FlaskClient) -> Flask:
    return client.application


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/crm/docs/openapi.json").json
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    verbs = ("get", "put", "post", "patch", "delete")
    return [
        (path, verb, item[verb])
        for path, item in document["paths"].items()
        for verb in verbs
        if verb in item
    ]


def test_every_route_and_verb_is_described(app: Flask, document: dict[str, Any]) -> None:
    described = {(path, verb) for path, verb, _ in operations(document)}
    served = {(path_of(rule), verb) for rule, verb, _ in gated(app)}
    assert served - described == set()
    assert described - served == set()


def test_every_route_has_a_gate(app: Flask) -> None:
    assert [rule.rule for rule, _, gate in gated(app) if gate is None] == []


def test_every_operation_has_a_name_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    found = operations(document)
    names = [operation["operationId"] for _, _, operation in found]
    assert sorted(names) == sorted(set(names))
    assert [name for name in names if re.search(r"_\d+$", name)] == []
    assert [path for path, _, operation in found if not operation.get("summary")] == []


def test_an_endpoint_is_numbered_only_as_one_more_path_to_the_same_view(app: Flask) -> None:
    views = app.view_functions
    numbered = [name for name in views if re.search(r"_\d+$", name)]
    clashes = [name for name in numbered if views[name] is not views[name.rpartition("_")[0]]]
    assert clashes == []


def test_what_needs_credentials_says_which(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"bearer", "api_key"}
    listed = document["paths"]["/crm/customers"]["get"]
    assert listed["security"] == [{"bearer": []}, {"api_key": []}]
    assert "`view_customer`, or `view_own_customer`" in listed["description"]
    assert document["paths"]["/crm/health"]["get"]["security"] == []


def test_it_is_openapi_3_1_and_problems_are_described(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    created = document["paths"]["/crm/customer/"]["put"]["responses"]
    errors = document["components"]["responses"]["DEFAULT_ERROR"]
    assert "application/problem+json" in errors["content"]
    assert "200" in created


def test_the_page_works_without_any_other_host(client: FlaskClient) -> None:
    page = client.get("/crm/docs/")
    assert page.status_code == 200
    assert page.content_type.startswith("text/html")
    assert "https://" not in page.text
    assert "http://" not in page.text
    assert "'unsafe-inline'" not in re.findall(
        "script-src [^;]*", page.headers["Content-Security-Policy"]
    )
    for local in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        answer = client.get(local, buffered=True)
        assert answer.status_code == 200, local
        assert len(answer.data) > 100, local


def test_no_other_file_of_that_package_is_served(client: FlaskClient) -> None:
    assert client.get("/crm/docs/assets/VERSION").status_code == 404
    assert client.get("/crm/docs/assets/..%2f__init__.py").status_code == 404


def test_the_type_of_a_problem_is_a_page(client: FlaskClient) -> None:
    problem = client.get("/crm/customers").json
    page = client.get(problem["type"])
    assert page.status_code == 200
    assert page.content_type.startswith("text/html")
    assert "<h1>" in page.text


def test_a_problem_without_a_page_of_its_own_says_what_its_class_says(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strange(Exception):
        """Something <script>strange</script>."""

        status, title = 418, "Strange"

    monkeypatch.setitem(OmniCoreError.by_code, "sample-strange", Strange)
    page = client.get("/crm/docs/problems/sample-strange")
    assert "Something &lt;script&gt;" in page.text


def test_an_unknown_problem_is_404(client: FlaskClient) -> None:
    assert client.get("/crm/docs/problems/..%2f..%2fREADME").status_code == 404
    assert client.get("/crm/docs/problems/no-such-thing").status_code == 404
