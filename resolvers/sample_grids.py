"""105,000 invented grids on the real communities of Jiangsu: the same ones on every machine.

Nothing is random: every choice comes from a hash of a code. Places are coherent rather than true. Each
prefecture's outline is cut into cells; a cell belongs to the nearest county seat; inside a county the cells are
walked along a Hilbert curve and given out in the order of the codes, so that the grids of a community, the
communities of a township and the townships of a county lie next to each other.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from itertools import accumulate, groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

import shapely
from shapely.geometry import shape

from db.imports import DATA, DivisionRow, GridRow
from db.vocabulary import CodeScheme, DivisionLevel, GridKind, PopulationBand, Setting

SAMPLE_GRIDS = 105_000  # the province's own figure: 10.5万个城乡网格
MOST_PER_COMMUNITY = 9
CELLS_PER_SIDE = 128  # about 1 km; several hundred cells for a county
RURAL_SPREAD = 4  # a village's grids cover this many times the ground of a town's
DEDICATED_PERCENT = 22  # of grids; Liyang counts 207 beside 745

OUTLINES = DATA / "jiangsu_prefectures.geojson"
COUNTY_SEATS = DATA / "jiangsu_county_seats.csv"

COLUMNS = (
    "code_scheme", "code", "kind", "setting", "name", "community_code", "population_band", "longitude", "latitude",
    "polygon",
)  # fmt: skip
NUMERALS = "一二三四五六七八九"
TOWN_PLACES = (
    "小学", "幼儿园", "中学", "农贸市场", "社区卫生服务中心", "公园", "商业广场", "写字楼", "产业园", "老年公寓",
)  # fmt: skip
VILLAGE_PLACES = ("小学", "农贸市场", "卫生院", "文化公园", "工业集中区", "合作社产业园", "养老院")
SUFFIXES = ("社区居民委员会", "村民委员会", "居民委员会", "社区居委会", "村委会", "居委会", "社区")
UNDER_500, FROM_500, FROM_1000, OVER_1500 = PopulationBand
TOWN_BANDS = (FROM_500, FROM_1000, FROM_1000, OVER_1500)
VILLAGE_BANDS = (UNDER_500, UNDER_500, FROM_500, FROM_1000)
PLACE_BANDS = (UNDER_500, UNDER_500, FROM_500, OVER_1500)


class _Cell(NamedTuple):
    longitude: float  # of the middle, which lies inside the outline
    latitude: float
    width: float
    height: float


def sample_grids(divisions: Iterable[DivisionRow], total: int = SAMPLE_GRIDS) -> list[GridRow]:
    """Exactly `total` grids, in the order of their codes; each point lies inside its prefecture's outline.

    `total` must be between one and nine per community.
    """
    communities = sorted(row for row in divisions if row.level is DivisionLevel.COMMUNITY)
    counts = _counts(communities, total)
    outlines = prefecture_outlines()
    seats = _county_seats()
    grids: list[GridRow] = []
    for prefecture, members in groupby(zip(communities, counts, strict=True), lambda pair: pair[0].code[:4]):
        grids += _grids_of_prefecture(outlines[prefecture], seats, list(members))
    return grids


def prefecture_outlines() -> dict[str, Any]:
    """A prepared shapely geometry by 4-digit code."""
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    outlines = {feature["properties"]["code"]: shape(feature["geometry"]) for feature in features}
    shapely.prepare(list(outlines.values()))
    return outlines


def write_grids(file: Path, grids: Iterable[GridRow]) -> None:
    """A CSV that `import-grids` reads back into the same rows."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for row in grids:
            polygon = json.dumps(row.polygon) if row.polygon else ""
            cells = [getattr(row, column) for column in COLUMNS[:-1]]
            writer.writerow([*("" if cell is None else cell for cell in cells), polygon])


def is_urban(community_code: str) -> bool:
    """001-199 residents' committees and 400-499 their like; 200-399 and 500-599 villages.

    Source: codes for statistics, National Bureau of Statistics.
    """
    return community_code[9] in "014"


def _draws(code: str) -> bytes:
    """Eight bytes that are always the same for this code."""
    return blake2b(code.encode(), digest_size=8).digest()


def _counts(communities: Sequence[DivisionRow], total: int) -> list[int]:
    if not len(communities) <= total <= len(communities) * MOST_PER_COMMUNITY:
        raise ValueError(f"expected 1 to {MOST_PER_COMMUNITY} grids in each of {len(communities)}; came {total}")
    draws = [_draws(row.code) for row in communities]
    counts = [(4 if is_urban(row.code) else 1) + draw[0] % 6 for row, draw in zip(communities, draws, strict=True)]
    order = sorted(range(len(communities)), key=draws.__getitem__)
    while (missing := total - sum(counts)) != 0:
        step = 1 if missing > 0 else -1
        movable = [i for i in order if 1 <= counts[i] + step <= MOST_PER_COMMUNITY]
        for i in movable[: abs(missing)]:
            counts[i] += step
    return counts


def _grids_of_prefecture(
    outline: Any, seats: dict[str, tuple[float, float]], members: list[tuple[DivisionRow, int]]
) -> Iterator[GridRow]:
    counties = sorted({row.code[:6] for row, _ in members})
    cells = _cells_by_county(outline, [seats[county] for county in counties])
    homes: list[_Cell] = []
    for county, of_county in groupby(members, lambda pair: pair[0].code[:6]):
        homes += _homes(cells[counties.index(county)], list(of_county))
    draws = [_draws(f"{row.code}{i:03}") for row, n in members for i in range(1, n + 1)]
    points = _points(outline, homes, draws)
    drawn = iter(draws)
    for row, n in members:
        yield from _grids_of_community(row, list(islice(drawn, n)), points)


def _homes(cells: list[_Cell], members: list[tuple[DivisionRow, int]]) -> Iterator[_Cell]:
    """The cell of every grid of a county, in the order of the codes."""
    grounds = [n if is_urban(row.code) else n * RURAL_SPREAD for row, n in members]
    whole = sum(grounds)
    for (_, n), ground, end in zip(members, grounds, accumulate(grounds), strict=True):
        for i in range(n):
            reach = end - ground + ground * (i + 0.5) / n
            yield cells[int(reach / whole * len(cells))]


def _points(outline: Any, homes: list[_Cell], draws: list[bytes]) -> Iterator[tuple[float, float]]:
    """A point anywhere in its cell, or close to the cell's middle where the outline cuts the cell."""
    spread = 1.0
    places = [_place(cell, draw, spread) for cell, draw in zip(homes, draws, strict=True)]
    while True:
        inside = shapely.contains_xy(outline, [p[0] for p in places], [p[1] for p in places])
        outside = [i for i, is_inside in enumerate(inside) if not is_inside]
        if not outside:
            return iter(places)
        spread = spread / 2 if spread > 0.01 else 0.0
        for i in outside:
            places[i] = _place(homes[i], draws[i], spread)


def _place(cell: _Cell, draw: bytes, spread: float) -> tuple[float, float]:
    east = int.from_bytes(draw[4:6], "big") / 65_535 - 0.5
    north = int.from_bytes(draw[6:8], "big") / 65_535 - 0.5
    return (
        round(cell.longitude + east * cell.width * spread, 6),
        round(cell.latitude + north * cell.height * spread, 6),
    )


def _cells_by_county(outline: Any, seats: list[tuple[float, float]]) -> list[list[_Cell]]:
    """For each seat the cells nearest to it, along the curve."""
    west, south, east, north = outline.bounds
    width, height = (east - west) / CELLS_PER_SIDE, (north - south) / CELLS_PER_SIDE
    longitudes = [round(west + (x + 0.5) * width, 6) for x in range(CELLS_PER_SIDE)]
    latitudes = [round(south + (y + 0.5) * height, 6) for y in range(CELLS_PER_SIDE)]
    middles = [(longitudes[x], latitudes[y]) for x, y in _hilbert(CELLS_PER_SIDE)]
    inside = shapely.contains_xy(outline, [m[0] for m in middles], [m[1] for m in middles])
    kept = [middle for middle, is_inside in zip(middles, inside, strict=True) if is_inside]
    nearest = shapely.STRtree(shapely.points(seats)).nearest(shapely.points(kept)).tolist()
    cells: list[list[_Cell]] = [[] for _ in seats]
    for (longitude, latitude), seat in zip(kept, nearest, strict=True):
        cells[seat].append(_Cell(longitude, latitude, width, height))
    return cells


@cache
def _hilbert(side: int) -> list[tuple[int, int]]:
    """Every (x, y) of a square whose side is a power of two, each next to the one before."""
    walk = [(0, 0)]
    half = 1
    while half < side:
        walk = (
            [(y, x) for x, y in walk]
            + [(x, y + half) for x, y in walk]
            + [(x + half, y + half) for x, y in walk]
            + [(2 * half - 1 - y, half - 1 - x) for x, y in walk]
        )
        half *= 2
    return walk


def _county_seats() -> dict[str, tuple[float, float]]:
    with COUNTY_SEATS.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: (float(row["longitude"]), float(row["latitude"])) for row in csv.DictReader(lines)}


def _grids_of_community(
    community: DivisionRow, draws: list[bytes], points: Iterator[tuple[float, float]]
) -> Iterator[GridRow]:
    urban, own = is_urban(community.code), _draws(community.code)
    setting = Setting.URBAN if urban else Setting.RURAL
    places = _dedicated_places(community.name, own[2], draws, TOWN_PLACES if urban else VILLAGE_PLACES)
    basic = len(draws) - len(places)
    for i, draw in enumerate(draws):
        if i < basic:
            number = NUMERALS[i] if own[1] % 2 else i + 1
            kind, name, bands = GridKind.BASIC, f"第{number}网格", TOWN_BANDS if urban else VILLAGE_BANDS
        else:
            kind, name, bands = GridKind.DEDICATED, f"{places[i - basic]}专属网格", PLACE_BANDS
        yield GridRow(
            CodeScheme.STAT15, f"{community.code}{i + 1:03}", kind, setting, name, community.code, community.path,
            bands[draw[1] % len(bands)], *next(points),
        )  # fmt: skip


def _dedicated_places(community: str, first: int, draws: list[bytes], kinds: tuple[str, ...]) -> list[str]:
    """The community's places with a grid of their own: fewer than half of its grids, all different."""
    drawn = sum(draw[0] % 100 < DEDICATED_PERCENT for draw in draws)
    stem = next((community.removesuffix(suffix) for suffix in SUFFIXES if community.endswith(suffix)), community)
    return [f"{stem}{kinds[(first + i) % len(kinds)]}" for i in range(min(drawn, (len(draws) - 1) // 2))]
