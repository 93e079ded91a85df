"""A deployment of OmniCore in a folder, with as many customers as a benchmark needs."""

from __future__ import annotations

import contextlib
import io
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text

from omnicore import config, rooms
from omnicore.cli.database import upgrade_all
from omnicore.customers.models import Contact, Customer, Site
from omnicore.runtime import Runtime, build

MARIADB = os.environ.get("OMNICORE_TEST_MARIADB", "mysql+pymysql://root:@127.0.0.1:3306")
SECRET = "0123456789abcdef" * 4
CHUNK = 10_000
START = datetime(2025, 1, 1, tzinfo=UTC)
CITIES = ("Leeds", "York", "Hull", "Derby", "Bath", "Truro", "Wells", "Ely")


def write_config(folder: Path, database_url: str, more: str = "") -> Path:
    """A ``crm_config.yaml`` without plugins; ``more`` is further YAML."""
    path = folder / "crm_config.yaml"
    path.write_text(
        f"jwt_secret: {SECRET}\ndatabase: {{url: '{database_url}'}}\ndata_dir: {folder}/var\n{more}"
    )
    return path


@contextmanager
def deployed(path: Path) -> Iterator[Runtime]:
    """A runtime of this process for a deployment, its database brought up to date."""
    rooms.load_models()
    rooms.load_reactions()
    runtime = build(config.load(path))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            upgrade_all(runtime)
        yield runtime
    finally:
        runtime.close()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new database, ``sqlite`` or ``mariadb``; the latter is dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/omnicore.db"
        return
    name = f"omnicore_bench_{uuid.uuid4().hex[:12]}"
    server = create_engine(MARIADB, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    try:
        yield f"{MARIADB}/{name}"
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        server.dispose()


def fill(runtime: Runtime, customers: int) -> None:
    """Add customers with ids from 1, each with a contact and a site, in bulk."""
    with runtime.db.engine.begin() as connection:
        for first in range(1, customers + 1, CHUNK):
            keys = range(first, min(first + CHUNK, customers + 1))
            connection.execute(insert(Customer), [_customer(key) for key in keys])
            connection.execute(insert(Contact), [_contact(key) for key in keys])
            connection.execute(insert(Site), [_site(key) for key in keys])


def _stamps() -> dict[str, Any]:
    return {"created": START, "last_modified": START}


def _customer(key: int) -> dict[str, Any]:
    return {
        "customer_id": key,
        "customer_name": f"Customer {key * 7919 % 1_000_003:07d}",
        "customer_account_type": "Business" if key % 4 == 0 else "Individual",
        "customer_status": ("Open", "Open", "Open", "Suspended", "Closed")[key % 5],
        "customer_payment_type": "prepaid",
        "customer_enabled": True,
        "contract_start_date": START,
        "customer_notes": "Prefers e-mail",
        **_stamps(),
    }


def _contact(key: int) -> dict[str, Any]:
    return {
        "contact_id": key,
        "customer_id": key,
        "contact_firstname": "Sam",
        "contact_lastname": f"Smith {key}",
        "contact_email": f"sam.{key}@example.com",
        "contact_phone": f"+44 7700 {key:06d}",
        "contact_phone_digits": f"447700{key:06d}",
        "contact_types": "Primary,Billing",
        **_stamps(),
    }


def _site(key: int) -> dict[str, Any]:
    return {
        "site_id": key,
        "customer_id": key,
        "site_name": "Home",
        "address_line_1": f"{key % 200} High Street",
        "city": CITIES[key % len(CITIES)],
        "zip_code": "LS1 1AA",
        "country": "United Kingdom",
        "latitude": 53.8,
        "longitude": -1.5,
        **_stamps(),
    }
