"""How a plugin declares its section of ``crm_config.yaml``.

The core resolves ``${env:NAME}`` and ``${file:PATH}``, loads the section through the
plugin's schema once, before the plugin's hooks module is imported, and hands the result
to every hook as ``context.settings``. Build a frozen dataclass in ``post_load``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, fields


class SecretValue:
    """A secret that does not print. ``reveal()`` is the one way to its value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself; keep it out of messages, logs and results."""
        return self._value

    def __repr__(self) -> str:
        return "SecretValue(***)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a SecretValue is not written to disk or sent to another process")


class Secret(fields.String):
    """A setting that is a secret; loads as :class:`SecretValue`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if isinstance(value, SecretValue):
            return value
        return SecretValue(super()._deserialize(value, attr, data, **kwargs))


class SettingsSchema(Schema):
    """Base of every settings schema: an unknown key is an error, not a surprise.

    Give each field ``metadata={"description": ...}``; ``omnicore config example`` and the
    plugin's README are made from it.
    """

    class Meta:
        unknown = RAISE
