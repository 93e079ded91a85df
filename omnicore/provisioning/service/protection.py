"""A job touches its own services' items only (a play that releases another's is refused)."""

from __future__ import annotations

from omnicore.db.uow import UnitOfWork
from omnicore.inventory.models import Inventory
from omnicore.provisioning.models import Provision
from omnicore.services.models import Phase, Service, phase


def reason_to_keep(uow: UnitOfWork, item: Inventory) -> str | None:
    """Why the job of this unit's actor may not take the item; None when it may.

    An item is the job's when its service is the one that the job is for, was made by the
    job, or is a part of such a bundle. Items of services that have ended are free to take.
    """
    if item.service_id is None or uow.actor.provision_id is None:
        return None
    with uow.unscoped():
        job = uow.session.get(Provision, uow.actor.provision_id)
        service = uow.session.get(Service, item.service_id)
    if job is None or service is None or phase(service.service_status) is Phase.OVER:
        return None
    mine = {job.service_id} - {None}
    if service.created_by_provision == job.provision_id or mine & {
        service.service_id,
        service.bundled_parent,
    }:
        return None
    return f"it belongs to service {service.service_id}, which is in use and not this job's"
