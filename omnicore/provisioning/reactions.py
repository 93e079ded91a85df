"""What provisioning does in the background, and what it tells rooms below about plays."""

from __future__ import annotations

from omnicore.catalog import checks as catalog
from omnicore.identity import access
from omnicore.inventory import checks as inventory
from omnicore.jobs.registry import JobKind, Recurring, recurring, register
from omnicore.provisioning.service import (
    deprovision,
    ending,
    orders,
    plays,
    protection,
    rollback,
    runs,
)
from omnicore.sdk.events import ServiceStatusChanged
from omnicore.subscribers import subscribe

register(
    JobKind(name=orders.RUN, run=runs.run, lost=runs.lost, queue=orders.QUEUE),
)
register(
    JobKind(
        name=ending.CLEAN_UP,
        run=rollback.clean_up,
        tries=rollback.TRIES,
        backoff_s=2.0,
    )
)
recurring(Recurring(name="provision.sweep", every_s=30.0, run=ending.sweep))
subscribe("provisioning.service_ended", ServiceStatusChanged, deprovision.follow)
catalog.register_play_check(plays.problem)
inventory.register_release_check(protection.reason_to_keep)
access.register_job_check(runs.standing)
