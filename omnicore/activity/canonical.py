"""How an entry is written down so that its hash is the same on every database."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""
LONGEST = 1_000
"""Characters of one value that an entry keeps."""


def row_hash(previous: str, values: dict[str, Any]) -> str:
    """SHA-256 over the previous hash and the entry in canonical JSON."""
    body = json.dumps(values, sort_keys=True, separators=(",", ":"), default=plain)
    return hashlib.sha256(f"{previous}{body}".encode()).hexdigest()


def plain(value: Any) -> Any:
    """``value`` as JSON that comes back from every database as it went in; long ones are cut."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value)} characters)"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value.is_finite() else str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return f"({len(value)} bytes)"
    return value.isoformat() if isinstance(value, date) else plain(str(value))
