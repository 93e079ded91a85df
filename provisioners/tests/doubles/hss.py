"""PyHSS 2.0.0 as far as the plays use it: /auc/ and /subscriber/."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from doubles.http import Answer, Call, Double

Row = dict[str, Any]


@dataclass
class HssDouble(Double):
    """A missing row answers 200 with null, as some of its handlers do; keys are hidden on GET."""

    key: str = ""
    auc: dict[int, Row] = field(default_factory=dict)
    subscriber: dict[int, Row] = field(default_factory=dict)

    def answer(self, call: Call) -> Answer:
        headers = {name.lower(): value for name, value in call.headers.items()}
        if self.key and headers.get("provisioning-key") != self.key:
            return 401, {"Result": "Unauthorized - Provisioning-Key Invalid"}
        match = re.fullmatch(r"/(auc|subscriber)/(?:imsi/(\d+)|(\d*))", call.path)
        if not match:
            return 404, {"Result": "Not Found"}
        table: dict[int, Row] = getattr(self, match[1])
        if match[2]:
            found = next((r for r in table.values() if r["imsi"] == match[2]), None)
            return 200, _without_keys(found)
        if not match[3]:
            return self._create(match[1], table, call)
        return self._one(table, int(match[3]), call)

    def _create(self, name: str, table: dict[int, Row], call: Call) -> Answer:
        if call.method != "PUT":
            return 405, {"message": "The method is not allowed for the requested URL."}
        needed = {"auc": {"ki", "opc", "amf"}, "subscriber": {"auc_id", "default_apn", "apn_list"}}
        if not needed[name] <= set(call.body) or any(
            row["imsi"] == call.body["imsi"] for row in table.values()
        ):
            reason = "A database integrity error occurred"
            return 400, {"result": "Failed", "reason": reason}
        number = max(table, default=0) + 1
        table[number] = {**call.body, f"{name}_id": number}
        return 200, table[number]

    def _one(self, table: dict[int, Row], number: int, call: Call) -> Answer:
        if call.method == "PUT":
            return 405, {"message": "The method is not allowed for the requested URL."}
        if number not in table:
            return 200, None
        if call.method == "DELETE":
            del table[number]
            return 200, {"Result": "OK"}
        if call.method == "PATCH":
            table[number] |= call.body
        return 200, _without_keys(table[number])


def _without_keys(row: Row | None) -> Row | None:
    return row and {k: v for k, v in row.items() if k not in ("ki", "opc")}
