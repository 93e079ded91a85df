"""Fields and base schemas of the API: lenient where plays are, strict where it matters.

Numbers may arrive as strings, moments in every form of the contract; read-only fields that
a client sends back from a read are ignored, unknown ones are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import ValidationError

from omnicore.db.base import Amount

_FORMATS = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


def read_moment(text: str) -> datetime:
    """A moment in any form of the contract; without a zone it is UTC.

    ISO 8601 with ``Z``, ``+0000`` or ``+00:00``, ``YYYY-MM-DD HH:MM:SS``, ``YYYY-MM-DD``.

    :raises ValueError: when it is none of them.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        for form in _FORMATS:
            try:
                moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is set below
                break
            except ValueError:
                continue
        else:
            raise
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Moment(ma.fields.Field):
    """A moment: read in every form, shown as ISO 8601 with ``Z``."""

    default_error_messages = {"invalid": "Not a date: write 2025-01-10T14:30:00Z or 2025-01-10."}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        if value is None:
            return None
        return str(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            return read_moment(value.strip())
        except ValueError as error:
            raise self.make_error("invalid") from error


class Day(ma.fields.Date):
    """A day; a full moment is cut to its day in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        try:
            return read_moment(str(value).strip()).date()
        except ValueError as error:
            raise ValidationError("Not a date: write 2025-01-10.") from error


class Price(ma.fields.Field):
    """An amount in currency units: a number or a numeric string in, a number out."""

    default_error_messages = {"invalid": "Not an amount."}

    def __init__(self, *, low: str | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"type": "number"})
        super().__init__(**kwargs)
        self._low = None if low is None else Decimal(low)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> float | None:
        return None if value is None else float(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
            raise self.make_error("invalid")
        try:
            amount = Decimal(str(value).strip())
        except InvalidOperation as error:
            raise self.make_error("invalid") from error
        if not amount.is_finite() or abs(amount) >= Amount.LIMIT - Amount.QUANTUM:
            raise self.make_error("invalid")
        if self._low is not None and amount < self._low:
            raise ValidationError(f"Must be at least {self._low}.")
        return amount


class Text(ma.fields.String):
    """A string of limited length."""

    def __init__(self, *, min: int = 0, max: int = 255, **kwargs: Any) -> None:
        checks = [ma.validate.Length(min=min, max=max), *_many(kwargs.pop("validate", ()))]
        super().__init__(validate=checks, **kwargs)


class Choice(ma.fields.String):
    """One of an enum's values; written exactly, or in another case."""

    def __init__(self, kind: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._known = {member.value.lower(): member for member in kind}
        self.metadata = {"enum": [member.value for member in kind], **self.metadata}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        found = self._known.get(str(text).strip().lower())
        if found is None:
            raise ValidationError(f"Must be one of: {', '.join(self.metadata['enum'])}.")
        return found


class Link(ma.fields.Integer):
    """The id of another row; null or an empty string clears it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super().deserialize(None if value == "" else value, *args, **kwargs)


def _many(checks: Any) -> list[Any]:
    return list(checks) if isinstance(checks, Iterable) else [checks]


class View(ma.Schema):
    """Base of what goes out."""


class Partial(ma.Schema):
    """Base of what comes in: unknown fields are refused, what a client may not set is dropped.

    ``READ_ONLY`` names what a client may send back as it read it; it is ignored.
    """

    READ_ONLY: ClassVar[frozenset[str]] = frozenset()
    _ALWAYS: ClassVar[frozenset[str]] = frozenset({"created", "last_modified"})

    class Meta:
        unknown = ma.RAISE

    @ma.pre_load
    def drop_read_only(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        dropped = (self.READ_ONLY | self._ALWAYS) - set(self.fields)
        return {key: value for key, value in data.items() if key not in dropped}
