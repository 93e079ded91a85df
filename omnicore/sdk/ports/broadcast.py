"""Who warns the public: a cell broadcast centre of one network operator (guide 24)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True)
class WarningText:
    """One language of a warning; ``language`` is an ISO 639-1 code."""

    language: str
    body: str


@dataclass(frozen=True)
class TrackingArea:
    """Where to broadcast: an area of one operator (MCC-MNC) in one radio technology."""

    tracking_area: str
    operator: str
    rat_type: str


@dataclass(frozen=True, kw_only=True)
class WarningMessage:
    """A warning to broadcast. No areas means every cell. Identifiers: 3GPP TS 23.041."""

    key: str
    message_identifier: int
    serial_number: int
    category: str
    texts: Sequence[WarningText]
    areas: Sequence[TrackingArea] = ()
    repetition_period_s: int = 10
    number_of_broadcasts: int = 999
    warning_period_s: int = 3600
    channel_indicator: str = "basic"
    starts_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CentreAnswer:
    """What a centre said; ``accepted`` None when that is unknown."""

    accepted: bool | None
    reference: str = ""
    reason: str = ""
    cells: Mapping[str, Any] = field(default_factory=dict)


class BroadcastCentre(ABC):
    """One centre of one operator."""

    key: ClassVar[str]

    @property
    @abstractmethod
    def operators(self) -> Sequence[str]:
        """The MCC-MNC codes it serves; empty for all."""

    @abstractmethod
    def send(self, message: WarningMessage) -> CentreAnswer:
        """Start or replace the broadcast with that key."""

    @abstractmethod
    def cancel(self, message: WarningMessage) -> CentreAnswer:
        """Stop the broadcast with that key. Safe to repeat."""

    @abstractmethod
    def ping(self) -> None:
        """Return when the centre answers, raise ``PortError`` when it does not."""
