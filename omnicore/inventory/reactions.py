"""What this room tells the catalogue below it."""

from __future__ import annotations

from omnicore.catalog import checks
from omnicore.inventory.service import missing_kinds

checks.register_product_check(missing_kinds)
