"""Mailjet's send call: keeps what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from doubles.http import Answer, Call, Double


@dataclass
class MailDouble(Double):
    """Each message of ``/v3.1/send`` lands in ``sent``."""

    sent: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, call: Call) -> Answer:
        if (call.method, call.path) != ("POST", "/v3.1/send"):
            return 404, {"ErrorMessage": "Object not found"}
        self.sent += call.body["Messages"]
        return 200, {"Messages": [{"Status": "success"} for _ in call.body["Messages"]]}
