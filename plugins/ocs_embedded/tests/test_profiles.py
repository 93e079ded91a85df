"""Attribute, threshold and resource profiles, filters, and what refers to what."""

from __future__ import annotations

import uuid

import pytest

TENANT = "mnc380.mcc313.3gppnetwork.org"
NUMBER = {
    "Path": "*req.PhoneNumber",
    "Type": "*constant",
    "Value": [{"Rules": "61400111222"}],
}


@pytest.fixture
def named():
    """A tenant and an id of one's own."""
    return {"Tenant": TENANT, "ID": f"ATTR_ACCOUNT_{uuid.uuid4().hex}"}


def set_filter(client):
    filter_id = f"FLTR_ACCOUNT_{uuid.uuid4().hex}"
    rule = {"Type": "*string", "Element": "~*req.Account", "Values": ["a1"]}
    client.ok("APIerSv1.SetFilter", Tenant=TENANT, ID=filter_id, Rules=[rule])
    return filter_id


def test_an_attribute_profile_comes_back_whole(master, named):
    filter_id = set_filter(master)
    profile = {**named, "Contexts": ["*any"], "FilterIDs": [filter_id], "Weight": 10}
    master.ok("APIerSv1.SetAttributeProfile", **profile, Attributes=[NUMBER])
    assert master.ok("APIerSv1.GetAttributeProfile", **named) == {
        **profile,
        "ActivationInterval": None,
        "Attributes": [{"FilterIDs": None, **NUMBER}],
        "Blocker": False,
    }


def test_the_second_version_takes_the_value_as_text(ocs, named):
    attribute = {**NUMBER, "Value": "61400111222"}
    ocs.ok("APIerSv2.SetAttributeProfile", **named, Attributes=[attribute])
    found = ocs.ok("APIerSv1.GetAttributeProfile", **named)
    assert found["Attributes"][0]["Value"][0]["Rules"] == "61400111222"


def test_v010_adds_its_own_member_to_values(v010, named):
    v010.ok("APIerSv1.SetAttributeProfile", **named, Attributes=[NUMBER])
    found = v010.ok("APIerSv1.GetAttributeProfile", **named)
    assert found["Attributes"][0]["Value"][0]["AllFiltersMatch"] is True


def test_an_attribute_without_path_or_rules_is_refused(ocs, named):
    for broken in ({**NUMBER, "Path": ""}, {**NUMBER, "Value": [{"Rules": ""}]}):
        error = ocs.error("APIerSv1.SetAttributeProfile", **named, Attributes=[broken])
        assert error.startswith("MANDATORY_IE_MISSING")


def test_a_profile_may_not_name_an_unknown_filter(ocs, named):
    profile = {**named, "FilterIDs": ["*string:~*req.Account:a", "FLTR_NOPE"]}
    error = ocs.error("APIerSv1.SetAttributeProfile", **profile, Attributes=[NUMBER])
    item = f"{TENANT}:{named['ID']}"
    expected = f"broken reference to filter: <FLTR_NOPE> for item with ID: {item}"
    assert error == f"SERVER_ERROR: {expected}"


def test_a_filter_in_use_stays_until_its_profile_goes(ocs, named):
    filter_id = set_filter(ocs)
    profile = {**named, "FilterIDs": [filter_id], "Attributes": [NUMBER]}
    ocs.ok("APIerSv1.SetAttributeProfile", **profile)
    named_filter = {"Tenant": TENANT, "ID": filter_id}
    error = ocs.error("APIerSv1.RemoveFilter", **named_filter)
    expected = f"SERVER_ERROR: cannot remove filter <{TENANT}:{filter_id}> because will broken"
    assert error.startswith(expected)
    assert ocs.ok("APIerSv1.RemoveAttributeProfile", **named) == "OK"
    assert ocs.ok("APIerSv1.RemoveFilter", **named_filter) == "OK"
    assert ocs.error("APIerSv1.RemoveFilter", **named_filter) == "NOT_FOUND"


@pytest.mark.parametrize("name", ["AttributeProfile", "ResourceProfile", "ThresholdProfile"])
def test_a_missing_profile_is_not_found(ocs, named, name):
    assert ocs.error(f"APIerSv1.Get{name}", **named) == "NOT_FOUND"
    assert ocs.error(f"APIerSv1.Remove{name}", **named) == "NOT_FOUND"


def test_profiles_without_id_are_refused(ocs):
    error = ocs.error("APIerSv1.GetAttributeProfile", Tenant=TENANT)
    assert error == "MANDATORY_IE_MISSING: [ID]"


def test_a_profile_of_another_tenant_is_not_seen(ocs, named):
    ocs.ok("APIerSv1.SetAttributeProfile", **named, Attributes=[NUMBER])
    error = ocs.error("APIerSv1.GetAttributeProfile", **{**named, "Tenant": "other"})
    assert error == "NOT_FOUND"


def test_resource_and_threshold_profiles_are_kept_and_removed(ocs, named):
    for name, field in (("ResourceProfile", "Limit"), ("ThresholdProfile", "MaxHits")):
        ocs.ok(f"APIerSv1.Set{name}", **named, **{field: 3})
        assert ocs.ok(f"APIerSv1.Get{name}", **named)[field] == 3
        assert named["ID"] in ocs.ok(f"APIerSv1.Get{name}IDs", Tenant=TENANT)
    assert ocs.ok("ThresholdSv1.GetThreshold", **named)["Hits"] == 0
    assert ocs.ok("ThresholdSv1.ResetThreshold", **named) == "OK"
    for name in ("ResourceProfile", "ThresholdProfile"):
        assert ocs.ok(f"APIerSv1.Remove{name}", **named) == "OK"
    assert ocs.error("ThresholdSv1.GetThreshold", **named) == "NOT_FOUND"
