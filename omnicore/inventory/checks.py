"""What rooms above know about services, registered when their ``reactions`` load."""

from __future__ import annotations

from collections.abc import Callable

from omnicore.db.uow import UnitOfWork
from omnicore.inventory.models import Inventory

ReleaseCheck = Callable[[UnitOfWork, Inventory], str | None]
ServiceLookup = Callable[[UnitOfWork, int], int | None]

_releases: list[ReleaseCheck] = []
_lookups: list[ServiceLookup] = []


def register_release_check(check: ReleaseCheck) -> None:
    """``check(uow, item)`` says why the job ``uow.actor.provision_id`` may not touch an item.

    It is asked when a job changes the customer, service or state of an item that somebody
    has; ``item`` still holds the values from before. A reason refuses the change (409).
    """
    if check not in _releases:
        _releases.append(check)


def register_service_lookup(lookup: ServiceLookup) -> None:
    """``lookup(uow, service_id)`` gives the customer of a service.

    It raises ``NotFound`` for one that is not there or not in the scope.
    """
    if lookup not in _lookups:
        _lookups.append(lookup)


def reasons_to_keep(uow: UnitOfWork, item: Inventory) -> list[str]:
    """Why a job may not take the item away from who has it."""
    return [said for check in _releases if (said := check(uow, item))]


def owner_of_service(uow: UnitOfWork, service_id: int) -> int | None:
    """The customer of a service; None when no room knows services.

    :raises NotFound: when the service is not there or not the caller's.
    """
    for lookup in _lookups:
        return lookup(uow, service_id)
    return None
