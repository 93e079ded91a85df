"""An application that pushes a counter, for a real server process."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from flask import Response, request

from omnicore import config
from omnicore.app import create_app
from omnicore.web.gate import public
from omnicore.web.push import Event, stream

FOLDER = Path(os.environ["PUSH_FOLDER"])
SETTINGS = config.parse((FOLDER / "crm_config.yaml").read_text(), FOLDER / "crm_config.yaml")

app = create_app(SETTINGS)
asked = threading.Lock()


def _numbers(last: str) -> list[Event]:
    """The lines of a file that the test appends to."""
    lines = (FOLDER / "numbers").read_text().split()
    return [
        (number, "number", {"n": int(number)}) for number in lines if int(number) > int(last or 0)
    ]


def _over() -> bool:
    return (FOLDER / "over").exists()


@public("a test")
def numbers() -> Response:
    """Numbers as they come"""
    heartbeat = float(request.args.get("heartbeat", "15"))
    return stream(_numbers, _over, interval=0.02, heartbeat=heartbeat)


app.add_url_rule("/numbers", "numbers", numbers)
