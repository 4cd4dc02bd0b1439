"""WGS-84 to GCJ-02, the shifted coordinates of Chinese web maps. Pure.

The usual published approximation (Krasovsky 1940 ellipsoid); accurate to a metre or two, enough for a map pin.
"""

from __future__ import annotations

from math import asin, cos, pi, radians, sin, sqrt

AXIS = 6378245.0  # metres
MEAN_RADIUS = 6_371_000  # metres, of a sphere: good to half a percent
ECCENTRICITY_SQUARED = 0.00669342162296594323


def to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Degrees in, degrees out. Points outside China come back as they are."""
    if not (73.66 < longitude < 135.05 and 3.86 < latitude < 53.55):
        return longitude, latitude
    x, y = longitude - 105.0, latitude - 35.0
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    radians = latitude / 180 * pi
    magic = 1 - ECCENTRICITY_SQUARED * sin(radians) ** 2
    meridian = AXIS * (1 - ECCENTRICITY_SQUARED) / (magic * sqrt(magic))
    return (
        longitude + east * 180 / (AXIS / sqrt(magic) * cos(radians) * pi),
        latitude + north * 180 / (meridian * pi),
    )


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Along the surface, between two points of longitude and latitude."""
    (east, north), (to_east, to_north) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((to_north - north) / 2) ** 2 + cos(north) * cos(to_north) * sin((to_east - east) / 2) ** 2
    return round(2 * MEAN_RADIUS * asin(sqrt(half)))
