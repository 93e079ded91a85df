"""The ways in: an order by a person, a call by the charging system, a repetition.

Each reads and checks, asks the provisioner about the play outside any transaction, and then
checks again and writes in one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from omnicore.db.scope import Actor, ActorKind, Scope
from omnicore.db.uow import UnitOfWork
from omnicore.identity import access
from omnicore.provisioning.models import Provision
from omnicore.provisioning.service import ending, orders, records, runs
from omnicore.provisioning.service.redaction import Redactor
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Unauthenticated
from omnicore.sdk.ports.provisioning import RunResult, RunStatus, TaskStatus
from omnicore.services.models import Service

SAME_PERIOD = {"addon": timedelta(hours=12), "recharge": timedelta(minutes=1)}
"""Within it, a second call for the same service and product is the same call repeated."""
WAIT_STEP_S = 0.2


def order(
    runtime: Runtime,
    actor: Actor,
    scope: Scope,
    body: Mapping[str, Any],
    retry_of: int | None = None,
) -> dict[str, Any]:
    """Accept an order and answer at once."""
    with runtime.db.read(actor, scope) as uow:
        plays = orders.read_order(uow, body).plays
    found = runs.choose(runtime, plays[0])
    with runtime.db.write(actor, scope) as uow:
        accepted = orders.read_order(uow, body)
        job = orders.place(uow, accepted, found, retry_of=retry_of)
        return answer(job)


def answer(job: Provision, message: str = "Provisioning job created") -> dict[str, Any]:
    """What the caller of an order gets."""
    return {
        "provision_id": job.provision_id,
        "provisioning_status": int(job.provisioning_status),
        "message": message,
    }


def repeat(runtime: Runtime, actor: Actor, scope: Scope, provision_id: int) -> dict[str, Any]:
    """Run a failed job again, as a new job."""
    with runtime.db.read(actor, scope) as uow:
        body = records.repeat_body(uow, provision_id)
    return order(runtime, actor, scope, body, retry_of=provision_id)


def callback_actor(runtime: Runtime, token: str, service_id: int, product_id: int) -> Actor | None:
    """Who a signed URL stands for: the charging system, for that service and product only.

    :raises Unauthenticated: when the token is not good, or for something else.
    """
    grant = access.read_callback_token(runtime.db, token)
    granted = grant.service_id == service_id
    if grant.provision_id is not None:
        with runtime.db.read() as uow:
            service = uow.session.get(Service, service_id)
            granted = service is not None and service.created_by_provision == grant.provision_id
    if not granted or grant.product_id != product_id:
        raise Unauthenticated("the token of this address is for another service or product")
    return Actor(
        kind=ActorKind.SYSTEM,
        label=f"charging system for service {service_id}",
        permissions=frozenset({"create_provision"}),
    )


def callback(
    runtime: Runtime, actor: Actor, service_id: int, product_id: int, kind: str = "addon"
) -> dict[str, Any]:
    """A call by the charging system: the product's play against the service (guide 17).

    The same call again within the period answers the first one's job; one that failed does
    not count.
    """
    with runtime.db.read(actor) as uow:
        customer_id = uow.get(Service, service_id).customer_id
        body = {"service_id": service_id, "product_id": product_id, "customer_id": customer_id}
        before = _recent(uow, service_id, product_id, kind)
        plays = () if before else orders.read_order(uow, body, renews=True).plays
    if before is not None:
        return answer(before, "Already accepted")
    found = runs.choose(runtime, plays[0])
    with runtime.db.write(actor) as uow:
        uow.get(Service, service_id, lock=True)
        before = _recent(uow, service_id, product_id, kind)
        if before is not None:
            return answer(before, "Already accepted")
        accepted = orders.read_order(uow, body, renews=True)
        return answer(orders.place(uow, accepted, found, callback=kind))


def _recent(uow: UnitOfWork, service_id: int, product_id: int, kind: str) -> Provision | None:
    return uow.session.scalars(
        select(Provision)
        .where(
            Provision.service_id == service_id,
            Provision.product_id == product_id,
            Provision.callback == kind,
            Provision.created > uow.now() - SAME_PERIOD[kind],
            Provision.provisioning_status != TaskStatus.FAILED,
        )
        .order_by(Provision.provision_id.desc())
        .limit(1)
    ).first()


def wait(runtime: Runtime, provision_id: int, limit_s: float) -> TaskStatus:
    """Where a job stands once it has ended, or when the limit has passed."""
    end = time.monotonic() + limit_s
    while True:
        with runtime.db.read() as uow:
            status = records.status(uow, provision_id)
        if status is not TaskStatus.RUNNING or time.monotonic() >= end:
            return status
        time.sleep(WAIT_STEP_S)


def cancel(runtime: Runtime, actor: Actor, scope: Scope, provision_id: int) -> dict[str, Any]:
    """Stop a job: one that runs is killed by its worker, one that waits ends at once."""
    with runtime.db.write(actor, scope) as uow:
        unstarted = records.cancel(uow, provision_id)
    if unstarted:
        ending.settle(runtime, provision_id, RunResult(status=RunStatus.CANCELLED), Redactor())
    with runtime.db.read(actor, scope) as uow:
        status = records.status(uow, provision_id)
    message = "Cancelled" if unstarted else "The job is being stopped"
    return {
        "provision_id": provision_id,
        "provisioning_status": int(status),
        "message": message,
    }
