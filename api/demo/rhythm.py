"""The city's day: busy in the morning and in the evening, quiet at night, never silent; and now and then it rains."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from api.demo.reference import Spot
from db.clock import LOCAL

PACE_BY_HOUR = (
    0.35, 0.3, 0.3, 0.3, 0.35, 0.5, 0.8, 1.2, 1.4, 1.3, 1.2, 1.1,
    0.8, 0.9, 1.1, 1.1, 1.2, 1.3, 1.4, 1.4, 1.2, 0.9, 0.6, 0.45,
)  # fmt: skip
RAINY_MONTHS = range(5, 10)
RAIN_EVERY_TURNS = 1_200


def pace(now: datetime) -> float:
    """By which the ordinary rate is multiplied at this hour of the province."""
    return PACE_BY_HOUR[now.astimezone(LOCAL).hour]


def is_winter(now: datetime) -> bool:
    return now.astimezone(LOCAL).month in (12, 1, 2)


@dataclass(slots=True)
class Rain:
    """A cloudburst over one county: so many cases are still to come from it."""

    spots: list[Spot]
    cases_left: int


def clouds(rng: random.Random, now: datetime) -> bool:
    """Whether it begins to rain at this turn."""
    season = 2 if now.astimezone(LOCAL).month in RAINY_MONTHS else 1
    return rng.random() < season / RAIN_EVERY_TURNS
