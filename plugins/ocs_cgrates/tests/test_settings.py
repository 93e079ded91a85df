"""The section ``ocs`` is read strictly, under both names of the engine's address."""

from __future__ import annotations

from decimal import Decimal
from importlib.metadata import entry_points

import pytest
from marshmallow import ValidationError
from omnicore_ocs_cgrates.settings import CgratesSettingsSchema

TENANT = {"ocsTenant": "mnc380.mcc313.3gppnetwork.org"}


def load(**section):
    return CgratesSettingsSchema().load({**TENANT, **section})


@pytest.mark.parametrize(
    "section",
    [
        {"cgrates": "ocs.example:2080"},
        {"OCS": "ocs.example:2080"},
        {"cgrates": "ocs.example:2080", "OCS": "ocs.example:2080"},
    ],
)
def test_either_name_of_the_address_is_enough(section):
    settings = load(**section, ocsApi="http://10.0.0.1:8080/api")
    assert (settings.host, settings.port) == ("ocs.example", 2080)
    assert settings.tenant == TENANT["ocsTenant"]


def test_the_defaults_are_careful():
    settings = load(cgrates="localhost:2080")
    assert (settings.timeout_s, settings.retries, settings.monetary_cents) == (3.0, 2, False)
    assert settings.unlimited_threshold == Decimal(99999999)


def test_an_ipv6_address_is_understood():
    assert load(cgrates="[::1]:2080").host == "::1"


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({}, "cgrates"),
        ({"cgrates": "a:1", "OCS": "b:1"}, "OCS"),
        ({"cgrates": "http://a:1"}, "cgrates"),
        ({"cgrates": "a"}, "cgrates"),
        ({"cgrates": "a:70000"}, "cgrates"),
        ({"cgrates": "a:1", "ocsTenant": "a:b"}, "ocsTenant"),
        ({"cgrates": "a:1", "ocsTenant": ""}, "ocsTenant"),
        ({"cgrates": "a:1", "monetary_unit": "pence"}, "monetary_unit"),
        ({"cgrates": "a:1", "timeout_s": 0}, "timeout_s"),
        ({"cgrates": "a:1", "retries": -1}, "retries"),
        ({"cgrates": "a:1", "colour": "red"}, "colour"),
        ({"cgrates": "a:1", "ocsApi": "not a url"}, "ocsApi"),
    ],
)
def test_a_wrong_section_is_refused_naming_the_key(section, key):
    with pytest.raises(ValidationError) as refused:
        load(**section)
    assert list(refused.value.normalized_messages()) == [key]


def test_the_tenant_must_be_given():
    with pytest.raises(ValidationError, match="ocsTenant"):
        CgratesSettingsSchema().load({"cgrates": "a:1"})


def test_the_plugin_reads_the_guides_section():
    (point,) = entry_points(group="omnicore.plugins", name="ocs_cgrates")
    manifest = point.load()
    assert (manifest.name, manifest.config_section) == ("ocs_cgrates", "ocs")
