"""The plain engine: ``ansible_runner.run``, as it comes."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import ansible_runner

from omnicore_provisioner_ansible import inventory, model
from omnicore_provisioner_ansible.supervisor import Order

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ENDS = {
    "runner_on_ok": model.SUCCESS,
    "runner_on_skipped": model.SUCCESS,
    "runner_on_failed": model.FAILED,
    "runner_on_unreachable": model.FAILED,
}
_ITEMS = {
    "runner_item_on_ok": model.SUCCESS,
    "runner_item_on_skipped": model.SUCCESS,
    "runner_item_on_failed": model.FAILED,
}
_TOLD_ON_STDERR = {"error", "warning", "deprecated", "system_warning"}


def run(order: Order) -> dict[str, Any]:
    """Run the order; the environment of the present process is that of the play."""
    listener = _Listener(order)
    private = order.workspace.root / "runner"
    private.mkdir(mode=0o700)
    done = ansible_runner.run(
        private_data_dir=str(private),
        project_dir=str(order.workspace.plays),
        playbook=order.play,
        inventory=inventory.text(order.workspace.home),
        extravars=as_data(order.variables),
        event_handler=listener.hear,
        quiet=True,
    )
    for stream, lines in ((sys.stdout, listener.stdout), (sys.stderr, listener.stderr)):
        stream.write("".join(lines))
        stream.flush()
    return {"exit_code": done.rc, "stats": listener.stats}


def as_data(value: Any) -> Any:
    """The same value with every string marked as data, never as a template."""
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, Mapping):
        return {str(key): as_data(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(one) for one in value]
    return value


class _Listener:
    """Turns runner's events into ours and keeps what was printed."""

    def __init__(self, order: Order) -> None:
        self._teller = model.Teller(order.tell)
        self.stats: dict[str, int] = {}
        self.stdout: list[str] = []
        self.stderr: list[str] = []

    def hear(self, event: dict[str, Any]) -> bool:
        """One event of runner's. False: it is not to be written to a file."""
        kind, data = event["event"], event.get("event_data") or {}
        self._keep(kind, event.get("stdout") or "")
        if kind == "playbook_on_task_start":
            self._teller.name(data["task_uuid"], data["name"])
        elif kind == "runner_on_start":
            self._teller.start(*self._task(data))
        elif kind in _ITEMS:
            self._teller.item(*self._task(data)[:2], _ITEMS[kind], data.get("res") or {})
        elif kind in _ENDS:
            status = model.IGNORED if data.get("ignore_errors") else _ENDS[kind]
            self._teller.end(*self._task(data), status, _result(kind, data))
        elif kind == "playbook_on_stats":
            self.stats = model.totals(data)
        return False

    def _keep(self, kind: str, text: str) -> None:
        if text:
            lines = _ANSI.sub("", text).replace("\r\n", "\n") + "\n"
            (self.stderr if kind in _TOLD_ON_STDERR else self.stdout).append(lines)

    def _task(self, data: Mapping[str, Any]) -> tuple[str, str, str]:
        return data["task_uuid"], data["host"], data["resolved_action"]


def _result(kind: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    return model.SKIPPED if kind == "runner_on_skipped" else data.get("res") or {}
