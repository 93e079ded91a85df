"""The measure of what a server and a framework cost without any work."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/hello")
def hello() -> str:
    """Say hello."""
    return "hello"
