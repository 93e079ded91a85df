"""The account behind a service: what is left on it, and whether it is enabled."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from omnicore.charging import usage
from omnicore.db.scope import Actor, Scope
from omnicore.db.uow import UnitOfWork
from omnicore.runtime import Runtime
from omnicore.sdk.errors import NoPlugin, PortError, PortRefused
from omnicore.services import service as services
from omnicore.services import views
from omnicore.services.models import Service, usable

log = logging.getLogger(__name__)

READ_LIMIT_S = 2.0
"""How long reading a service waits for the charging system (guide 22: pages ask every 3 s)."""


def read(
    runtime: Runtime, actor: Actor, scope: Scope, find: Callable[[UnitOfWork], Service]
) -> dict[str, Any]:
    """A service as the caller sees it, with its usage where the caller may see that.

    :param find: reads the service within the caller's scope, and raises ``NotFound``.
    """
    with runtime.db.read(actor, scope) as uow:
        row = find(uow)
        shown = services.shown(uow, row)
        wanted, for_staff = services.shows_usage(uow, row), not views.by_customer(uow)
    return with_usage(runtime, shown, for_staff) if wanted else shown


def with_usage(runtime: Runtime, shown: Mapping[str, Any], for_staff: bool) -> dict[str, Any]:
    """``shown`` (a service as the caller sees it) with its balances and renewals.

    Never fails: without a charging system nothing is added; when it does not answer,
    ``cgrates`` is null and ``cgrates_error`` says so, with the cause only for staff.
    """
    account_id = str(shown["service_uuid"])
    try:
        port = runtime.plugins.charging()
        account, renewals = port.call(
            lambda backend: (backend.account(account_id), backend.renewals(account_id)),
            READ_LIMIT_S,
        )
    except NoPlugin:
        return dict(shown)
    except PortError as error:
        log.warning("usage of %s: %s", account_id, error)
        cause = f": {error} ({error.plugin})" if for_staff else ""
        return {
            **shown,
            "cgrates": None,
            "cgrates_error": f"The charging system cannot be asked now{cause}",
        }
    block = usage.shown(account, renewals, runtime.now(), runtime.settings.crm.currency)
    return {**shown, "cgrates": block, "auto_renew": bool(renewals)}


def follow_status(runtime: Runtime, service_uuid: str) -> None:
    """Enable or disable the account as the present status of its service says.

    Looks at the row and not at what an event said: events come late, twice and in any order.
    Looks again afterwards, because the status may have changed meanwhile.

    :raises PortError: when the charging system does not answer; the event comes again.
    """
    wanted = _wanted(runtime, service_uuid)
    while wanted is not None:
        if not _set_disabled(runtime, service_uuid, disabled=not wanted):
            return
        before, wanted = wanted, _wanted(runtime, service_uuid)
        if wanted == before:
            return


def remove_deleted(runtime: Runtime, service_uuid: str) -> None:
    """Remove the account of a service that is gone, unless a new service took it over.

    :raises PortError: as in :func:`follow_status`.
    """
    if _wanted(runtime, service_uuid) is not None:
        return
    try:
        port = runtime.plugins.charging()
    except NoPlugin:
        return
    port.call(lambda backend: backend.remove_account(service_uuid))


def _wanted(runtime: Runtime, service_uuid: str) -> bool | None:
    """Whether the account shall be enabled; None when no service has it."""
    with runtime.db.read() as uow:
        status = uow.session.scalar(
            select(Service.service_status).where(Service.service_uuid == service_uuid)
        )
    return None if status is None else usable(status)


def _set_disabled(runtime: Runtime, service_uuid: str, *, disabled: bool) -> bool:
    """False when there is nothing to set: no charging system, or no such account there."""
    try:
        port = runtime.plugins.charging()
        port.call(lambda backend: backend.set_disabled(service_uuid, disabled))
    except NoPlugin:
        return False
    except PortRefused as error:
        log.warning("account %s: %s", service_uuid, error)
        return False
    return True
