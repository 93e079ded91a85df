"""Task events: stored redacted, the start and the end of a task in one row."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select, update

from omnicore.db.uow import Database, UnitOfWork
from omnicore.provisioning.models import ProvisionEvent
from omnicore.provisioning.service.redaction import Redactor
from omnicore.sdk.ports.provisioning import TaskEvent, TaskStatus

LONGEST_RESULT = 200_000
ITEM = "item"
FATAL = "fatal"


def store(
    db: Database,
    provision_id: int,
    customer_id: int | None,
    event: TaskEvent,
    redactor: Redactor,
) -> None:
    """Write what a task does now; its end replaces its start."""
    values: dict[str, Any] = {
        "event_name": redactor.text(event.name)[:500],
        "task_action": event.action[:120],
        "provisioning_status": event.status,
        "provisioning_result_json": result_text(redactor.data(dict(event.result))),
        "started_at": event.started_at,
        "finished_at": event.ended_at,
    }
    with db.write() as uow:
        if event.status is not TaskStatus.RUNNING and event.kind != ITEM:
            begun = uow.session.execute(
                select(ProvisionEvent.provision_event_id).where(
                    ProvisionEvent.provision_id == provision_id,
                    ProvisionEvent.kind == event.kind,
                    ProvisionEvent.event_number == event.number,
                )
            ).scalar()
            if begun is not None:
                uow.session.execute(
                    update(ProvisionEvent)
                    .where(ProvisionEvent.provision_event_id == begun)
                    .values(**values)
                    .execution_options(synchronize_session=False)
                )
                return
        item = _next_item(uow, provision_id, event.number) if event.kind == ITEM else 0
        uow.session.execute(
            insert(ProvisionEvent).values(
                provision_id=provision_id,
                customer_id=customer_id,
                event_number=event.number,
                item=item,
                kind=event.kind,
                **values,
            )
        )


def result_text(result: Any) -> str:
    """The result as JSON text; one that is far too long is cut, and says so."""
    text = json.dumps(result, default=str, ensure_ascii=False)
    if len(text) <= LONGEST_RESULT:
        return text
    cut = {"truncated": True, "length": len(text), "beginning": text[: LONGEST_RESULT // 2]}
    return json.dumps(cut, ensure_ascii=False)


def _next_item(uow: UnitOfWork, provision_id: int, number: int) -> int:
    last = uow.session.execute(
        select(ProvisionEvent.item)
        .where(
            ProvisionEvent.provision_id == provision_id,
            ProvisionEvent.kind == ITEM,
            ProvisionEvent.event_number == number,
        )
        .order_by(ProvisionEvent.item.desc())
        .limit(1)
    ).scalar()
    return (last or 0) + 1


def of_job(uow: UnitOfWork, provision_id: int, *, items: bool = True) -> list[dict[str, Any]]:
    """The events of a job in their order, as the contract shows them."""
    statement = (
        select(
            ProvisionEvent.provision_event_id,
            ProvisionEvent.provision_id,
            ProvisionEvent.event_number,
            ProvisionEvent.event_name,
            ProvisionEvent.kind,
            ProvisionEvent.task_action,
            ProvisionEvent.provisioning_status,
            ProvisionEvent.provisioning_result_json,
            ProvisionEvent.started_at,
            ProvisionEvent.finished_at,
        )
        .where(ProvisionEvent.provision_id == provision_id)
        .order_by(ProvisionEvent.event_number, ProvisionEvent.provision_event_id)
    )
    if not items:
        statement = statement.where(ProvisionEvent.kind != ITEM)
    return [dict(row) for row in uow.session.execute(statement).mappings()]


def settle_open(uow: UnitOfWork, provision_id: int, reason: str) -> None:
    """No event of an ended job stays at running: what was under way has failed."""
    uow.session.execute(
        update(ProvisionEvent)
        .where(
            ProvisionEvent.provision_id == provision_id,
            ProvisionEvent.provisioning_status == TaskStatus.RUNNING,
        )
        .values(
            provisioning_status=TaskStatus.FAILED,
            provisioning_result_json=json.dumps({"msg": reason, "unknown_outcome": True}),
            finished_at=uow.now(),
        )
        .execution_options(synchronize_session=False)
    )


def forgive_rescued(uow: UnitOfWork, provision_id: int) -> None:
    """Failures that a rescue made good count as ignored in a job that succeeded (guide 17)."""
    uow.session.execute(
        update(ProvisionEvent)
        .where(
            ProvisionEvent.provision_id == provision_id,
            ProvisionEvent.provisioning_status == TaskStatus.FAILED,
        )
        .values(provisioning_status=TaskStatus.IGNORED)
        .execution_options(synchronize_session=False)
    )
