"""One event model behind both engines: what Ansible tells, turned into task events.

An engine feeds what happened to a :class:`Teller`, in Ansible's own words; the teller numbers
the tasks, keeps their times, drops what is Ansible's private matter and tells the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SUCCESS, RUNNING, FAILED, IGNORED = range(4)

CENSORED = (
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result"
)

SKIPPED: Mapping[str, Any] = {"skipped": True}
"""The result of a task that was skipped; why is not told by every engine, so by none."""

_PRIVATE = frozenset({"exception", "deprecations", "warnings"})


@dataclass
class _Open:
    number: int
    name: str
    action: str
    started_at: str


class Teller:
    """Tells each task when it starts and when it ends.

    A task is known by its uuid and host. One that ends without having started (a ``meta``
    that was skipped, say) is told as started first.
    """

    def __init__(self, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._tell = tell
        self._open: dict[tuple[str, str], _Open] = {}
        self._names: dict[str, str] = {}
        self._count = 0

    def name(self, task: str, name: str) -> None:
        """What a task that is about to start is called, expressions in its name evaluated."""
        self._names[task] = name

    def start(self, task: str, host: str, action: str) -> None:
        """A task begins on a host."""
        self._count += 1
        entry = _Open(self._count, self._names.get(task, action), action, _now())
        self._open[task, host] = entry
        self._send(entry, RUNNING, {}, kind="task")

    def item(self, task: str, host: str, status: int, result: Mapping[str, Any]) -> None:
        """One turn of a loop has ended."""
        entry = self._open.get((task, host))
        if entry:
            self._send(entry, status, result, kind="item", ended_at=_now())

    def end(
        self,
        task: str,
        host: str,
        action: str,
        status: int,
        result: Mapping[str, Any],
    ) -> None:
        """A task has ended on a host."""
        if (task, host) not in self._open:
            self.start(task, host, action)
        self._send(self._open.pop((task, host)), status, result, kind="task", ended_at=_now())

    def _send(
        self,
        entry: _Open,
        status: int,
        result: Mapping[str, Any],
        *,
        kind: str,
        ended_at: str | None = None,
    ) -> None:
        event = {
            "number": entry.number,
            "name": entry.name,
            "status": status,
            "kind": kind,
            "action": entry.action,
            "result": public(result, failed=status in (FAILED, IGNORED)),
            "started_at": entry.started_at,
            "ended_at": ended_at,
        }
        self._tell({"event": event})


def public(result: Mapping[str, Any], *, failed: bool) -> dict[str, Any]:
    """A result without stack traces, warnings and Ansible's private keys.

    What a module was called with (``invocation``) is kept where it failed, as it is what one
    needs to see then. The environment among the facts is left out, as it holds keys. A result
    that is ``no_log`` is hidden whole.
    """
    if result.get("_ansible_no_log") or "censored" in result:
        return {"censored": CENSORED}
    shown: dict[str, Any] = {}
    for key, value in result.items():
        text = str(key)
        if text.startswith("_ansible_") or text in _PRIVATE:
            continue
        if text == "invocation" and not failed:
            continue
        if text == "ansible_facts" and isinstance(value, Mapping):
            value = {name: fact for name, fact in value.items() if name != "ansible_env"}
        if text == "results" and isinstance(value, list):
            value = [
                public(one, failed=bool(one.get("failed"))) if isinstance(one, Mapping) else one
                for one in value
            ]
        shown[text] = value
    return shown


def totals(stats: Mapping[str, Any]) -> dict[str, int]:
    """Ansible's counts per host, summed over hosts."""
    names = {"dark": "unreachable"}
    kinds = ("ok", "changed", "dark", "failures", "ignored", "rescued", "skipped")
    return {names.get(kind, kind): sum(dict(stats.get(kind) or {}).values()) for kind in kinds}


def _now() -> str:
    return datetime.now(UTC).isoformat()
