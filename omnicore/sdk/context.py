"""What every hook gets: one frozen argument."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PluginContext:
    """One plugin's view of its deployment. New fields come with defaults.

    ``settings`` is what the plugin's schema built (None without one), ``now`` the clock
    (aware UTC), ``data_dir`` a folder of the plugin's own (made on first use), ``base_url``
    the address of this deployment without trailing slash, ``config_dir`` the folder of
    ``crm_config.yaml``, to which relative paths of settings are relative.
    """

    name: str
    settings: Any
    logger: logging.Logger
    now: Callable[[], datetime]
    data_dir: Path
    config_dir: Path
    base_url: str = ""
    currency: str = "USD"
