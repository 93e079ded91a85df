"""The notice of a failed provisioning job to ``provisioning.failure_list`` (guide 17)."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

from omnicore.db.uow import UnitOfWork
from omnicore.notifications.service.composing import compose
from omnicore.provisioning.service import records
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NotFound
from omnicore.sdk.events import ProvisionFinished
from omnicore.sdk.ports.notification import Medium
from omnicore.sdk.ports.provisioning import TaskStatus
from omnicore.services.models import Service

log = logging.getLogger("omnicore.notifications")

TEMPLATE = "ProvisioningFailed"
LONGEST_DEBUG = 20_000
MOST_TASKS = 500

# Words and colours of guide 17, "Error Notification Emails".
_LOOKS = {
    TaskStatus.SUCCESS: ("ok", "#1a7f37"),
    TaskStatus.RUNNING: ("running", "#57606a"),
    TaskStatus.FAILED: ("FAILED", "#cf222e"),
    TaskStatus.IGNORED: ("failed, ignored", "#bc4c00"),
}


def tell(runtime: Runtime, event: ProvisionFinished) -> None:
    """Write one message per address when a job has failed; none when it succeeded.

    Delivered again, the event makes no second message.
    """
    addresses = dict.fromkeys(runtime.settings.provisioning.failure_list)
    if event.status != TaskStatus.FAILED or not addresses:
        return
    try:
        with runtime.db.read() as uow:
            facts = _facts(uow, event.provision_id)
    except NotFound:
        log.warning("provision %d was deleted before its failure was told", event.provision_id)
        return
    with runtime.db.write() as uow:
        for address in addresses:
            compose(
                uow,
                template=TEMPLATE,
                medium=Medium.EMAIL,
                recipient=address,
                variables=facts,
                key=f"provision-failed:{event.id}:{_digest(address)}",
            )


def _facts(uow: UnitOfWork, provision_id: int) -> dict[str, Any]:
    job = records.read(uow, provision_id)
    service = uow.session.get(Service, job["service_id"]) if job["service_id"] else None
    events = job["provisioning_result_json"]
    failed = [event for event in events if event["provisioning_status"] == TaskStatus.FAILED]
    base_url = uow.settings.crm.base_url
    return {
        "provision_id": provision_id,
        "action": job["action"],
        "customer_id": job["customer_id"],
        "customer_name": job["customer_name"] or "",
        "product_name": job["product_name"] or "",
        "service_id": job["service_id"],
        "service_name": service.service_name if service else "",
        "play": job["provisioning_play"],
        "play_description": job["playbook_description"],
        "started_by": job["initiated_by"],
        "reason": job["reason"],
        "finished_at": f"{job['finished_at']:%Y-%m-%d %H:%M:%S} UTC" if job["finished_at"] else "",
        "tasks": [_task(event) for event in events[:MOST_TASKS]],
        "tasks_left_out": max(0, len(events) - MOST_TASKS),
        "failures": [
            {"name": event["event_name"], "debug": readable(event["provisioning_result_json"])}
            for event in failed
        ],
        "job_url": f"{base_url}/crm/provision/provision_id/{provision_id}",
    }


def _task(event: dict[str, Any]) -> dict[str, Any]:
    word, colour = _LOOKS[TaskStatus(event["provisioning_status"])]
    name = event["event_name"]
    return {"number": event["event_number"], "name": name, "status": word, "colour": colour}


def readable(result_json: str) -> str:
    """A task's result for reading: a line a value, longer ones as blocks below their name.

    What is stored was redacted before; it is cut after 20,000 characters.
    """
    try:
        result = json.loads(result_json)
    except ValueError:
        return result_json[:LONGEST_DEBUG]
    if not isinstance(result, dict):
        return json.dumps(result, indent=2, ensure_ascii=False)[:LONGEST_DEBUG]
    text = "\n".join(_line(name, value) for name, value in result.items())
    return text if len(text) <= LONGEST_DEBUG else f"{text[:LONGEST_DEBUG]}\n... (cut)"


def _line(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"{name}:\n{text}" if "\n" in text else f"{name}: {text}"


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:16]
