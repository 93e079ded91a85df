"""What holds when neither an option nor a setting says otherwise. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

HOST = "127.0.0.1"
MODES = ("v0.10", "master")


@dataclass(frozen=True, kw_only=True)
class EmbeddedSettings:
    """Where the server listens, what it keeps and whose quirks it shows.

    ``state`` is relative to the plugin's data folder; ``tenant`` is that of calls that
    name none.
    """

    port: int = 2080
    state: str = "ocs_embedded.sqlite"
    mode: str = "master"
    tenant: str = "cgrates.org"


DEFAULTS = EmbeddedSettings()
