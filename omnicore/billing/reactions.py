"""What the billing room does about what happens below it."""

from __future__ import annotations

from omnicore.billing.service import transactions
from omnicore.customers import guards
from omnicore.db.uow import UnitOfWork
from omnicore.runtime import Runtime
from omnicore.sdk.events import ProvisionFinished
from omnicore.subscribers import subscribe

FAILED = 2


def undo_failed_job(runtime: Runtime, event: ProvisionFinished) -> None:
    """A failed provisioning job leaves no charge behind."""
    if event.status == FAILED:
        with runtime.db.write() as uow:
            transactions.void_of_failed_job(uow, event.provision_id)


def uninvoiced(uow: UnitOfWork, customer_id: int) -> str | None:
    """A customer with transactions that wait for an invoice stays."""
    number = transactions.count_uninvoiced(uow, customer_id)
    return f"{number} uninvoiced transaction{'s' if number > 1 else ''}" if number else None


guards.register("uninvoiced transactions", uninvoiced)
subscribe("billing.provision_failed", ProvisionFinished, undo_failed_job)
