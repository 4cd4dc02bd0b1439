"""What the demo city knows of the province: a sample of grids, the units, the matters. Read once at the start."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from db import catalogue, places
from db.database import Database, Session
from db.tallies import ancestors
from db.vocabulary import DivisionLevel, MatterDomain, Setting

HOT_PREFECTURE = "3205"  # where the wall of a development server opens
HOT_COUNTIES = ("320508", "320506")
HOT_TOWNSHIPS = ("320508019",)  # where the sample people work
TOWNSHIPS_PER_COUNTY = 5  # of a quiet county; its cases need not lie everywhere
GRIDS_PER_TOWNSHIP = 8
GRIDS_PER_HOT_TOWNSHIP = 40
READ_PER_TOWNSHIP = 60  # the sample is drawn from so many
PAGE = 2_000
PROVINCE_DIGITS = 2  # of its code

ELSEWHERE = "elsewhere"
SHARES = {"hot township": 28, "hot county": 17, "hot prefecture": 17, ELSEWHERE: 38}  # of the cases, in percent

# What a unit's name must contain to be the right one for a matter, by the beginning of the matter's code.
FITS: dict[str, tuple[str, ...]] = {
    "C0105": ("水务",), "C0205": ("公安",), "C01": ("住房", "住建"), "C02": ("住房", "住建"),
    "E1104": ("水务",), "E1105": ("生态",), "E1106": ("生态",), "E1301": ("生态",), "E1302": ("住房", "住建"),
    "E1401": ("公安", "城"), "E1406": ("公安",), "E15": ("水务",), "E22": ("住房", "住建"), "E23997": ("市场",),
    "E23": ("人力",), "E24": ("民政",), "E25998": ("公安",), "E2": ("司法",), "E31995": ("公安",),
    "E32998": ("市场",),
    "E33": ("住房", "住建"), "E34997": ("市场",), "E34": ("水务",), "E3": ("应急",), "E41999": ("公安",),
    "E41": ("市场",), "E42998": ("人力",), "E42": ("民政",), "E43": ("公安",), "E44": ("公安",), "E46": ("司法",),
    "E47": ("民政",),
}  # fmt: skip
FITS_DOMAIN: dict[MatterDomain, tuple[str, ...]] = {
    MatterDomain.MEDIATION: ("司法",),
    MatterDomain.HAZARD: ("应急",),
    MatterDomain.LEGAL_PUBLICITY: ("司法",),
    MatterDomain.COUNSELLING: ("民政",),
    MatterDomain.CONVENIENCE: ("民政",),
}
ANY_CITY_UNIT = ("城",)  # 城管, 城市管理


@dataclass(frozen=True, slots=True)
class Spot:
    """A grid where something may happen."""

    grid_id: int
    grid_code: str
    path: str
    community_code: str
    is_rural: bool

    @property
    def county(self) -> str:
        codes = ancestors(self.path)
        return codes[min(2, len(codes) - 1)]


class Reference:
    def __init__(
        self, spots: dict[str, list[Spot]], departments: list[Any], providers: list[Any], matters: list[Any]
    ) -> None:
        here = sum(SHARES[name] for name, found in spots.items() if found and name != ELSEWHERE)
        scale = (100 - SHARES[ELSEWHERE]) / here if here else 1.0  # a missing share goes to its neighbours
        self.groups = [
            (SHARES[name] * (1.0 if name == ELSEWHERE else scale), found) for name, found in spots.items() if found
        ]
        self.spots = [spot for _, found in self.groups for spot in found]
        self.grid_codes = {spot.grid_id: spot.grid_code for spot in self.spots}
        self.matters = {matter.id: matter for matter in matters}
        self.matter_ids = {matter.code: matter.id for matter in matters}
        self.department_codes = {unit.id: unit.code for unit in departments}
        self.department_names = {unit.id: unit.name for unit in departments}
        self.provider_codes = {provider.id: provider.code for provider in providers}
        self._departments = _by_division(departments)

    @property
    def is_complete(self) -> bool:
        return bool(self.groups and self.matters and self._departments)

    def spot(self, rng: random.Random) -> Spot:
        [(_, spots)] = rng.choices(self.groups, [share for share, _ in self.groups])
        return rng.choice(spots)

    def units_of(self, path: str) -> list[Any]:
        """Departments a case of that place may be given to, of its county first."""
        return [unit for code in reversed(ancestors(path)) for unit in self._departments.get(code, ())]

    def units_below(self, code: str) -> list[Any]:
        """Departments of a division and of those below it, in order of their division."""
        below = (units for division, units in sorted(self._departments.items()) if division.startswith(code))
        return [unit for units in below for unit in units]

    def fitting(self, path: str, matter_id: int | None) -> list[Any]:
        """The units whose kind fits the matter; all of the place where none does."""
        units = self.units_of(path)
        words = self._words(matter_id)
        return [unit for unit in units if any(word in unit.name for word in words)] or units

    def fits(self, unit_id: int, path: str, matter_id: int | None) -> bool:
        return any(unit.id == unit_id for unit in self.fitting(path, matter_id))

    def _words(self, matter_id: int | None) -> tuple[str, ...]:
        matter = None if matter_id is None else self.matters.get(matter_id)
        if matter is None:
            return ANY_CITY_UNIT
        prefixes = (matter.code[:length] for length in range(len(matter.code), 1, -1))
        by_code = next((FITS[prefix] for prefix in prefixes if prefix in FITS), None)
        return by_code or FITS_DOMAIN.get(matter.domain, ANY_CITY_UNIT)


def _by_division(units: Sequence[Any]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for unit in units:
        grouped[unit.division_code].append(unit)
    return dict(grouped)


async def read_reference(db: Database, rng: random.Random) -> Reference:
    """A sample that the generator draws: the same for the same database."""
    async with db.read() as session:
        counties = await places.divisions_page(
            session,
            places.divisions_where(level=DivisionLevel.COUNTY, path=None, text=None),
            first=PAGE,
            after_code=None,
        )
        townships = await places.children_by_parent(session, [county.code for county in counties])
        spots: dict[str, list[Spot]] = {name: [] for name in SHARES}
        for county in counties:
            for township, share in _chosen(county, townships[county.code], rng):
                read = await places.grids_sample(session, township.path, READ_PER_TOWNSHIP)
                most = GRIDS_PER_HOT_TOWNSHIP if share == "hot township" else GRIDS_PER_TOWNSHIP
                spots[share] += [_spot(grid) for grid in rng.sample(read, min(most, len(read)))]
        # Departments of the province own fields of the unified form and handle no case.
        units = await _all(session, catalogue.departments)
        departments = [unit for unit in units if len(unit.division_code) > PROVINCE_DIGITS]
        providers = [row for row in await _all(session, catalogue.service_providers) if row.is_active]
        matters = await _all(session, catalogue.matters)
    return Reference(spots, departments, providers, matters)


def _chosen(county: Any, townships: list[Any], rng: random.Random) -> list[tuple[Any, str]]:
    """Townships of a county in which something happens, and whose share of the cases they take part in."""
    if county.code in HOT_COUNTIES:
        hot = [one for one in townships if one.code in HOT_TOWNSHIPS]
        others = [one for one in townships if one.code not in HOT_TOWNSHIPS]
        wanted = 3 if county.code == HOT_COUNTIES[0] else 1
        hot += rng.sample(others, min(wanted - len(hot), len(others)))
        return [(one, "hot township" if one in hot else "hot county") for one in townships]
    share = "hot prefecture" if county.code.startswith(HOT_PREFECTURE) else ELSEWHERE
    return [(one, share) for one in rng.sample(townships, min(TOWNSHIPS_PER_COUNTY, len(townships)))]


def _spot(grid: Any) -> Spot:
    return Spot(grid.id, grid.code, grid.path, grid.community_code, grid.setting is Setting.RURAL)


async def _all(session: Session, table: Any) -> list[Any]:
    rows: list[Any] = []
    while page := await catalogue.page(session, table, [], first=PAGE, after_id=rows[-1].id if rows else None):
        rows += page
    return rows
