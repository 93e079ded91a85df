"""``*http_post``: tell a URL about an account, with the engine's time-outs and retries."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 2.0
ATTEMPTS = 3
PAUSE_S = 1.0


def post(url: str, account: Any) -> bool:
    """POST the account, or nothing when there is none; three attempts, a second apart.

    :return: False when every attempt failed: no answer within two seconds, or above 299.
    """
    body = json.dumps(account).encode() if account is not None else b""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        if _post_once(url, body):
            return True
    return False


def post_async(url: str, account: Any) -> None:
    """The same in the background; nobody learns how it ended."""
    snapshot = json.loads(json.dumps(account))
    threading.Thread(target=post, args=(url, snapshot), name="http_post", daemon=True).start()


def _post_once(url: str, body: bytes) -> bool:
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        factory = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = factory(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", target, body, {"Content-Type": "application/json"})
            return connection.getresponse().status <= 299
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return False
