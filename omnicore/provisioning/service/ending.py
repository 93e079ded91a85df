"""How a job ends: its status, its last event, its inventory, its chain, its left-overs."""

from __future__ import annotations

import json
import logging

from sqlalchemy import func, insert, or_, select

from omnicore.activity.recorder import record
from omnicore.db.secrets import unseal
from omnicore.db.uow import UnitOfWork
from omnicore.inventory import service as inventory
from omnicore.jobs import queue
from omnicore.jobs.models import Job, JobState
from omnicore.provisioning.models import Action, Provision, ProvisionEvent
from omnicore.provisioning.service import events, orders, rollback
from omnicore.provisioning.service.redaction import Redactor
from omnicore.runtime import Runtime
from omnicore.sdk.events import ProvisionFinished
from omnicore.sdk.ports.provisioning import RunResult, RunStatus, TaskStatus

log = logging.getLogger("omnicore.provisioning")

CLEAN_UP = "provision.clean_up"
REASONS = {
    RunStatus.FAILED: "A task failed.",
    RunStatus.TIMED_OUT: "The time limit passed; the play was stopped.",
    RunStatus.CANCELLED: "The job was cancelled.",
    RunStatus.CRASHED: "The process that ran the play ended unexpectedly.",
}


def settle(runtime: Runtime, provision_id: int, result: RunResult, redactor: Redactor) -> None:
    """Write the end of a job once; a second end is not written."""
    with runtime.db.write() as uow:
        job = uow.session.get(Provision, provision_id, with_for_update=True, populate_existing=True)
        if job is None or job.provisioning_status != TaskStatus.RUNNING:
            log.warning("job %d had ended already; this end is not written", provision_id)
            return
        if result.status is RunStatus.SUCCESSFUL:
            _succeed(uow, job)
        else:
            _fail(uow, job, result, redactor)
        inventory.release_reservations(uow, provision_id)
        uow.emit(
            ProvisionFinished(
                provision_id=provision_id,
                status=int(job.provisioning_status),
                customer_id=job.customer_id,
                service_id=job.service_id,
                product_id=job.product_id,
            )
        )
    log.info("job %d ended: %s", provision_id, result.status.value)


def sweep(runtime: Runtime) -> None:
    """Settle jobs that stand at running though nobody runs or will run them."""
    held = (JobState.WAITING, JobState.RUNNING)
    with runtime.db.read() as uow:
        orphans = uow.session.scalars(
            select(Provision.provision_id)
            .outerjoin(Job, Job.job_id == Provision.job_id)
            .where(
                Provision.provisioning_status == TaskStatus.RUNNING,
                or_(Job.job_id.is_(None), Job.state.not_in(held)),
            )
        ).all()
    for provision_id in orphans:
        reason = "Nobody runs this job any more; what its last task did is unknown."
        result = RunResult(status=RunStatus.CRASHED, stderr=reason, causes=(reason,))
        settle(runtime, provision_id, result, Redactor())


def _succeed(uow: UnitOfWork, job: Provision) -> None:
    job.provisioning_status = TaskStatus.SUCCESS
    job.finished_at = uow.now()
    events.forgive_rescued(uow, job.provision_id)
    created = rollback.created_services(uow, job.provision_id)
    if job.service_id is None and created:
        job.service_id = created[0].service_id
    _continue_chain(uow, job)
    job.sealed_vars = None


def _fail(uow: UnitOfWork, job: Provision, result: RunResult, redactor: Redactor) -> None:
    reason = redactor.text(" ".join([*result.causes]) or REASONS[result.status])
    job.provisioning_status = TaskStatus.FAILED
    job.finished_at = uow.now()
    job.reason = reason[:2000]
    job.chain_rest = None
    events.settle_open(uow, job.provision_id, REASONS[result.status])
    if not _failed_task(uow, job.provision_id):
        _fatal_event(uow, job, result, redactor)
    rollback.plan(uow, job)
    queue.enqueue(uow, CLEAN_UP, {"provision_id": job.provision_id})
    record(
        uow,
        "provision",
        "failed",
        f"Provisioning job {job.provision_id} ({job.provisioning_play}) failed: {reason[:300]}",
        customer_id=job.customer_id,
        service_id=job.service_id,
    )


def _failed_task(uow: UnitOfWork, provision_id: int) -> bool:
    found = select(ProvisionEvent.provision_event_id).where(
        ProvisionEvent.provision_id == provision_id,
        ProvisionEvent.provisioning_status == TaskStatus.FAILED,
        ProvisionEvent.kind.in_(("task", events.FATAL)),
    )
    return uow.session.execute(found.limit(1)).first() is not None


def _fatal_event(uow: UnitOfWork, job: Provision, result: RunResult, redactor: Redactor) -> None:
    """What stopped the run outside its tasks, with likely causes (guide 17)."""
    last = uow.session.execute(
        select(func.max(ProvisionEvent.event_number)).where(
            ProvisionEvent.provision_id == job.provision_id
        )
    ).scalar()
    body = {
        "exit_code": result.exit_code,
        "stdout": result.stdout[-20_000:],
        "stderr": result.stderr[-20_000:],
        "likely_causes": list(result.causes) or [REASONS[result.status]],
        "variables": json.loads(job.provisioning_json_vars),
    }
    uow.session.execute(
        insert(ProvisionEvent).values(
            provision_id=job.provision_id,
            customer_id=job.customer_id,
            event_number=(last or 0) + 1,
            item=0,
            kind=events.FATAL,
            task_action="",
            event_name=f"Fatal: {REASONS[result.status]}",
            provisioning_status=TaskStatus.FAILED,
            provisioning_result_json=events.result_text(redactor.data(body)),
            started_at=uow.now(),
            finished_at=uow.now(),
        )
    )


def _continue_chain(uow: UnitOfWork, job: Provision) -> None:
    """Queue the next play of a chain, with the service that this one made."""
    if not job.chain_rest:
        return
    play, *rest = job.chain_rest
    following = uow.add(
        Provision(
            customer_id=job.customer_id,
            product_id=job.product_id,
            service_id=job.service_id,
            provisioning_play=play,
            initiating_user=job.initiating_user,
            initiated_by=job.initiated_by,
            action=Action.PROVISION,
            provisioner=job.provisioner,
            scope_customer_id=job.scope_customer_id,
            chain_parent=job.chain_parent or job.provision_id,
            chain_rest=rest or None,
        )
    )
    secret = uow.settings.jwt_secret
    merged = json.loads(unseal(secret, orders.PURPOSE, job.sealed_vars or ""))
    merged |= {"provision_id": following.provision_id}
    if job.service_id is not None:
        merged["service_id"] = job.service_id
    orders.write_variables(uow, following, merged)
    orders.start(uow, following)
