"""What a server process calls to get its application."""

from __future__ import annotations

import os

from flask import Flask

from omnicore import config, logs
from omnicore.app import create_app


def build() -> Flask:
    """The application for the file that ``OMNICORE_CONFIG`` names."""
    logs.configure(os.environ.get("OMNICORE_LOG_FORMAT", "json"))
    return create_app(config.load())
