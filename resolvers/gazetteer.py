"""Places and matters that a case names, and what it takes over from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from db import catalogue, places, tallies
from db.cases import CaseRow
from db.database import Session
from db.vocabulary import Priority
from resolvers import clocking
from resolvers.call import Call, not_found

TITLE_MAX = 120
REACH_DEGREES = 0.05  # about 5 km: further from every grid is not in the province


class Gazetteer:
    """Places and matters looked up in one transaction; a batch asks for each only once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._grids: dict[int, Any] = {}
        self._matters: dict[int, Any] = {}
        self._communities: dict[str, Any] = {}
        self._centres: dict[str, str] = {}

    async def expect(self, grid_ids: Iterable[int], matter_ids: Iterable[int]) -> None:
        """Read what a batch names, each table once."""
        self._grids |= await places.grids_by_id(self._session, sorted(set(grid_ids)))
        self._matters |= await catalogue.by_ids(self._session, catalogue.matters, sorted(set(matter_ids)))
        codes = sorted({grid.community_code for grid in self._grids.values()})
        self._communities |= await places.divisions_by_code(self._session, codes)
        await self._expect_centres([grid.path for grid in self._grids.values()])

    async def grid(self, grid_id: int) -> Any | None:
        if grid_id not in self._grids:
            self._grids |= await places.grids_by_id(self._session, [grid_id])
        return self._grids.get(grid_id)

    async def nearest_grid(self, longitude: float, latitude: float) -> Any | None:
        return await places.nearest_grid(self._session, longitude, latitude, REACH_DEGREES)

    async def matter(self, matter_id: int) -> Any | None:
        if matter_id not in self._matters:
            self._matters |= await catalogue.by_ids(self._session, catalogue.matters, [matter_id])
        return self._matters.get(matter_id)

    async def title(self, what: str, grid: Any) -> str:
        """Matter and place; never the submitter's own words, so it may go on every screen."""
        code = grid.community_code
        if code not in self._communities:
            self._communities |= await places.divisions_by_code(self._session, [code])
        return f"{what} · {self._communities[code].name}{grid.name}"[:TITLE_MAX]

    async def centre(self, path: str) -> str:
        """The centre that holds a new case: the county's, or the nearest one above, or the county itself."""
        county = _upper(path)[-1]
        if county not in self._centres:
            await self._expect_centres([path])
        return self._centres[county]

    async def first_clocks(self, path: str, priority: Priority, call: Call) -> dict[str, Any]:
        return await clocking.first(self._session, path, priority, call.now)

    async def _expect_centres(self, paths: Sequence[str]) -> None:
        above = {_upper(path)[-1]: _upper(path) for path in paths}
        centres = await places.centres_among(
            self._session, sorted({code for codes in above.values() for code in codes})
        )
        for county, codes in above.items():
            self._centres[county] = next((code for code in reversed(codes) if code in centres), county)


def _upper(path: str) -> list[str]:
    """Province, prefecture and county of a path."""
    return tallies.ancestors(path)[:3]


async def matter_columns(session: Session, call: Call, case: CaseRow, matter_id: int) -> dict[str, Any]:
    """What a case takes over from its matter, the title included, when the matter is new."""
    if matter_id == case.matter_id:
        return {}
    matter = await catalogue.by_id(session, catalogue.matters, matter_id)
    if matter is None:
        raise not_found(call, "matter", "该事项", "The matter")
    columns: dict[str, Any] = {"matter_id": matter_id}
    if case.grid_id is not None:
        gazetteer = Gazetteer(session)
        columns["title"] = await gazetteer.title(matter.name, await gazetteer.grid(case.grid_id))
    return columns
