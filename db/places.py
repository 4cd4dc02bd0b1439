"""Reading divisions and grids. They are reference data: the same for both realms and everybody who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select

from db.database import Session
from db.tables import Centre, Division, Grid
from db.visible import LARGE_DEPTH, under
from db.vocabulary import DivisionLevel, GridKind, Setting

DivisionRow = Any
GridRow = Any

divisions: Any = Division.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
grids: Any = Grid.__table__  # type: ignore[attr-defined]
centres: Any = Centre.__table__  # type: ignore[attr-defined]


_DIVISIONS_BY_CODE = select(divisions).where(divisions.c.code.in_(bindparam("codes", expanding=True)))
_GRIDS_BY_ID = select(grids).where(grids.c.id.in_(bindparam("ids", expanding=True)))
_CENTRES_AMONG = select(centres.c.division_code).where(
    centres.c.division_code.in_(bindparam("codes", expanding=True))
)


async def divisions_by_code(session: Session, codes: Sequence[str]) -> dict[str, DivisionRow]:
    rows = await session.execute(_DIVISIONS_BY_CODE, {"codes": list(codes)})
    return {row.code: row for row in rows}


async def division(session: Session, code: str) -> DivisionRow | None:
    return (await divisions_by_code(session, [code])).get(code)


async def children_by_parent(session: Session, codes: Sequence[str]) -> dict[str, list[DivisionRow]]:
    grouped: dict[str, list[DivisionRow]] = {code: [] for code in codes}
    statement = select(divisions).where(divisions.c.parent_code.in_(codes)).order_by(divisions.c.code)
    for row in await session.execute(statement):
        grouped[row.parent_code].append(row)
    return grouped


async def divisions_below(session: Session, path: str, level: DivisionLevel | None = None) -> list[DivisionRow]:
    """Every division below a path (not itself), of one level or of all, in order of path."""
    statement = select(divisions).where(under(divisions.c.path, path), divisions.c.path != path)
    if level is not None:
        statement = statement.where(divisions.c.level == level)
    return list(await session.execute(statement.order_by(divisions.c.path)))


def divisions_where(*, level: DivisionLevel | None, path: str | None, text: str | None) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if level is not None:
        clauses.append(divisions.c.level == level)
    if path is not None:
        clauses.append(under(divisions.c.path, path))
    if text:
        clauses.append(divisions.c.name.contains(text, autoescape=True))
    return clauses


async def divisions_page(
    session: Session, clauses: Sequence[ColumnElement[bool]], *, first: int, after_code: str | None
) -> list[DivisionRow]:
    """In order of code."""
    statement = select(divisions).where(*clauses)
    if after_code is not None:
        statement = statement.where(divisions.c.code > after_code)
    return list(await session.execute(statement.order_by(divisions.c.code).limit(first)))


async def count_divisions(session: Session, clauses: Sequence[ColumnElement[bool]]) -> int:
    return int((await session.execute(select(func.count()).select_from(divisions).where(*clauses))).scalar_one())


def grids_where(
    *, path: str | None, kind: GridKind | None, setting: Setting | None, text: str | None
) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [grids.c.is_active]
    if path is not None:
        clauses.append(under(grids.c.path, path))
    if kind is not None:
        clauses.append(grids.c.kind == kind)
    if setting is not None:
        clauses.append(grids.c.setting == setting)
    if text:
        clauses.append(grids.c.name.contains(text, autoescape=True))
    return clauses


def grids_below(path: str) -> list[ColumnElement[bool]]:
    """Active grids of a division, for lists that want few of many.

    Of a county or more it is cheaper to walk the grids by id and test the path than to collect and sort all of them;
    the expression keeps planners from the path index there.
    """
    is_large = path.count("/") <= LARGE_DEPTH
    return [grids.c.is_active, under(grids.c.path.concat("") if is_large else grids.c.path, path)]


async def grids_page(
    session: Session, clauses: Sequence[ColumnElement[bool]], *, first: int, after_id: int | None
) -> list[GridRow]:
    """In order of import, which for the shipped grids is the order of code."""
    statement = select(grids).where(*clauses)
    if after_id is not None:
        statement = statement.where(grids.c.id > after_id)
    return list(await session.execute(statement.order_by(grids.c.id).limit(first)))


async def count_grids(session: Session, clauses: Sequence[ColumnElement[bool]]) -> int:
    return int((await session.execute(select(func.count()).select_from(grids).where(*clauses))).scalar_one())


async def count_grids_by_division(session: Session, paths: Sequence[str]) -> dict[str, int]:
    """Active grids below each path, in one statement."""
    if not paths:
        return {}
    sums = [func.count().filter(under(grids.c.path, path)).label(f"n{index}") for index, path in enumerate(paths)]
    low, high = min(paths), max(paths)
    inside = (grids.c.path >= low, grids.c.path < high[:-1] + "0")
    row = (await session.execute(select(*sums).where(grids.c.is_active, *inside))).one()
    return dict(zip(paths, row, strict=True))


async def grids_by_id(session: Session, ids: Sequence[int]) -> dict[int, GridRow]:
    rows = await session.execute(_GRIDS_BY_ID, {"ids": list(ids)})
    return {row.id: row for row in rows}


async def grid_by_code(session: Session, code: str) -> GridRow | None:
    """The grid of that code; the first one should two schemes use it."""
    statement = select(grids).where(grids.c.code == code, grids.c.is_active).order_by(grids.c.id).limit(1)
    return (await session.execute(statement)).one_or_none()


async def grids_sample(session: Session, path: str, limit: int) -> list[GridRow]:
    """Some active grids below a path, in order of id."""
    return list(
        await session.execute(
            select(grids).where(grids.c.is_active, under(grids.c.path, path)).order_by(grids.c.id).limit(limit)
        )
    )


async def nearest_grid(session: Session, longitude: float, latitude: float, reach_degrees: float) -> GridRow | None:
    """The active grid whose point lies nearest, within a box of `reach_degrees` either way."""
    distance = (grids.c.longitude - longitude) * (grids.c.longitude - longitude) + (grids.c.latitude - latitude) * (
        grids.c.latitude - latitude
    )
    statement = (
        select(grids)
        .where(
            grids.c.is_active,
            grids.c.longitude.between(longitude - reach_degrees, longitude + reach_degrees),
            grids.c.latitude.between(latitude - reach_degrees, latitude + reach_degrees),
        )
        .order_by(distance)
        .limit(1)
    )
    return (await session.execute(statement)).one_or_none()


async def centres_among(session: Session, codes: Sequence[str]) -> frozenset[str]:
    rows = await session.execute(_CENTRES_AMONG, {"codes": list(codes)})
    return frozenset(row.division_code for row in rows)


async def centres_on_paths(session: Session, paths: Sequence[str]) -> dict[str, frozenset[str]]:
    """Codes of the divisions along each path that have a centre."""
    codes = {path: path.rstrip("/").split("/") for path in paths}
    found = await centres_among(session, sorted({code for some in codes.values() for code in some}))
    return {path: found.intersection(some) for path, some in codes.items()}


async def centre_codes(session: Session) -> list[str]:
    """Divisions that have a centre, in order of code."""
    return list((await session.execute(select(centres.c.division_code).order_by(centres.c.division_code))).scalars())
