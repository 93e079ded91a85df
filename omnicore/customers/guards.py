"""What speaks against deleting a customer.

This room knows no services, invoices or transactions. The rooms above register a check
when their ``reactions`` load; it runs in the deleting transaction, while the customer is
locked, over all rows whatever the caller may see.
"""

from __future__ import annotations

from collections.abc import Callable

from omnicore.db.uow import UnitOfWork

Guard = Callable[[UnitOfWork, int], str | None]

_guards: dict[str, Guard] = {}


def register(name: str, check: Guard) -> None:
    """``check(uow, customer_id)`` says what is left, such as '2 active services', or None."""
    taken = _guards.setdefault(name, check)
    if taken is not check:
        raise ValueError(f"two guards are called {name!r}")


def unregister(name: str) -> None:
    """Forget a check."""
    _guards.pop(name, None)


def reasons(uow: UnitOfWork, customer_id: int) -> list[str]:
    """All that speaks against it; empty when nothing does."""
    with uow.unscoped():
        return [said for check in _guards.values() if (said := check(uow, customer_id))]
