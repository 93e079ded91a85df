"""Addresses and points in a form that can be searched (WGS 84 degrees, metres)."""

from __future__ import annotations

import re
from math import asin, cos, degrees, isfinite, radians, sin, sqrt

EARTH = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""


def degrees_of(text: str | None, limit: float) -> float | None:
    """A coordinate as a number; None when there is none.

    :raises ValueError: when the text is no number within ``limit`` degrees of zero.
    """
    if text is None or not text.strip():
        return None
    value = float(text)
    if not isfinite(value) or abs(value) > limit:
        raise ValueError(f"{text!r} is not within {limit} degrees")
    return value


def address_key(line: str | None) -> str | None:
    """The first line of an address without case, punctuation and double spaces."""
    plain = re.sub(r"[\W_]+", " ", (line or "").casefold()).strip()
    return plain[:255] or None


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two points (latitude, longitude), along the sphere."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, point)) for point in (a, b))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))


def box(point: tuple[float, float], radius: float) -> tuple[float, float, float, float]:
    """South, north, west and east bounds that hold a circle; wide open near the poles."""
    lat, lon = point
    high = degrees(radius / EARTH)
    scale = cos(radians(min(90.0, abs(lat) + high)))
    wide = min(360.0, high / scale) if scale > 1e-6 else 360.0
    return lat - high, lat + high, lon - wide, lon + wide
