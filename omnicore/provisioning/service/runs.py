"""One run: from a claimed job to its written end, with every task recorded as it happens.

No port is called inside a transaction: the intent was committed with the job, each event is
committed as it comes, and the end is written once, by whoever finds the job still running.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from omnicore.config import Settings
from omnicore.db.secrets import unseal
from omnicore.db.uow import Database
from omnicore.host.calls import Port
from omnicore.identity import access
from omnicore.jobs import queue
from omnicore.jobs.queue import Claimed
from omnicore.provisioning.models import Provision
from omnicore.provisioning.service import ending, events
from omnicore.provisioning.service.orders import PURPOSE
from omnicore.provisioning.service.redaction import Redactor, is_secret_name
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NoPlugin, OmniCoreError
from omnicore.sdk.ports.provisioning import (
    PlayInfo,
    Provisioner,
    ProvisioningJob,
    RunResult,
    RunStatus,
    TaskEvent,
    TaskStatus,
)

log = logging.getLogger("omnicore.provisioning")

PORT_MARGIN_S = 30.0
TOKEN_LIFE = timedelta(minutes=15)
RENEW_BEFORE = timedelta(minutes=5)
PROJECTED = ("crm", "ocs", "hss", "smsc", "mailjet", "service_types")
NEVER_PROJECTED = frozenset(
    {"jwt_secret", "database", "stripe", "paypal", "api_keys", "ip_whitelist", "plugins", "auth"}
)
PASSED_ON = ("MAILJET_API_KEY", "MAILJET_SECRET")


def choose(runtime: Runtime, play: str) -> tuple[str, PlayInfo]:
    """Who runs the play, and what is known of it: the first that knows it, else the first.

    :raises NoPlugin: when this deployment has no provisioner.
    """
    first: tuple[str, PlayInfo] | None = None
    for key, port in runtime.plugins.provisioners().items():
        info = port.call(lambda it: it.inspect(play))
        if not info.problem:
            return key, info
        first = first or (key, info)
    if first is None:
        raise NoPlugin("no provisioner is enabled; see plugins.enabled in crm_config.yaml")
    return first


def run(runtime: Runtime, claimed: Claimed) -> None:
    """Run the play of a claimed job and write its end."""
    provision_id = int(claimed.payload["provision_id"])
    job = _begin(runtime, provision_id)
    if job is None:
        return
    observer = Observer(runtime, job, claimed.job_id)
    _describe(runtime, job)
    try:
        result = _execute(runtime, job, observer)
    except OmniCoreError as error:
        result = RunResult(status=RunStatus.CRASHED, stderr=str(error), causes=(str(error),))
    ending.settle(runtime, provision_id, result, observer.redactor)


def lost(runtime: Runtime, claimed: Claimed) -> None:
    """The worker that ran the job died: what its last task did is unknown; the job has failed."""
    provision_id = int(claimed.payload["provision_id"])
    reason = "The worker that ran this job died; what its last task did is unknown."
    result = RunResult(status=RunStatus.CRASHED, stderr=reason, causes=(reason,))
    ending.settle(runtime, provision_id, result, Redactor())


def _begin(runtime: Runtime, provision_id: int) -> Provision | None:
    with runtime.db.write() as uow:
        job = uow.session.get(Provision, provision_id, with_for_update=True)
        if job is None or job.provisioning_status != TaskStatus.RUNNING:
            return None
        job.started_at = uow.now()
        return job


def _describe(runtime: Runtime, job: Provision) -> None:
    """A later play of a chain is first looked at when its turn comes."""
    if job.playbook_description:
        return
    _, info = choose(runtime, job.provisioning_play)
    with runtime.db.write() as uow:
        stored = uow.get(Provision, job.provision_id)
        stored.playbook_description = info.description
        stored.task_count = info.task_count


def _execute(runtime: Runtime, job: Provision, observer: Observer) -> RunResult:
    settings = runtime.settings
    variables = json.loads(unseal(settings.jwt_secret, PURPOSE, job.sealed_vars or ""))
    port = _port(runtime, job.provisioner)
    limit = settings.provisioning.timeout_minutes * 60
    renews = port.implementation.renews_tokens
    life = TOKEN_LIFE if renews else timedelta(seconds=limit + PORT_MARGIN_S)
    variables["access_token"] = observer.fresh_token(life)
    if job.product_id is not None:
        variables["callback_token"] = _callback_token(runtime, job, job.product_id)
    config = projection(settings)
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    observer.know_secrets(variables, config, environment)
    work = ProvisioningJob(
        job_id=str(job.provision_id),
        play=job.provisioning_play,
        variables=variables,
        config=config,
        environment=environment,
        time_limit_s=limit,
    )
    return port.call(lambda it: it.run(work, observer), limit + PORT_MARGIN_S)


def _callback_token(runtime: Runtime, job: Provision, product_id: int) -> str:
    """What a play puts into the address that the charging system calls for a renewal."""
    if job.service_id is not None:
        return access.callback_token(runtime.db, job.service_id, product_id)
    return access.job_callback_token(runtime.db, job.provision_id, product_id)


def _port(runtime: Runtime, key: str) -> Port[Provisioner]:
    ports = runtime.plugins.provisioners()
    if key not in ports:
        raise NoPlugin(f"the provisioner {key!r} is not enabled any more")
    return ports[key]


def projection(settings: Settings) -> dict[str, Any]:
    """What plays find at ``../../crm_config.yaml``: what they need and no more."""
    names = [*PROJECTED, *settings.provisioning.expose]
    found = {
        name: settings.sections[name]
        for name in names
        if name in settings.sections and name not in NEVER_PROJECTED
    }
    crm = dict(found.get("crm") or {}) | {"base_url": settings.crm.base_url}
    found |= {"crm": crm, "service_types": list(settings.service_types)}
    if isinstance(found.get("ocs"), Mapping):
        ocs = dict(found["ocs"])
        address = ocs.get("cgrates") or ocs.get("OCS")
        found["ocs"] = ocs | {"cgrates": address, "OCS": address}
    return found


class Observer:
    """Stores what the provisioner tells, and answers what it asks."""

    def __init__(self, runtime: Runtime, job: Provision, job_id: int) -> None:
        self._db: Database = runtime.db
        self._provision_id = job.provision_id
        self._customer_id = job.customer_id
        self._job_id = job_id
        self._token_ends: datetime | None = None
        self._variables = json.loads(job.provisioning_json_vars)
        self.redactor = Redactor()

    def know_secrets(
        self,
        variables: Mapping[str, Any],
        config: Mapping[str, Any],
        environment: Mapping[str, str],
    ) -> None:
        """Everything secret that the play gets, to be masked wherever it comes back."""
        self.redactor.learn_from(variables)
        self.redactor.learn_from(config)
        for name, value in environment.items():
            if is_secret_name(name) or name in PASSED_ON:
                self.redactor.learn(value)

    def fresh_token(self, life: timedelta = TOKEN_LIFE) -> str:
        """A new job token, known to the redactor."""
        token = access.job_token(self._db, self._provision_id, life)
        self._token_ends = self._db.now() + life
        self.redactor.learn(token)
        return token

    def renewed_token(self) -> str | None:
        """See ``JobObserver``."""
        if self._token_ends and self._db.now() >= self._token_ends - RENEW_BEFORE:
            return self.fresh_token()
        return None

    def cancelled(self) -> bool:
        """See ``JobObserver``."""
        return queue.cancel_requested(self._db, self._job_id)

    def on_event(self, event: TaskEvent) -> None:
        """See ``JobObserver``."""
        if event.kind == events.FATAL:
            event = replace(event, result=self._explained(event.result))
        events.store(self._db, self._provision_id, self._customer_id, event, self.redactor)

    def _explained(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """What stopped a run comes with its likely causes and the variables (guide 17)."""
        causes = result.get("causes") or []
        rest = {name: value for name, value in result.items() if name != "causes"}
        return rest | {"likely_causes": causes, "variables": self._variables}


def standing(session: Any, provision_id: int) -> access.JobStanding | None:
    """Whether a job's token is still good, and for what: for the access check of its calls."""
    row = session.execute(
        select(
            Provision.provisioning_status,
            Provision.scope_customer_id,
            Provision.initiating_user,
            Provision.initiated_by,
        ).where(Provision.provision_id == provision_id)
    ).first()
    if row is None or row.provisioning_status != TaskStatus.RUNNING:
        return None
    return access.JobStanding(
        customer_id=row.scope_customer_id,
        user_id=row.initiating_user,
        label=f"job {provision_id} for {row.initiated_by}",
    )
