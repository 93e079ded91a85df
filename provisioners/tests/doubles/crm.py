"""The core's API as the plays use it: the routes and shapes of the API contract."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from doubles.http import Answer, Call, Double

TOKEN = "job-token-4f2c"
_NOT_THERE: Answer = (404, {"message": "not found"})
_FIXED = {"service_id", "customer_id", "product_id", "service_uuid", "bundled_parent"}
_LABELS = {
    "SIM Card": ("iccid", "imsi", "sim_type", "ki", "opc"),
    "Mobile Number": ("msisdn", "geographic_region"),
}

Row = dict[str, Any]


@dataclass
class CrmDouble(Double):
    """Rows by id. Calls without the job's token get 401, unknown routes 404."""

    products: dict[int, Row] = field(default_factory=dict)
    customers: dict[int, Row] = field(default_factory=dict)
    sites: dict[int, list[Row]] = field(default_factory=dict)
    services: dict[int, Row] = field(default_factory=dict)
    items: dict[int, Row] = field(default_factory=dict)
    transactions: dict[int, Row] = field(default_factory=dict)

    def answer(self, call: Call) -> Answer:
        if call.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "no or bad credentials"}
        for method, pattern, handler in _ROUTES:
            match = re.fullmatch(pattern, call.path)
            if method == call.method and match:
                result: Answer = handler(self, call.body, *match.groups())
                return result
        return _NOT_THERE

    def add_item(self, inventory_id: int, item: str, *texts: str, state: str = "New") -> None:
        """Put an item on the shelf."""
        row: Row = {"inventory_id": inventory_id, "item": item, "item_state": state}
        row |= {"customer_id": None, "service_id": None, "sold_date": None}
        row |= {f"itemtext{n}": None for n in range(1, 6)}
        row |= {f"itemtext{n}": text for n, text in enumerate(texts, 1)}
        self.items[inventory_id] = row

    def one(self, table: dict[int, Row], key: str) -> Answer:
        row = table.get(int(key))
        return (200, row) if row else _NOT_THERE

    def service_by_uuid(self, _body: Any, uuid: str) -> Answer:
        found = [s for s in self.services.values() if s["service_uuid"] == uuid]
        return (200, found[0]) if found else _NOT_THERE

    def services_of(self, _body: Any, customer: str) -> Answer:
        return 200, [s for s in self.services.values() if s["customer_id"] == int(customer)]

    def create_service(self, body: Row) -> Answer:
        if any(s["service_uuid"] == body["service_uuid"] for s in self.services.values()):
            return 409, {"message": "service_uuid is taken"}
        key = 1234 + len(self.services)
        more = {"bundled_parent": None, "service_deactivate_date": None}
        self.services[key] = {"service_id": key, **more, **body}
        return 200, self.services[key]

    def change_service(self, body: Row, key: str) -> Answer:
        if int(key) not in self.services:
            return _NOT_THERE
        if _FIXED & set(body):
            return 400, {"message": "read-only field"}
        self.services[int(key)] |= body
        return 200, self.services[int(key)]

    def delete_service(self, _body: Any, key: str) -> Answer:
        if self.services.pop(int(key), None) is None:
            return _NOT_THERE
        return 200, {"result": "success"}

    def item(self, _body: Any, key: str) -> Answer:
        row = self.items.get(int(key))
        return (200, self.shown(row)) if row else _NOT_THERE

    def shown(self, row: Row) -> Row:
        """With the slugs of the template's labels, and the password masked."""
        labels = _LABELS.get(row["item"], ())
        slugs = {name: row[f"itemtext{n}"] for n, name in enumerate(labels, 1)}
        masked = {"management_password": "********"} if row.get("management_password") else {}
        return row | slugs | masked

    def items_of_service(self, _body: Any, key: str) -> Answer:
        held = [self.shown(r) for r in self.items.values() if r["service_id"] == int(key)]
        return 200, {"data": held}

    def change_item(self, body: Row, key: str) -> Answer:
        if int(key) not in self.items:
            return _NOT_THERE
        self.items[int(key)] |= body
        return 200, self.shown(self.items[int(key)])

    def record(self, body: Row) -> Answer:
        key = 900 + len(self.transactions)
        self.transactions[key] = {"transaction_id": key, "void": False, **body}
        return 200, self.transactions[key]

    def void(self, _body: Any, key: str) -> Answer:
        if int(key) not in self.transactions:
            return _NOT_THERE
        self.transactions[int(key)]["void"] = True
        return 200, {"result": "success"}


_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", r"/crm/product/product_id/(\d+)", lambda c, _, key: c.one(c.products, key)),
    ("GET", r"/crm/customer/customer_id/(\d+)", lambda c, _, key: c.one(c.customers, key)),
    ("GET", r"/crm/site/customer_id/(\d+)", lambda c, _, key: (200, c.sites.get(int(key), []))),
    ("PUT", r"/crm/service/", CrmDouble.create_service),
    ("GET", r"/crm/service/service_id/(\d+)", lambda c, _, key: c.one(c.services, key)),
    ("GET", r"/crm/service/service_uuid/([^/]+)", CrmDouble.service_by_uuid),
    ("GET", r"/crm/service/customer_id/(\d+)", CrmDouble.services_of),
    ("PATCH", r"/crm/service/service_id/(\d+)", CrmDouble.change_service),
    ("DELETE", r"/crm/service/service_id/(\d+)", CrmDouble.delete_service),
    ("GET", r"/crm/inventory/inventory_id/(\d+)", CrmDouble.item),
    ("PATCH", r"/crm/inventory/inventory_id/(\d+)", CrmDouble.change_item),
    ("GET", r"/crm/inventory/service_id/(\d+)", CrmDouble.items_of_service),
    ("PUT", r"/crm/transaction/", CrmDouble.record),
    ("DELETE", r"/crm/transaction/transaction_id/(\d+)", CrmDouble.void),
]
