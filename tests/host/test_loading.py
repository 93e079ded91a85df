"""Loading, refusing and forgetting plugins."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from omnicore.host.manifests import installed
from omnicore.sdk.errors import NoPlugin, SettingsError
from omnicore.sdk.events import CustomerCreated
from tests.host.conftest import Shelf

Refusal = Callable[..., str]

JOB = """
@hookimpl
def omnicore_scheduled_jobs(context):
    return [ScheduledJob(name="{name}_tick", every_s=60, run=lambda: None)]
"""
VENDOR = """
from omnicore.sdk.ports.charging import ChargingBackend
from omnicore.sdk.ports.geocoding import Geocoder

def of(kind, key):
    made = type("Made", (kind,), {"key": key})
    made.__abstractmethods__ = frozenset()
    return made()
"""
BACKEND = (
    VENDOR
    + """
@hookimpl
def omnicore_charging_backends(context):
    return [of(ChargingBackend, "one")]
"""
)
GEOCODER = (
    VENDOR
    + """
@hookimpl
def omnicore_geocoders(context):
    return [of(Geocoder, "maps")]
"""
)
SETTINGS = """
from marshmallow import fields
from omnicore.sdk.settings import Secret, SettingsSchema

class Inner(SettingsSchema):
    depth = fields.Integer(load_default=1)

class Schema(SettingsSchema):
    api_key = Secret(required=True)
    timeout_s = fields.Integer(load_default=3)
    inner = fields.Nested(Inner)
"""


def test_a_missing_plugin_lists_what_is_installed(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("alpha")
    shelf.put("beta")
    assert refusal("gamma") == "plugin gamma: not installed (installed: alpha, beta)"


def test_a_missing_plugin_says_when_nothing_is_installed(refusal: Refusal) -> None:
    assert "installed: none" in refusal("gamma")


@pytest.mark.parametrize("target", ["no_such_module_at_all:MANIFEST", "json:MANIFEST"])
def test_a_manifest_that_cannot_be_imported_names_the_plugin(
    shelf: Shelf, refusal: Refusal, target: str
) -> None:
    shelf.point("gone", target)
    said = refusal("gone")
    assert said.startswith("plugin gone: its manifest cannot be imported: ")
    assert "no_such_module_at_all" in said or "MANIFEST" in said


def test_an_entry_point_that_is_no_manifest_is_refused(shelf: Shelf, refusal: Refusal) -> None:
    shelf.point("odd", "json:dumps")
    assert refusal("odd") == "plugin odd: its entry point is a function, not a Manifest"


def test_a_plugin_for_another_sdk_is_refused(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("future", requires_sdk=">=2,<3")
    assert refusal("future") == "plugin future: needs SDK >=2,<3, this is 1.0.0"


def test_an_sdk_range_that_is_none_is_refused(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("vague", requires_sdk="the newest")
    assert "requires_sdk 'the newest' is not a range" in refusal("vague")


def test_a_manifest_under_another_name_is_refused(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("real")
    shelf.points["alias"] = shelf.points["real"]
    said = refusal("alias")
    assert said == "plugin alias: its manifest says 'real', its entry point 'alias'"


def test_a_name_given_twice_is_refused(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("alpha")
    assert refusal("alpha", "alpha") == "plugin alpha: named twice under plugins.enabled"


@pytest.mark.parametrize(
    ("given", "complaints"),
    [
        ({}, ["demo.api_key: Missing data"]),
        ({"api_key": "k", "tiemout_s": 3}, ["demo.tiemout_s: Unknown field"]),
        (
            {"api_key": "k", "timeout_s": "soon"},
            ["demo.timeout_s: Not a valid integer", "found 'soon'"],
        ),
        (
            {"api_key": "k", "inner": {"depth": [1]}},
            ["demo.inner.depth: Not a valid integer", "found a list"],
        ),
        ({"timeout_s": "x", "deep": 1}, ["demo.api_key: ", "demo.timeout_s: ", "demo.deep: "]),
    ],
)
def test_wrong_settings_name_their_key_and_what_was_found(
    shelf: Shelf, refusal: Refusal, given: dict[str, object], complaints: list[str]
) -> None:
    shelf.put("demo", settings=SETTINGS)
    said = refusal("demo", sections={"demo": given})
    assert said.startswith("plugin demo: ")
    for complaint in complaints:
        assert complaint in said


def test_a_refused_secret_is_not_shown(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("demo", settings=SETTINGS)
    said = refusal("demo", sections={"demo": {"api_key": ["sk_live_1"], "api_kye": "sk_live_2"}})
    assert "demo.api_key: Not a valid string" in said
    assert "sk_live" not in said


def test_settings_come_from_the_section_that_the_manifest_names(shelf: Shelf) -> None:
    shelf.put("demo", settings=SETTINGS, section="guide_section")
    host = shelf.host("demo", sections={"guide_section": {"api_key": "k", "timeout_s": 9}})
    assert host.settings["demo"]["timeout_s"] == 9


def test_a_bare_value_is_the_key_of_its_own_section(shelf: Shelf) -> None:
    schema = SETTINGS.replace("api_key = Secret(required=True)", "cbc_url = fields.String()")
    shelf.put("demo", settings=schema, section="cbc_url")
    host = shelf.host("demo", sections={"cbc_url": "http://10.0.0.1:8080"})
    assert host.settings["demo"]["cbc_url"] == "http://10.0.0.1:8080"


def test_settings_that_are_no_schema_are_refused(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("demo", settings="Schema = dict\n")
    assert "is not a SettingsSchema" in refusal("demo")


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        ("def omnicore_payment_vendorz(context): return []", "omnicore_payment_vendorz"),
        ("def omnicore_payment_vendors(context, extra): return []", "extra"),
    ],
)
def test_a_mistaken_hook_is_forgotten_and_not_blamed_on_the_next_plugin(
    shelf: Shelf, mistake: str, named: str
) -> None:
    shelf.put("faulty", f"{JOB.format(name='faulty')}\n@hookimpl\n{mistake}\n")
    shelf.put("good", JOB.format(name="good"))
    host = shelf.host(optional=("faulty", "good"))
    assert list(host.failures) == ["faulty"]
    assert named in host.failures["faulty"]
    assert [owned.owner for owned in host.scheduled_jobs()] == ["good"]


def test_half_a_registration_does_not_stay(shelf: Shelf) -> None:
    shelf.put(
        "half",
        JOB.format(name="half") + "@hookimpl\ndef omnicore_pages(context): raise KeyError('lost')",
    )
    host = shelf.host(optional=("half",))
    assert host.scheduled_jobs() == []
    assert "lost" in host.failures["half"]
    assert host.offers("half") == {}
    assert list(host.manifests) == []


def test_an_offer_of_the_wrong_type_names_what_came_and_what_was_wanted(
    shelf: Shelf, refusal: Refusal
) -> None:
    shelf.put("odd", "@hookimpl\ndef omnicore_routes(context): return ['/a']")
    assert refusal("odd") == "plugin odd: omnicore_routes gave a str, not a WebRoute"


def test_a_hook_that_answers_no_list_is_named(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("odd", "@hookimpl\ndef omnicore_routes(context): return 7")
    assert refusal("odd") == "plugin odd: omnicore_routes gave a int, not a list"


def test_a_key_offered_by_two_plugins_names_both(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("first", GEOCODER)
    shelf.put("second", GEOCODER)
    said = refusal("first", "second")
    assert said == ("plugin second: omnicore_geocoders: 'maps' is offered by both first and second")


def test_a_key_offered_twice_by_one_plugin_is_refused(shelf: Shelf, refusal: Refusal) -> None:
    twice = "return [HealthCheck('wire', None), HealthCheck('wire', None)]"
    shelf.put("odd", f"@hookimpl\ndef omnicore_health_checks(context): {twice}")
    assert refusal("odd") == "plugin odd: omnicore_health_checks: 'wire' is offered twice"


def test_two_charging_backends_are_refused(shelf: Shelf, refusal: Refusal) -> None:
    shelf.put("first", BACKEND)
    shelf.put("second", BACKEND.replace('"one"', '"two"'))
    said = refusal("first", "second")
    assert "both first and second" in said
    assert "charging" in said


def test_the_second_of_two_owners_is_off_and_the_first_stays(shelf: Shelf) -> None:
    shelf.put("first", BACKEND)
    shelf.put("second", BACKEND)
    host = shelf.host("first", optional=("second",))
    assert host.charging().owner == "first"
    assert list(host.failures) == ["second"]


@pytest.mark.parametrize(
    "offer",
    [
        "def omnicore_permissions(context): return [PermissionSpec('admin', 'all')]",
        "def omnicore_scheduled_jobs(context):\n"
        "    return [ScheduledJob(name='tick', every_s=1, run=print)]",
    ],
)
def test_names_without_the_plugins_prefix_are_refused(
    shelf: Shelf, refusal: Refusal, offer: str
) -> None:
    shelf.put("odd", f"@hookimpl\n{offer}")
    assert "must start with odd_" in refusal("odd")


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ("WebRoute(rule='a', handler=print, permission='p')", "a rule starts with /"),
        ("WebRoute(rule='/a', handler=print)", "name a permission, or say public_because"),
    ],
)
def test_a_route_that_names_no_guard_is_refused(
    shelf: Shelf, refusal: Refusal, route: str, said: str
) -> None:
    shelf.put("odd", f"@hookimpl\ndef omnicore_routes(context): return [{route}]")
    assert said in refusal("odd")


def test_an_optional_plugin_may_fail_and_a_required_one_may_not(
    shelf: Shelf, refusal: Refusal
) -> None:
    shelf.point("broken", "no_such_module_at_all:MANIFEST")
    shelf.put("good", JOB.format(name="good"))
    host = shelf.host("good", optional=("broken",))
    assert list(host.failures) == ["broken"]
    assert len(host.scheduled_jobs()) == 1
    assert refusal("good", "broken").startswith("plugin broken: ")


def test_an_optional_plugin_that_ends_the_process_while_loading_is_off(shelf: Shelf) -> None:
    shelf.put("quitter", "import sys\nsys.exit('no licence')")
    host = shelf.host(optional=("quitter",))
    assert "no licence" in host.failures["quitter"]


def test_what_is_not_enabled_is_never_imported(shelf: Shelf) -> None:
    hooks = shelf.put("alpha")
    shelf.put("beta")
    shelf.host("beta")
    assert shelf.modules["beta"] in sys.modules
    assert hooks not in sys.modules
    assert shelf.modules["alpha"] not in sys.modules


def test_what_is_not_for_this_sdk_has_only_its_manifest_imported(shelf: Shelf) -> None:
    hooks = shelf.put("future", requires_sdk=">=2")
    shelf.host(optional=("future",))
    assert shelf.modules["future"] in sys.modules
    assert hooks not in sys.modules


def test_wrong_settings_stop_a_plugin_before_its_hooks_are_imported(shelf: Shelf) -> None:
    hooks = shelf.put("demo", settings=SETTINGS)
    shelf.host(optional=("demo",))
    assert hooks not in sys.modules


def test_the_order_is_that_of_the_file(shelf: Shelf) -> None:
    subscribe = """
    @hookimpl
    def omnicore_subscriptions(context):
        return [Subscription(CustomerCreated, print)]
    """
    for name in ("alpha", "beta", "gamma"):
        shelf.put(name, subscribe)
    for order in (("gamma", "alpha", "beta"), ("beta", "gamma", "alpha")):
        host = shelf.host(*order)
        assert tuple(host.manifests) == order
        assert tuple(it.owner for it in host.subscriptions(CustomerCreated)) == order


def test_a_missing_port_says_which_plugins_are_off(shelf: Shelf) -> None:
    shelf.put("ocs", BACKEND, requires_sdk=">=9")
    host = shelf.host(optional=("ocs",))
    with pytest.raises(NoPlugin, match=r"no charging backend; these are off: ocs \(needs SDK >=9"):
        host.charging()
    with pytest.raises(NoPlugin, match="no payment vendor called 'stripe'; these are off: ocs"):
        host.payment_vendor("stripe")


def test_a_missing_port_of_a_healthy_deployment_blames_nobody(shelf: Shelf) -> None:
    with pytest.raises(NoPlugin) as caught:
        shelf.host().charging()
    assert str(caught.value) == "no charging backend"
    assert caught.value.status == 503


def test_a_context_tells_the_plugin_its_place(shelf: Shelf) -> None:
    shelf.put(
        "demo",
        """
        @hookimpl
        def omnicore_permissions(context):
            where = f"{context.base_url} {context.currency} {context.data_dir.name}"
            return [PermissionSpec("demo_" + context.name, where)]
        """,
    )
    host = shelf.host("demo", base_url="https://crm.example", currency="EUR")
    (owned,) = host.permissions()
    assert owned.offer.name == "demo_demo"
    assert owned.offer.description == "https://crm.example EUR demo"


def test_a_plugin_that_cannot_close_does_not_keep_the_others_open(shelf: Shelf) -> None:
    closing = """
    from omnicore.sdk.ports.provisioning import Provisioner

    CLOSED = []

    class Made(Provisioner):
        key = "{name}"
        def close(self):
            CLOSED.append(1)
            {then}

    Made.__abstractmethods__ = frozenset()

    @hookimpl
    def omnicore_provisioners(context):
        return [Made()]
    """
    shelf.put("bad", closing.format(name="bad", then="raise OSError('gone')"))
    module = shelf.put("good", closing.format(name="good", then="pass"))
    shelf.host("bad", "good").close()
    assert sys.modules[module].CLOSED == [1]


def test_listing_what_is_installed_imports_nothing() -> None:
    before = set(sys.modules)
    assert "ocs_cgrates" in installed()
    assert {name for name in set(sys.modules) - before if name.startswith("omnicore_")} == set()


def test_settings_errors_have_a_code_for_the_docs() -> None:
    assert SettingsError.code == "settings"
