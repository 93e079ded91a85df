"""Who may order what, and when: the rules that the API enforces for every order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from omnicore.catalog import checks, rules
from omnicore.catalog.errors import (
    MissingDependency,
    OutsideWindow,
    ProductDisabled,
    StaffOnly,
    WrongAudience,
    WrongServiceType,
)
from omnicore.catalog.models import AutoRenew, Category, Product
from omnicore.customers.models import AccountType
from omnicore.runtime import Runtime
from tests.conftest import NOON, People

HOUR = timedelta(hours=1)


def product(**values: Any) -> Product:
    given = {
        "product_name": "Plan",
        "product_slug": "plan",
        "category": Category.STANDALONE,
        "service_type": "mobile",
        "enabled": True,
        "residential": True,
        "business": False,
        "customer_can_purchase": True,
        "auto_renew": AutoRenew.FALSE,
    }
    return Product(**given | values)


def order(wanted: Product, **values: Any) -> None:
    given = {
        "customer_account_type": AccountType.INDIVIDUAL,
        "now": NOON,
        "by_customer": True,
        "owned_product_ids": set(),
        "owned_service_types": set(),
    }
    rules.check_order(wanted, **given | values)


def test_a_product_for_sale_can_be_ordered() -> None:
    order(product())
    order(product(available_from=NOON, available_until=NOON))


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"enabled": False}, ProductDisabled),
        ({"available_from": NOON + HOUR}, OutsideWindow),
        ({"available_until": NOON - HOUR}, OutsideWindow),
        ({"residential": False, "business": True}, WrongAudience),
        ({"customer_can_purchase": False}, StaffOnly),
        ({"relies_on_list": "[9]"}, MissingDependency),
        ({"relies_on_list": "['internet']"}, MissingDependency),
        ({"category": Category.ADDON}, MissingDependency),
    ],
)
def test_each_rule_refuses_with_its_own_reason(
    values: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        order(product(**values))


def test_staff_may_order_what_customers_may_not() -> None:
    order(product(customer_can_purchase=False), by_customer=False)


def test_staff_is_bound_by_audience_and_window_too() -> None:
    with pytest.raises(WrongAudience):
        order(product(), customer_account_type=AccountType.BUSINESS, by_customer=False)
    with pytest.raises(OutsideWindow):
        order(product(available_from=NOON + HOUR), by_customer=False)


def test_all_that_a_product_relies_on_must_be_there() -> None:
    wanted = product(category=Category.ADDON, relies_on_list="[9, 'internet']")
    with pytest.raises(MissingDependency) as caught:
        order(wanted, owned_product_ids={9}, owned_service_types={"mobile"})
    assert caught.value.facts["missing"] == ["a service of type internet"]
    order(wanted, owned_product_ids={9}, owned_service_types={"internet"})


def test_an_addon_without_a_list_needs_any_service_of_its_type() -> None:
    order(product(category=Category.ADDON), owned_service_types={"mobile"})


def test_an_addon_fits_services_of_its_type_alone() -> None:
    rules.check_addon(product(), "mobile")
    rules.check_addon(product(service_type=None), "internet")
    with pytest.raises(WrongServiceType):
        rules.check_addon(product(), "internet")


def test_a_product_names_each_kind_and_play_once() -> None:
    made = product(
        inventory_items_list="['SIM Card', 'SIM Card', 'Mobile Number']",
        provisioning_play="['play_a', 'play_b']",
        provisioning_json_vars='{"days": 30}',
    )
    assert rules.inventory_types(made) == ["SIM Card", "Mobile Number"]
    assert rules.plays(made) == ["play_a", "play_b"]
    assert rules.variables(made) == {"days": 30}
    empty = product(inventory_items_list=None, provisioning_json_vars="")
    assert (rules.inventory_types(empty), rules.plays(empty), rules.variables(empty)) == (
        [],
        [],
        {},
    )


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", "..", ".hidden", "a..b", "", "a b", "a\nb", "/etc/x", "%2e%2e"]
)
def test_a_plays_name_cannot_leave_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a play"):
        rules.check_play_name(name)


def test_the_margin_is_exact() -> None:
    assert rules.margin(Decimal("0.30"), Decimal("0.10")) == Decimal("0.20")
    assert rules.margin_percent(Decimal(15), Decimal(5)) == 67
    assert rules.margin_percent(Decimal(8), Decimal(3)) == 63
    assert rules.margin_percent(Decimal(0), Decimal(3)) is None


def test_rooms_above_can_warn_and_hold_back(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_plays", [])
    monkeypatch.setattr(checks, "_guards", [])
    monkeypatch.setattr(checks, "_holders", [])
    checks.register_play_check(lambda _, name: f"there is no play {name}")
    checks.register_delete_guard(lambda _, __: "3 services use it")
    admin = people.admin()
    made = admin.put(
        "/crm/product/",
        {
            "product_name": "Plan",
            "product_slug": "plan",
            "category": "standalone",
            "provisioning_play": "play_x",
            "enabled": False,
        },
    ).json
    assert made["warnings"] == ["there is no play play_x"]
    path = f"/crm/product/product_id/{made['product_id']}"
    refused = admin.delete(path)
    assert (refused.status_code, refused.json["code"]) == (409, "product-in-use")
    assert "3 services use it" in refused.json["message"]
    anna, _ = people.customer("A", "view_own_customer_service")
    assert anna.get(path).status_code == 404
    checks.register_holder(lambda _, product_id: product_id == made["product_id"])
    assert anna.get(path).json["product_slug"] == "plan"
