"""Plan ids say which service, product and customer a renewal is for, whoever wrote them."""

from __future__ import annotations

import pytest

from omnicore.sdk.plan_ids import parse_plan_id, write_plan_id


def test_what_is_written_is_read_again():
    plan_id = write_plan_id("Local_Mobile_SIM_0a1b2c3d", 42, 7, "Monthly Renewal")
    expected = "ServiceID_Local_Mobile_SIM_0a1b2c3d__ProductID_42__CustomerID_7__Monthly_Renewal"
    assert plan_id == expected
    assert parse_plan_id(plan_id) == {
        "ServiceID": "Local_Mobile_SIM_0a1b2c3d",
        "ProductID": 42,
        "CustomerID": 7,
        "Name": "Monthly_Renewal",
    }


@pytest.mark.parametrize(
    ("plan_id", "expected"),
    [
        (
            "ServiceID_abc-123-def_ProductID_456_CustomerID_789_MonthlyRenewal",
            {
                "ServiceID": "abc-123-def",
                "ProductID": 456,
                "CustomerID": 789,
                "Name": "MonthlyRenewal",
            },
        ),
        ("ServiceID_abc__ProductID_456__", {"ServiceID": "abc", "ProductID": 456}),
        ("ServiceID_abc__Renewal", {"ServiceID": "abc", "Name": "Renewal"}),
        ("ServiceID_abc", {"ServiceID": "abc"}),
        ("ServiceID_abc__ProductID_new", {"ServiceID": "abc", "ProductID": "new"}),
        (
            "ActionPlan_Monthly_Local_Mobile_SIM_0a1b_42",
            {"Name": "Monthly", "ServiceID": "Local_Mobile_SIM_0a1b", "ProductID": 42},
        ),
        ("PACKAGE_10", {}),
        ("", {}),
        ("ServiceID_", {}),
        ("__ProductID___", {}),
    ],
)
def test_other_styles_give_what_they_hold_and_never_fail(plan_id, expected):
    assert parse_plan_id(plan_id) == expected
