"""Who knows addresses: search and reverse lookup for sites (guide 10)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Place:
    """An address with its coordinates (WGS 84 degrees)."""

    latitude: float
    longitude: float
    name: str = ""
    address_line_1: str = ""
    address_line_2: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    country: str = ""
    place_id: str = ""


class Geocoder(ABC):
    """One source of addresses."""

    key: ClassVar[str]

    @abstractmethod
    def search(self, text: str, *, near: tuple[float, float] | None = None) -> Sequence[Place]:
        """Places that match what a person typed, best first, at most ten."""

    @abstractmethod
    def reverse(self, latitude: float, longitude: float) -> Place | None:
        """The address at a point, or None."""
