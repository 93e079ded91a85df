"""Ansible's callbacks, turned into our events."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback import CallbackBase

from omnicore_provisioner_ansible import model


class Listener(CallbackBase):  # type: ignore[misc]
    """Stands where a playbook run has its output plugin."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "omnicore_listener"

    def __init__(self, teller: model.Teller) -> None:
        super().__init__()
        self._load_name = self.CALLBACK_NAME
        self._teller = teller
        self.totals: dict[str, int] = {}
        self.set_options()
        self._init_callback_methods()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._teller.name(task._uuid, task.get_name())

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._teller.name(task._uuid, task.get_name())

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._teller.start(task._uuid, host.name, task.resolved_action)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._end(result, model.SUCCESS)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._end(result, model.SUCCESS, model.SKIPPED)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._end(result, model.FAILED)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._end(result, model.IGNORED if ignore_errors else model.FAILED)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._item(result, model.SUCCESS)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._item(result, model.SUCCESS)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._item(result, model.FAILED)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self.totals = model.totals(vars(stats))

    def _end(self, result: Any, status: int, told: Any = None) -> None:
        task = result.task
        shown = result.result if told is None else told
        self._teller.end(task._uuid, result.host.name, task.resolved_action, status, shown)

    def _item(self, result: Any, status: int) -> None:
        self._teller.item(result.task._uuid, result.host.name, status, result.result)
