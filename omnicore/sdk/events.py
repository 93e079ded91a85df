"""Domain events: what has happened, told after the commit, at least once, in no order.

Handlers are idempotent by ``event.id``. Events change by adding fields with defaults.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Base of all events. Subclasses are frozen dataclasses with a dotted ``name``."""

    name: ClassVar[str] = ""
    by_name: ClassVar[dict[str, type[DomainEvent]]] = {}

    id: UUID = field(default_factory=uuid4)

    def __init_subclass__(cls) -> None:
        if not cls.name:
            raise TypeError(f"event {cls.__qualname__} needs a name")
        taken = DomainEvent.by_name.setdefault(cls.name, cls)
        if taken.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.__qualname__} reuses event name {cls.name!r}")

    def to_payload(self) -> dict[str, Any]:
        """JSON values, one a field."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}

    @staticmethod
    def from_payload(name: str, payload: dict[str, Any]) -> DomainEvent:
        """The event that :meth:`to_payload` wrote; unknown fields of a newer writer are dropped.

        :raises KeyError: when no event of that name is known.
        """
        cls = DomainEvent.by_name[name]
        hints = typing.get_type_hints(cls)
        known = {item.name for item in fields(cls)}
        return cls(**{k: _typed(v, hints[k]) for k, v in payload.items() if k in known})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, (UUID, Decimal)) else value


def _typed(value: Any, hint: Any) -> Any:
    kinds = typing.get_args(hint) or (hint,)
    if value is None:
        return None
    if UUID in kinds:
        return UUID(value)
    if datetime in kinds:
        return datetime.fromisoformat(value)
    return Decimal(value) if Decimal in kinds else value


@dataclass(frozen=True)
class Subscription:
    """Ask for an event: ``Subscription(ServiceCreated, handler)``.

    The handler runs in a worker after the commit, outside any transaction of the core.
    """

    event: type[DomainEvent]
    handler: Callable[[Any], None]


@dataclass(frozen=True, kw_only=True)
class CustomerCreated(DomainEvent):
    """A customer was added."""

    name: ClassVar[str] = "customer.created"
    customer_id: int
    customer_name: str


@dataclass(frozen=True, kw_only=True)
class CustomerArchived(DomainEvent):
    """A customer and everything below it left the lists; it can be restored."""

    name: ClassVar[str] = "customer.archived"
    customer_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerRestored(DomainEvent):
    """An archived customer is back."""

    name: ClassVar[str] = "customer.restored"
    customer_id: int


@dataclass(frozen=True, kw_only=True)
class ContactChanged(DomainEvent):
    """A contact was added, changed or removed; mail lists follow it."""

    name: ClassVar[str] = "contact.changed"
    contact_id: int
    customer_id: int
    change: str
    """``created``, ``updated`` or ``deleted``."""


@dataclass(frozen=True, kw_only=True)
class ServiceCreated(DomainEvent):
    """A customer has a new service."""

    name: ClassVar[str] = "service.created"
    service_id: int
    service_uuid: str
    customer_id: int
    product_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceStatusChanged(DomainEvent):
    """A service moved from one status to another."""

    name: ClassVar[str] = "service.status_changed"
    service_id: int
    service_uuid: str
    customer_id: int
    old: str
    new: str
    by_provision: int | None = None
    """The provisioning job that changed it, if one did."""


@dataclass(frozen=True, kw_only=True)
class ServiceDeleted(DomainEvent):
    """A service is gone."""

    name: ClassVar[str] = "service.deleted"
    service_id: int
    service_uuid: str
    customer_id: int


@dataclass(frozen=True, kw_only=True)
class ProvisionFinished(DomainEvent):
    """A provisioning job ended; ``status`` is 0 (success) or 2 (failed)."""

    name: ClassVar[str] = "provision.finished"
    provision_id: int
    status: int
    customer_id: int | None = None
    service_id: int | None = None
    product_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class InventoryLostOrStolen(DomainEvent):
    """An item was marked Lost or Stolen; audit and security follow it."""

    name: ClassVar[str] = "inventory.lost_or_stolen"
    inventory_id: int
    state: str


@dataclass(frozen=True, kw_only=True)
class InventoryStockLow(DomainEvent):
    """The pickable items of a kind fell below ``crm.low_stock_level``; told once per fall."""

    name: ClassVar[str] = "inventory.stock_low"
    item: str
    available: int
    level: int


@dataclass(frozen=True, kw_only=True)
class TransactionCreated(DomainEvent):
    """A charge or credit was recorded."""

    name: ClassVar[str] = "transaction.created"
    transaction_id: int
    customer_id: int
    retail_cost: Decimal
