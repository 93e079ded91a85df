"""What a fresh database holds besides tables: added where missing, never taken away."""

from __future__ import annotations

from sqlalchemy import insert, select

from omnicore.runtime import Runtime


def seed(runtime: Runtime) -> None:
    """The single rows that rooms need, then roles and permissions, those of plugins too."""
    from omnicore.activity.models import ActivityHead
    from omnicore.activity.recorder import GENESIS
    from omnicore.identity import service as identity
    from omnicore.identity.models import AccessEpoch

    with runtime.db.write() as uow:
        rows = ((ActivityHead, {"row_hash": GENESIS, "entries": 0}), (AccessEpoch, {"epoch": 1}))
        for model, values in rows:
            if uow.session.execute(select(model.id).where(model.id == 1)).first() is None:
                uow.session.execute(insert(model).values(id=1, **values))
    offered = [owned.offer for owned in runtime.plugins.permissions()]
    with runtime.db.write() as uow:
        identity.seed(uow, offered)
