"""What the charging room does about what happens to services."""

from __future__ import annotations

from omnicore.charging.service import accounts
from omnicore.runtime import Runtime
from omnicore.sdk.events import ServiceDeleted, ServiceStatusChanged
from omnicore.subscribers import subscribe


def status_changed(runtime: Runtime, event: ServiceStatusChanged) -> None:
    """Suspended and ended services have a disabled account, all others an enabled one."""
    accounts.follow_status(runtime, event.service_uuid)


def deleted(runtime: Runtime, event: ServiceDeleted) -> None:
    """A deleted service leaves neither account nor renewals."""
    accounts.remove_deleted(runtime, event.service_uuid)


subscribe("charging.service_status", ServiceStatusChanged, status_changed)
subscribe("charging.service_deleted", ServiceDeleted, deleted)
