"""A failed job leaves nothing behind: what its play did not undo, the core does.

In the transaction that writes the failure: the services that the job made are removed and
the items it took go back to where they were. Afterwards, outside any transaction and
repeated until it works: the charging accounts of services that no longer exist. What
belongs to a service that lives is never touched. (Guide 17; transactions follow the event.)
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from omnicore.activity.recorder import record
from omnicore.db.uow import UnitOfWork
from omnicore.inventory import service as inventory
from omnicore.jobs.queue import Claimed
from omnicore.provisioning.models import Cleanup, Provision, ProvisionEvent
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NoPlugin, OmniCoreError
from omnicore.services import service as services
from omnicore.services.models import Service

log = logging.getLogger("omnicore.provisioning")

TRIES = 30
ACCOUNT_FACTS = ("service_uuid", "oc_account", "oc_accounts")
"""Facts by which plays, those of the guide and the shipped ones, name charging accounts."""


def created_services(uow: UnitOfWork, provision_id: int) -> Sequence[Service]:
    """The services that a job's play made, oldest first."""
    return uow.session.scalars(
        select(Service)
        .where(Service.created_by_provision == provision_id)
        .order_by(Service.service_id)
    ).all()


def plan(uow: UnitOfWork, job: Provision) -> None:
    """Undo in the core what a failed job left, and note what is to be undone outside."""
    left = created_services(uow, job.provision_id)
    accounts = {service.service_uuid for service in left} | _accounts_told(uow, job.provision_id)
    inventory.undo_job(uow, job.provision_id)
    for service in left:
        services.remove(uow, service.service_id)
    uow.session.flush()
    orphans = sorted(accounts - _alive(uow, accounts))
    job.cleanup = Cleanup.PENDING if orphans else Cleanup.DONE
    job.cleanup_notes = orphans or None


def clean_up(runtime: Runtime, claimed: Claimed) -> None:
    """Remove the charging accounts that a failed job left; repeated until it works."""
    provision_id = int(claimed.payload["provision_id"])
    with runtime.db.read() as uow:
        job = uow.session.get(Provision, provision_id)
        pending = job is not None and job.cleanup == Cleanup.PENDING
        accounts = set(job.cleanup_notes or ()) if job is not None else set()
        orphans = accounts - _alive(uow, accounts)
    if not pending:
        return
    try:
        for account in sorted(orphans):
            _remove_account(runtime, account)
    except OmniCoreError:
        if claimed.attempts >= TRIES:
            _write(runtime, provision_id, Cleanup.FLAGGED)
        raise
    _write(runtime, provision_id, Cleanup.DONE)


def _remove_account(runtime: Runtime, account: str) -> None:
    try:
        port = runtime.plugins.charging()
    except NoPlugin:
        return  # without a charging system there is no account
    port.call(lambda backend: backend.remove_account(account))


def _write(runtime: Runtime, provision_id: int, state: Cleanup) -> None:
    with runtime.db.write() as uow:
        job = uow.get(Provision, provision_id, lock=True)
        job.cleanup = state
        said = "removed" if state is Cleanup.DONE else "could not remove"
        record(
            uow,
            "provision",
            "cleaned_up",
            f"{said.capitalize()} what job {provision_id} left in the charging system",
            customer_id=job.customer_id,
            details={"accounts": list(job.cleanup_notes or ())},
        )


def _alive(uow: UnitOfWork, accounts: Iterable[str]) -> set[str]:
    """Those accounts that a service of the core has."""
    wanted = select(Service.service_uuid).where(Service.service_uuid.in_(sorted(accounts)))
    return set(uow.session.scalars(wanted))


def _accounts_told(uow: UnitOfWork, provision_id: int) -> set[str]:
    """Account names that the play computed, among the facts that its tasks set."""
    texts = uow.session.scalars(
        select(ProvisionEvent.provisioning_result_json).where(
            ProvisionEvent.provision_id == provision_id,
            ProvisionEvent.provisioning_result_json.contains("ansible_facts"),
        )
    )
    found: set[str] = set()
    for text in texts:
        facts = json.loads(text).get("ansible_facts")
        if isinstance(facts, Mapping):
            found.update(_names(facts))
    return found


def _names(facts: Mapping[str, Any]) -> Iterable[str]:
    for fact in ACCOUNT_FACTS:
        value = facts.get(fact)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name.strip():
                yield name.strip()
