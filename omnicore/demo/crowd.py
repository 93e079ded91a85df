"""Two hundred more customers with services and a year of history, the same on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from faker import Faker

from omnicore.billing.service import transactions as billing
from omnicore.catalog.models import Product
from omnicore.customers.service import contacts, customers, sites
from omnicore.db.uow import UnitOfWork
from omnicore.services import service as services

SEED = 20260501
SIZE = 200


@dataclass(frozen=True)
class Account:
    """A charging account that a service of the crowd should have: data left, in GB."""

    service_uuid: str
    data_gb: int


def fill(uow: UnitOfWork, product_ids: tuple[int, ...]) -> list[Account]:
    """Add the crowd; returns the charging accounts that its mobile services need."""
    fake = Faker("en_GB")
    fake.seed_instance(SEED)
    chance = random.Random(SEED)  # noqa: S311 - the same people everywhere, no secret
    products = [uow.get(Product, key) for key in (product_ids[0], product_ids[3])]
    accounts: list[Account] = []
    for number in range(SIZE):
        customer_id = _customer(uow, fake, chance)
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            product = chance.choice(products)
            account = _service(uow, chance, customer_id, product, number)
            if account is not None:
                accounts.append(account)
    return accounts


def _customer(uow: UnitOfWork, fake: Faker, chance: random.Random) -> int:
    business = chance.random() < 0.25
    first, last = fake.first_name(), fake.last_name()
    key = customers.create(
        uow,
        {
            "customer_name": fake.company() if business else f"{first} {last}",
            "customer_account_type": "Business" if business else "Individual",
            "customer_payment_type": "postpaid" if business else "prepaid",
            "customer_status": chance.choices(("Open", "Closed", "Suspended"), (92, 5, 3))[0],
        },
    )
    contacts.create(
        uow,
        {
            "customer_id": key,
            "contact_firstname": first,
            "contact_lastname": last,
            "contact_email": f"{first}.{last}.{key}@customers.example".lower().replace(" ", ""),
            "contact_phone": f"+4477009{key:05d}",
            "contact_types": "Primary, Billing",
        },
    )
    sites.create(
        uow,
        {
            "customer_id": key,
            "site_name": "Office" if business else "Home",
            "address_line_1": fake.street_address().replace("\n", ", "),
            "city": fake.city(),
            "zip_code": fake.postcode(),
            "country": "United Kingdom",
            "latitude": round(chance.uniform(50.9, 54.9), 6),
            "longitude": round(chance.uniform(-3.2, 0.9), 6),
        },
    )
    return key


def _service(
    uow: UnitOfWork, chance: random.Random, customer_id: int, product: Product, number: int
) -> Account | None:
    mobile = product.service_type == "mobile"
    begun = uow.now() - timedelta(days=chance.randrange(5, 365))
    status = chance.choices(("Active", "Suspended", "Inactive"), (85, 5, 10))[0]
    made = services.create(
        uow,
        {
            "customer_id": customer_id,
            "product_id": product.product_id,
            "service_name": product.product_name,
            "service_type": product.service_type,
            "service_uuid": f"Demo_{chance.getrandbits(48):012x}",
            "service_status": status,
            "service_provisioned_date": begun,
            "service_active_date": begun,
            "retail_cost": product.retail_cost,
            "wholesale_cost": product.wholesale_cost,
        },
    )
    months = min(6, (uow.now() - begun).days // 30)
    for month in range(months, -1, -1):
        _charge(uow, customer_id, made.service_id, product, month)
    if mobile and status == "Active" and number % 2 == 0:
        return Account(made.service_uuid, chance.randrange(1, 21))
    return None


def _charge(
    uow: UnitOfWork, customer_id: int, service_id: int, product: Product, months_ago: int
) -> None:
    day = (uow.now() - timedelta(days=30 * months_ago)).date()
    billing.create(
        uow,
        {
            "customer_id": customer_id,
            "service_id": service_id,
            "product_id": product.product_id,
            "title": product.product_name,
            "description": f"Monthly charge, {day:%B %Y}",
            "retail_cost": Decimal(product.retail_cost),
            "wholesale_cost": Decimal(product.wholesale_cost),
            "transaction_date": day,
        },
    )
