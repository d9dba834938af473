"""How far two places are apart."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371


def great_circle(start: tuple[float, float], end: tuple[float, float]) -> int:
    """Whole kilometres along the great circle between two (longitude, latitude) in degrees."""
    (lon1, lat1), (lon2, lat2) = start, end
    half = (
        sin(radians(lat2 - lat1) / 2) ** 2
        + cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    )
    return round(2 * EARTH_KM * asin(sqrt(half)))
