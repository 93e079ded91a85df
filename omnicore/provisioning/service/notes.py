"""Notes that plays and programs add to a job's events."""

from __future__ import annotations

import json
from typing import Any

from omnicore.db.uow import UnitOfWork
from omnicore.provisioning.models import Provision, ProvisionEvent
from omnicore.provisioning.service import events
from omnicore.provisioning.service.redaction import Redactor
from omnicore.sdk.errors import NotAllowed, NotFound
from omnicore.sdk.ports.provisioning import TaskStatus

NOTE = "note"


def add(uow: UnitOfWork, values: dict[str, Any]) -> int:
    """Add a note to a job; its text is redacted like any result. Returns the event's id.

    :raises NotFound: when there is no such job, or the caller is another job.
    """
    job = uow.get(Provision, values["provision_id"])
    if uow.actor.provision_id not in (None, job.provision_id):
        raise NotFound(f"no provision {values['provision_id']}")
    redactor = Redactor()
    try:
        result = json.loads(values["provisioning_result_json"])
    except ValueError:
        result = {"msg": values["provisioning_result_json"]}
    known = [row for row in events.of_job(uow, job.provision_id) if row["kind"] == NOTE]
    stored = uow.add(
        ProvisionEvent(
            provision_id=job.provision_id,
            customer_id=job.customer_id,
            event_number=values["event_number"],
            item=len(known) + 1,
            kind=NOTE,
            event_name=redactor.text(values["event_name"]),
            provisioning_status=TaskStatus(values["provisioning_status"]),
            provisioning_result_json=events.result_text(redactor.data(result)),
            started_at=uow.now(),
            finished_at=uow.now(),
        )
    )
    return stored.provision_event_id


def refuse_change(provision_event_id: int) -> None:
    """What a job did is a record.

    :raises NotAllowed: always.
    """
    raise NotAllowed(f"event {provision_event_id} is a record of what happened; it stays")
