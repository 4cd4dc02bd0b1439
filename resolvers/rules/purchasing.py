"""Who may be given a task that is bought, and who is asked first. Pure.

Source: the study's catalogue of government purchase and its conditions on who takes the work on. Which classes of
public institutions are barred, and what a merit weighs, is our own reading: a policy the one, shown the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from db.vocabulary.purchasing import EligibilityReason, InstitutionClass
from resolvers.refusals import Code
from resolvers.rules.uscc import is_valid_uscc

R = EligibilityReason

REFUSED_WITH = {
    R.OUT_OF_AREA: Code.PROVIDER_OUT_OF_AREA,
    R.USCC_INVALID: Code.USCC_INVALID,
    R.LICENCE_EXPIRED: Code.LICENCE_EXPIRED,
    R.INSTITUTION_CLASS: Code.INSTITUTION_BARRED,
    R.QUALIFICATION_MISSING: Code.QUALIFICATION_MISSING,
    R.QUALIFICATION_EXPIRED: Code.QUALIFICATION_EXPIRED,
}
"""With which code an order to such a provider is refused."""

POINTS_ON_TIME = 40  # punctual work weighs most
POINTS_FIRST_TIME_RIGHT = 20
POINTS_FREE = 20  # less two for every open order
POINTS_NEAR = 3  # for each level of the area below the province
POINTS_EXPERIENCE = 10  # one for each finished order of the item, at most these
UNPROVEN_SHARE = 50  # percent that somebody without finished orders is taken to have: neither praised nor shut out


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `detail` is a name, a date or a count that says it exactly."""

    reason: EligibilityReason
    detail: str
    points: int = 0

    @property
    def is_obstacle(self) -> bool:
        return self.reason in REFUSED_WITH

    def told(self, language: str) -> str:
        words = self.reason.meaning if language == "en" else self.reason.label
        return f"{words.rstrip('.')}: {self.detail}" if language == "en" else f"{words}：{self.detail}"


@dataclass(frozen=True, slots=True)
class Fitness:
    """How fit one provider is for one task."""

    provider: Any
    reasons: tuple[Reason, ...]

    @property
    def obstacles(self) -> tuple[Reason, ...]:
        return tuple(one for one in self.reasons if one.is_obstacle)

    @property
    def points(self) -> int:
        return sum(one.points for one in self.reasons)


def obstacles(
    provider: Any,
    *,
    areas: Sequence[str],
    held: Mapping[str, Any],
    required: Mapping[str, str],
    place: str,
    day: date,
    barred: frozenset[InstitutionClass],
) -> list[Reason]:
    """Everything that keeps a provider from a task; none: it is eligible.

    `areas` are paths, `held` its qualifications by kind, `required` the names of the kinds the item asks for.
    """
    found: list[Reason] = []
    if area_of(provider, areas, place) is None:
        found.append(Reason(R.OUT_OF_AREA, place.rstrip("/").rpartition("/")[2]))
    if provider.uscc is None or not is_valid_uscc(provider.uscc):
        found.append(Reason(R.USCC_INVALID, provider.uscc or "—"))
    if provider.institution_class in barred:
        found.append(Reason(R.INSTITUTION_CLASS, provider.institution_class.label))
    if provider.licence_until is not None and provider.licence_until < day:
        found.append(Reason(R.LICENCE_EXPIRED, provider.licence_until.isoformat()))
    for kind, name in required.items():
        owned = held.get(kind)
        if owned is None:
            found.append(Reason(R.QUALIFICATION_MISSING, name))
        elif not owned.valid_from <= day <= owned.valid_to:
            found.append(Reason(R.QUALIFICATION_EXPIRED, f"{name} {owned.valid_from}—{owned.valid_to}"))
    return found


def merits(provider: Any, *, areas: Sequence[str], place: str, done: Any) -> list[Reason]:
    """What speaks for a provider; `done` counts its orders: finished, on_time, first_time_right, of_item, open."""
    area = area_of(provider, areas, place) or provider.path
    code = area.rstrip("/").rpartition("/")[2]
    return [
        _share(R.ON_TIME, done.on_time, done.finished, POINTS_ON_TIME),
        _share(R.FIRST_TIME_RIGHT, done.first_time_right, done.finished, POINTS_FIRST_TIME_RIGHT),
        Reason(R.FREE, str(done.open), max(0, POINTS_FREE - 2 * done.open)),
        Reason(R.NEAR, code, POINTS_NEAR * (area.count("/") - 1)),
        Reason(R.EXPERIENCE, str(done.of_item), min(POINTS_EXPERIENCE, done.of_item)),
    ]


def _share(reason: EligibilityReason, count: int, of: int, points: int) -> Reason:
    percent = 100 * count // of if of else UNPROVEN_SHARE
    return Reason(reason, f"{count}/{of}", points * percent // 100)


def area_of(provider: Any, areas: Sequence[str], place: str) -> str | None:
    """The closest of its areas that holds the place; one without any works in its whole division."""
    holding = [area for area in areas or [provider.path] if place.startswith(area)]
    return max(holding, key=len, default=None)


def ranked(fitnesses: Sequence[Fitness]) -> list[Fitness]:
    """Eligible ones first, by points; then the others. Equal ones in order of their codes."""
    return sorted(fitnesses, key=lambda one: (bool(one.obstacles), -one.points, one.provider.code))
