"""Reading, cancelling, repeating and deleting the records of jobs."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from omnicore.catalog.models import Product
from omnicore.customers.models import Customer
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.secrets import unseal
from omnicore.db.uow import UnitOfWork
from omnicore.jobs import queue
from omnicore.provisioning.errors import AlreadyEnded, CannotRetry, StillRunning
from omnicore.provisioning.models import Action, Cleanup, Provision, ProvisionEvent
from omnicore.provisioning.service import events, orders
from omnicore.sdk.errors import NotFound
from omnicore.sdk.ports.provisioning import TaskStatus
from omnicore.services.models import Service

_customer = aliased(Customer)

JOBS = Listing(
    columns=columns_of(
        Provision,
        "provision_id",
        "customer_id",
        "product_id",
        "service_id",
        "provisioning_play",
        "playbook_description",
        "provisioning_status",
        "task_count",
        "action",
        "initiating_user",
        "initiated_by",
        "reason",
        "cleanup",
        "retry_of",
        "chain_parent",
        "created",
        "started_at",
        "finished_at",
        "last_modified",
    )
    | {"customer_name": _customer.customer_name, "product_name": Product.product_name},
    key="provision_id",
    search=(
        Provision.playbook_description,
        Provision.provisioning_play,
        _customer.customer_name,
        Product.product_name,
    ),
)
_START = (
    select()
    .select_from(Provision)
    .outerjoin(_customer, _customer.customer_id == Provision.customer_id)
    .outerjoin(Product, Product.product_id == Provision.product_id)
)


def listing(uow: UnitOfWork, query: ListQuery, **links: int) -> Page:
    """Jobs, newest first; ``links`` limits them to a customer or a service."""
    where = [getattr(Provision, name) == value for name, value in links.items()]
    return page(uow, JOBS, query, *where, start=_START)


def read(uow: UnitOfWork, provision_id: int) -> dict[str, Any]:
    """One job with its events.

    :raises NotFound: when it is not there or not the caller's.
    """
    row = (
        uow.session.execute(
            _START.add_columns(*(column.label(name) for name, column in JOBS.columns.items()))
            .add_columns(Provision.provisioning_json_vars, Provision.cleanup_notes)
            .where(Provision.provision_id == provision_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(f"no provision {provision_id}")
    return dict(row) | {"provisioning_result_json": events.of_job(uow, provision_id)}


def status(uow: UnitOfWork, provision_id: int) -> TaskStatus:
    """Where a job stands."""
    found = uow.session.execute(
        select(Provision.provisioning_status).where(Provision.provision_id == provision_id)
    ).scalar()
    if found is None:
        raise NotFound(f"no provision {provision_id}")
    return TaskStatus(found)


def event(uow: UnitOfWork, provision_event_id: int) -> dict[str, Any]:
    """One event."""
    stored = uow.get(ProvisionEvent, provision_event_id)
    rows = events.of_job(uow, stored.provision_id)
    return next(row for row in rows if row["provision_event_id"] == provision_event_id)


def cancel(uow: UnitOfWork, provision_id: int) -> bool:
    """Ask a running job to stop. True when it had not begun and is to be ended at once.

    :raises AlreadyEnded: when there is nothing to stop.
    """
    job = uow.get(Provision, provision_id, lock=True)
    if job.provisioning_status != TaskStatus.RUNNING or job.job_id is None:
        raise AlreadyEnded(f"job {provision_id} has ended")
    return queue.request_cancel(uow, job.job_id) == "cancelled"


def remove(uow: UnitOfWork, provision_id: int) -> None:
    """Delete the record of a job that has ended; the activity log keeps what it did.

    :raises StillRunning: when it has not, or when something it left is still to be removed.
    """
    job = uow.get(Provision, provision_id, lock=True)
    if job.provisioning_status == TaskStatus.RUNNING:
        raise StillRunning(f"job {provision_id} is running; cancel it first")
    if job.cleanup == Cleanup.PENDING:
        raise StillRunning(f"what job {provision_id} left outside is still being removed")
    rows = select(ProvisionEvent).where(ProvisionEvent.provision_id == provision_id)
    for row in uow.session.scalars(rows):
        uow.session.delete(row)
    uow.session.flush()
    uow.session.delete(job)
    uow.session.flush()


def repeat_body(uow: UnitOfWork, provision_id: int) -> dict[str, Any]:
    """The request that a failed job was made of, to order it again.

    :raises StillRunning: while the job runs.
    :raises CannotRetry: when it succeeded, or what it was started with is no longer kept.
    """
    job = uow.get(Provision, provision_id)
    if job.provisioning_status == TaskStatus.RUNNING:
        raise StillRunning(f"job {provision_id} is still running")
    if job.sealed_vars is None or job.provisioning_status == TaskStatus.SUCCESS:
        raise CannotRetry(f"job {provision_id} succeeded; order it anew instead")
    variables = json.loads(unseal(uow.settings.jwt_secret, orders.PURPOSE, job.sealed_vars))
    product = uow.session.get(Product, job.product_id) if job.product_id else None
    defaults = orders.variables.of_product(product)
    body = {name: value for name, value in variables.items() if defaults.get(name) != value}
    body |= {
        "product_id": job.product_id,
        "customer_id": job.customer_id,
        "service_id": _existing(uow, job.service_id),
    }
    body.pop("service_uuid", None)
    if job.action == Action.DEPROVISION or product is None:
        body["provisioning_play"] = job.provisioning_play
    if job.action == Action.DEPROVISION:
        body["action"] = job.action.value
    return body


def _existing(uow: UnitOfWork, service_id: int | None) -> int | None:
    if service_id is None or uow.session.get(Service, service_id) is None:
        return None
    return service_id
