"""A service that somebody ends by its status is deprovisioned (guide 21)."""

from __future__ import annotations

import logging

from sqlalchemy import select

from omnicore.db.scope import EVERYTHING, Actor, ActorKind
from omnicore.provisioning.models import Action, Provision
from omnicore.provisioning.service import intake
from omnicore.runtime import Runtime
from omnicore.sdk.events import ServiceStatusChanged
from omnicore.sdk.ports.provisioning import TaskStatus
from omnicore.services.models import Phase, Service, phase

log = logging.getLogger("omnicore.provisioning")

CORE = Actor(
    kind=ActorKind.SYSTEM,
    label="end of service",
    permissions=frozenset({"create_provision"}),
)


def follow(runtime: Runtime, event: ServiceStatusChanged) -> None:
    """Order the deprovisioning of a service that has ended, once.

    Not when a play ended it: that play is the deprovisioning, or knows why not.
    """
    ended = phase(event.new) is Phase.OVER and phase(event.old) is not Phase.OVER
    if not ended or event.by_provision is not None:
        return
    if _wanted(runtime, event.service_id):
        body = {"service_id": event.service_id, "action": Action.DEPROVISION.value}
        intake.order(runtime, CORE, EVERYTHING, body)


def _wanted(runtime: Runtime, service_id: int) -> bool:
    """Whether there is a play to run, and no job runs it already."""
    with runtime.db.read() as uow:
        service = uow.session.get(Service, service_id)
        if service is None or phase(service.service_status) is not Phase.OVER:
            return False
        if not (service.deprovisioning_play or service.provisioning_play):
            log.info("service %d has ended; it names no play to deprovision it", service_id)
            return False
        running = select(Provision.provision_id).where(
            Provision.service_id == service_id,
            Provision.action == Action.DEPROVISION,
            Provision.provisioning_status == TaskStatus.RUNNING,
        )
        return uow.session.execute(running.limit(1)).first() is None
