"""A job as a stream of changes, for pages that follow it."""

from __future__ import annotations

from typing import Any

from omnicore.provisioning.service import events, records
from omnicore.runtime import Runtime
from omnicore.sdk.ports.provisioning import TaskStatus


class Watch:
    """Tells what changed since it was last asked. One a stream.

    A client that comes back is told everything again; a task is recognised by its
    ``provision_event_id``, so nothing is missed and nothing counted twice.
    """

    def __init__(self, runtime: Runtime, provision_id: int) -> None:
        self._runtime = runtime
        self._provision_id = provision_id
        self._told: dict[int, TaskStatus] = {}
        self._count = 0

    def fetch(self, _: str) -> list[tuple[int, str, Any]]:
        """Tasks that began or ended since the last look, as ``(id, "task", row)``."""
        with self._runtime.db.read() as uow:
            rows = events.of_job(uow, self._provision_id)
        fresh = []
        for row in rows:
            key, status = row["provision_event_id"], row["provisioning_status"]
            if self._told.get(key) != status:
                self._told[key] = status
                self._count += 1
                fresh.append((self._count, "task", row))
        return fresh

    def done(self) -> bool:
        """Whether the job has ended."""
        with self._runtime.db.read() as uow:
            return records.status(uow, self._provision_id) is not TaskStatus.RUNNING
