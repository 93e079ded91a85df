"""Charging accounts of the demo's services, made through whatever charging backend there is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from omnicore.demo.crowd import Account
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NoPlugin
from omnicore.sdk.ports.charging import BalanceGrant, BalanceKind

GIB = 1024**3


def open_accounts(runtime: Runtime, accounts: Iterable[Account]) -> int:
    """Open an account with some data left for each; returns how many. None without a backend."""
    try:
        port = runtime.plugins.charging()
    except NoPlugin:
        return 0
    count = 0
    expires = runtime.now() + timedelta(days=20)
    for account in accounts:
        grant = BalanceGrant(
            kind=BalanceKind.DATA,
            id="DATA_20GB_Monthly",
            value=Decimal(account.data_gb * GIB),
            key=f"demo-{account.service_uuid}",
            expires_at=expires,
        )
        port.call(lambda backend, it=account: backend.ensure_account(it.service_uuid))  # type: ignore[misc]
        port.call(lambda backend, it=account, what=grant: backend.grant(it.service_uuid, what))  # type: ignore[misc]
        count += 1
    return count
