"""Two customers, seven products, a little stock and five people, as the docs name them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from omnicore.catalog import service as catalog
from omnicore.customers.service import contacts, customers, sites
from omnicore.db.uow import UnitOfWork
from omnicore.identity import service as identity
from omnicore.identity.models import Permission
from omnicore.identity.service import roles
from omnicore.inventory.models import Inventory, ItemState
from omnicore.inventory.service import items, templates

SIM_CARD = "SIM Card"
NUMBER = "Mobile Number"
MODEM = "Rental Modem"
CPE = "CPE Router"

TEMPLATES: tuple[dict[str, Any], ...] = (
    {
        "item": SIM_CARD,
        "icon": "fa-solid fa-sim-card",
        "wholesale_cost": Decimal("1.00"),
        "retail_cost": Decimal("5.00"),
        "allow_dropdown_staff": True,
        "allow_dropdown_customer": True,
        "itemtext1_label": "ICCID",
        "itemtext2_label": "IMSI",
        "itemtext3_label": "SIM Type",
        "itemtext4_label": "Ki",
        "itemtext5_label": "OPc",
    },
    {
        "item": NUMBER,
        "icon": "fa-solid fa-phone",
        "wholesale_cost": Decimal("0.10"),
        "retail_cost": Decimal("0"),
        "allow_dropdown_staff": True,
        "allow_dropdown_customer": True,
        "itemtext1_label": "MSISDN",
        "itemtext2_label": "Geographic Region",
    },
    {
        "item": MODEM,
        "icon": "fa-solid fa-wifi",
        "wholesale_cost": Decimal("60.00"),
        "retail_cost": Decimal("150.00"),
    },
    {
        "item": CPE,
        "icon": "fa-solid fa-network-wired",
        "wholesale_cost": Decimal("80.00"),
        "retail_cost": Decimal("120.00"),
        "itemtext3_label": "WiFi Name",
        "itemtext4_label": "Management Address",
    },
)

PRODUCTS: tuple[dict[str, Any], ...] = (
    {
        "product_name": "Prepaid Mobile 20GB",
        "product_slug": "Prepaid-Mobile-20GB",
        "category": "standalone",
        "service_type": "mobile",
        "retail_cost": Decimal("15.00"),
        "wholesale_cost": Decimal("5.00"),
        "wholesale_setup_cost": Decimal("1.00"),
        "residential": True,
        "business": False,
        "customer_can_purchase": True,
        "auto_renew": "prompt",
        "allow_auto_renew": True,
        "inventory_items_list": f"['{SIM_CARD}', '{NUMBER}']",
        "provisioning_play": "play_local_mobile_sim",
        "provisioning_json_vars": '{"days": 30, "data_gb": 20}',
        "features_list": "20 GB of data. 30 days. No contract",
        "icon": "fa-solid fa-mobile-screen",
    },
    {
        "product_name": "5GB Data Boost",
        "product_slug": "5GB-Data-Boost",
        "category": "addon",
        "service_type": "mobile",
        "retail_cost": Decimal("5.00"),
        "wholesale_cost": Decimal("1.50"),
        "residential": True,
        "business": True,
        "customer_can_purchase": True,
        "auto_renew": "false",
        "provisioning_play": "play_topup_charge_then_action",
        "provisioning_json_vars": '{"data_gb": 5, "days": 7}',
        "features_list": "5 GB more. 7 days",
        "icon": "fa-solid fa-bolt",
    },
    {
        "product_name": "Monthly 10GB Data Plan",
        "product_slug": "Monthly-10GB-Data-Plan",
        "category": "addon",
        "service_type": "mobile",
        "retail_cost": Decimal("10.00"),
        "wholesale_cost": Decimal("3.00"),
        "residential": True,
        "business": True,
        "customer_can_purchase": True,
        "auto_renew": "true",
        "allow_auto_renew": True,
        "provisioning_play": "play_topup_no_charge",
        "provisioning_json_vars": '{"data_gb": 10, "days": 30}',
        "features_list": "10 GB every month. Renews by itself",
        "icon": "fa-solid fa-calendar",
    },
    {
        "product_name": "Fiber 100",
        "product_slug": "Fiber-100",
        "category": "standalone",
        "service_type": "internet",
        "retail_cost": Decimal("45.00"),
        "wholesale_cost": Decimal("20.00"),
        "retail_setup_cost": Decimal("50.00"),
        "wholesale_setup_cost": Decimal("30.00"),
        "tax_percentage": Decimal("10"),
        "contract_days": 365,
        "residential": True,
        "business": True,
        "customer_can_purchase": True,
        "provisioning_play": "play_simple_service",
        "features_list": "100 Mbit/s. Unlimited. 12 months",
        "icon": "fa-solid fa-globe",
    },
    {
        "product_name": "WiFi 6 Modem Rental",
        "product_slug": "WiFi-6-Modem-Rental",
        "category": "addon",
        "service_type": "internet",
        "retail_cost": Decimal("10.00"),
        "wholesale_cost": Decimal("2.00"),
        "residential": True,
        "business": True,
        "customer_can_purchase": True,
        "inventory_items_list": f"['{MODEM}']",
        "provisioning_play": "play_addon_assign_modem",
        "icon": "fa-solid fa-wifi",
    },
    {
        "product_name": "Free 1GB Bonus",
        "product_slug": "Free-1GB-Bonus",
        "category": "addon",
        "service_type": "mobile",
        "residential": True,
        "business": True,
        "customer_can_purchase": True,
        "provisioning_play": "play_topup_no_charge",
        "provisioning_json_vars": '{"data_gb": 1, "days": 7}',
        "features_list": "1 GB on the house. 7 days",
        "icon": "fa-solid fa-gift",
    },
    {
        "product_name": "Managed Router",
        "product_slug": "Managed-Router",
        "category": "addon",
        "service_type": "internet",
        "retail_cost": Decimal("8.00"),
        "wholesale_cost": Decimal("2.00"),
        "residential": True,
        "business": True,
        "inventory_items_list": f"['{CPE}']",
        "provisioning_play": "play_prov_cpe_mikrotik",
        "icon": "fa-solid fa-network-wired",
    },
)


@dataclass(frozen=True)
class Fixtures:
    """Keys of what was made, for what is built on it."""

    products: tuple[int, ...]
    customer_a: int
    customer_b: int


def fill(uow: UnitOfWork) -> Fixtures:
    """Templates, stock, products and the customers A and B with contacts and sites."""
    for template in TEMPLATES:
        templates.create_template(uow, template)
    _stock(uow)
    products = tuple(
        catalog.create(uow, {"enabled": True, **product}).product_id for product in PRODUCTS
    )
    a = _customer(uow, {"customer_name": "John Smith", "customer_account_type": "Individual"})
    _contact(uow, a, "Anna", "Smith", "anna@a.example", "+447700900001", "Primary, Billing")
    _site(uow, a, "Home", "London", 51.5074, -0.1278)
    b = _customer(uow, {"customer_name": "Acme Corp", "customer_account_type": "Business"})
    _contact(uow, b, "Jane", "Doe", "jane@b.example", "+442079460001", "Billing")
    _contact(uow, b, "Bob", "Brown", "bob@b.example", "+442079460002", "Technical")
    _site(uow, b, "London", "London", 51.5155, -0.0922)
    _site(uow, b, "Paris", "Paris", 48.8566, 2.3522)
    return Fixtures(products, a, b)


def people(uow: UnitOfWork, password: str, contacts: dict[str, int]) -> None:
    """Five people who may log in, all with that password."""
    desk = roles.create(uow, "Provisioning Desk", "Orders services for customers")
    ordering = uow.session.scalars(
        select(Permission.id).where(Permission.name == "create_provision")
    ).one()
    roles.add_permissions(uow, desk["id"], [ordering])
    for email, first, last, names in (
        ("admin@example.com", "Ada", "Admin", ["System Admin"]),
        ("sue@example.com", "Sue", "Support", ["Support", "Provisioning Desk"]),
        ("fin@example.com", "Finn", "Finance", ["Finance"]),
        ("anna@a.example", "Anna", "Smith", ["Customer"]),
        ("bob@b.example", "Bob", "Brown", ["Customer"]),
    ):
        identity.create_user(
            uow,
            username=email.partition("@")[0],
            email=email,
            password=password,
            roles=names,
            first_name=first,
            last_name=last,
            contact_id=contacts.get(email),
        )


def _stock(uow: UnitOfWork) -> None:
    """Items 5001 and 5002 have those very keys; more of each kind follow."""
    first = (
        (5001, SIM_CARD, ["8944000000000000001", "310120123456789", "4G", "0" * 32, "1" * 32]),
        (5002, NUMBER, ["447700900123", "London"]),
    )
    for key, kind, texts in first:
        row = templates.template_named(uow, kind)
        now = uow.now()
        values = {f"itemtext{number}": text for number, text in enumerate(texts, 1)}
        uow.session.execute(
            insert(Inventory).values(
                inventory_id=key,
                item=kind,
                inventory_template_id=row.inventory_template_id,
                item_state=ItemState.NEW,
                item_location="Store 1",
                wholesale_cost=row.wholesale_cost,
                retail_cost=row.retail_cost,
                created=now,
                last_modified=now,
                **values,
            )
        )
    for values in _more_items():
        items.create(uow, values)


def _more_items() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number in range(2, 42):
        rows.append(
            {
                "item": SIM_CARD,
                "itemtext1": f"89440000000000{number:05d}",
                "itemtext2": f"31012012346{number:04d}",
                "itemtext3": "5G",
                "itemtext4": f"{number:032x}",
                "itemtext5": f"{number + 4096:032x}",
                "item_location": "Store 1",
            }
        )
        rows.append(
            {
                "item": NUMBER,
                "itemtext1": f"4477009{number:05d}",
                "itemtext2": "London",
                "item_location": "Pool",
            }
        )
    for number in range(1, 13):
        for kind, model in ((MODEM, "WiFi6-X2"), (CPE, "RB4011")):
            serial = f"{model}-{number:04d}"
            rows.append(
                {
                    "item": kind,
                    "itemtext1": model,
                    "itemtext2": serial,
                    "item_location": "Warehouse",
                }
            )
    return rows


def _customer(uow: UnitOfWork, values: dict[str, Any]) -> int:
    return customers.create(uow, values)


def _contact(
    uow: UnitOfWork, customer_id: int, first: str, last: str, email: str, phone: str, types: str
) -> int:
    values = {
        "customer_id": customer_id,
        "contact_firstname": first,
        "contact_lastname": last,
        "contact_email": email,
        "contact_phone": phone,
        "contact_types": types,
    }
    return contacts.create(uow, values)


def _site(uow: UnitOfWork, customer_id: int, name: str, city: str, lat: float, lng: float) -> int:
    values = {
        "customer_id": customer_id,
        "site_name": name,
        "address_line_1": "1 High Street",
        "city": city,
        "country": "France" if city == "Paris" else "United Kingdom",
        "latitude": lat,
        "longitude": lng,
    }
    return sites.create(uow, values)
