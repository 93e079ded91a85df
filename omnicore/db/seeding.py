"""What a fresh database holds besides tables: added where missing, never taken away."""

from __future__ import annotations

from omnicore.runtime import Runtime


def seed(runtime: Runtime) -> None:
    """Roles, permissions (of plugins too) and the single rows that rooms need."""
    from omnicore.activity import service as activity
    from omnicore.identity import service as identity

    wanted = [
        (owned.offer.name, owned.offer.description) for owned in runtime.plugins.permissions()
    ]
    with runtime.db.write() as uow:
        activity.seed(uow)
        identity.seed(uow, wanted)
