"""Kinds of jobs and schedules: what runs when, and what happens when a worker died."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnicore.jobs.queue import Claimed

if TYPE_CHECKING:
    from omnicore.runtime import Runtime

Run = Callable[["Runtime", Claimed], None]
Tick = Callable[["Runtime"], None]


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """One kind of work.

    ``run`` does it. ``lost`` is called instead when the former holder died, for work that
    must be settled rather than repeated; without it the work is repeated. ``tries`` is how
    often a failure is repeated, with ``backoff_s`` doubling in between.
    """

    name: str
    run: Run
    lost: Run | None = None
    queue: str = "default"
    tries: int = 1
    backoff_s: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Recurring:
    """Work at an interval, one run at a time over all machines."""

    name: str
    every_s: float
    run: Tick


KINDS: dict[str, JobKind] = {}
RECURRING: dict[str, Recurring] = {}


def register(kind: JobKind) -> JobKind:
    """Make a kind known; a room does it in its ``reactions``."""
    if KINDS.setdefault(kind.name, kind) != kind:
        raise ValueError(f"two kinds of job are called {kind.name}")
    return kind


def recurring(work: Recurring) -> Recurring:
    """Make recurring work known; a room does it in its ``reactions``."""
    if RECURRING.setdefault(work.name, work) != work:
        raise ValueError(f"two schedules are called {work.name}")
    return work


def queues() -> set[str]:
    """Every queue that a kind uses."""
    return {kind.queue for kind in KINDS.values()} | {"default"}
