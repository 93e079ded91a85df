"""Routes and pages of plugins: mounted under their name, gated, contained."""

from __future__ import annotations

import pytest

from omnicore.host.host import PluginHost
from omnicore.host.loading import Deployment
from omnicore.sdk.contributions import UiContribution, WebRoute
from omnicore.sdk.errors import SettingsError
from tests.conftest import People
from tests.web import sample_plugin

HOME = "/crm/plugins/sample"


def test_a_route_needs_the_permission_that_it_names(plugged_people: People) -> None:
    path = f"{HOME}/echo/7"
    assert plugged_people.nobody().post(path, {}).status_code == 401
    assert plugged_people.with_("view_customer").post(path, {}).status_code == 403
    assert plugged_people.with_("use_it").post(path, {}).status_code == 200


def test_a_handler_sees_values_and_not_the_credentials_that_let_the_caller_in(
    plugged_people: People,
) -> None:
    seen = plugged_people.with_("use_it").post(f"{HOME}/echo/7?a=b", {"c": 1}).json
    assert seen["values"] == {"number": "7"}
    assert seen["query"] == {"a": "b"}
    assert seen["body"] == '{"c":1}'
    assert seen["user_id"] is not None
    assert "authorization" not in seen["headers"]


def test_a_public_route_gets_the_signature_of_its_vendor(plugged_people: People) -> None:
    seen = plugged_people.nobody().post(
        f"{HOME}/open", {}, headers={"Authorization": "Basic x", "Cookie": "session=1"}
    )
    assert "authorization" in seen.json["headers"]
    assert "cookie" not in seen.json["headers"]


def test_a_bug_in_a_plugin_is_502_and_says_nothing_of_it(plugged_people: People) -> None:
    answer = plugged_people.nobody().get(f"{HOME}/crash")
    assert answer.status_code == 502
    assert answer.json["plugin"] == "sample"
    assert "secret" not in answer.text
    assert plugged_people.nobody().get("/crm/health").status_code == 200


def test_a_refusal_of_a_plugin_keeps_its_words(plugged_people: People) -> None:
    answer = plugged_people.nobody().get(f"{HOME}/refuse")
    assert (answer.status_code, answer.json["message"]) == (502, "the vendor says no")


def test_pages_of_a_plugin_are_served_and_nothing_beside_them(plugged_people: People) -> None:
    nobody = plugged_people.nobody()
    assert "Sample" in nobody.get(f"{HOME}/ui/", buffered=True).text
    script = nobody.get(f"{HOME}/ui/sample.js", buffered=True)
    assert script.status_code == 200
    assert "script" in script.content_type
    assert nobody.get(f"{HOME}/ui/missing.js").status_code == 404
    assert nobody.get(f"{HOME}/ui/../sample_plugin.py").status_code == 404
    assert nobody.get(f"{HOME}/ui/%2e%2e/sample_plugin.py").status_code == 404


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        (WebRoute(rule="/a", handler=sample_plugin.echo), "name a permission"),
        (WebRoute(rule="a", handler=sample_plugin.echo, permission="x"), "starts with /"),
        (UiContribution(folder=sample_plugin.Path(), mount="/crm/other"), "mount them"),
    ],
)
def test_a_careless_contribution_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, offer: object, said: str
) -> None:
    hook = "omnicore_routes" if isinstance(offer, WebRoute) else "omnicore_pages"
    careless = sample_plugin.hookimpl(lambda context: [offer])
    monkeypatch.setattr(sample_plugin, hook, careless)
    with pytest.raises(SettingsError, match=said):
        PluginHost(Deployment(enabled=("sample",)), discover=sample_plugin.discover)
