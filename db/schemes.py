"""Schemes of performance reviews and the rules they share, in the version that holds on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from db.database import Session
from db.indicators import SplitRule
from db.places import grids
from db.tables import AssessmentComponent, AssessmentRule, AssessmentScheme
from db.visible import under
from db.vocabulary.assessment import AssessedKind, IndicatorCode, ScoreMethod

_rules: Any = AssessmentRule.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_schemes: Any = AssessmentScheme.__table__  # type: ignore[attr-defined]
_components: Any = AssessmentComponent.__table__  # type: ignore[attr-defined]

NOTHING_IS_SPLIT = SplitRule(-1, 0)


@dataclass(frozen=True, slots=True)
class Rules:
    """What all schemes share. Where nothing was imported, nothing is suspected and no residents are known."""

    split: SplitRule = NOTHING_IS_SPLIT
    cap_percentile: int = 100
    residents: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    indicator: IndicatorCode
    weight: int
    method: ScoreMethod
    steps: tuple[tuple[int | None, int], ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class Scheme:
    code: str
    version: int
    name: str
    valid_from: date
    bands: tuple[tuple[str, int], ...]
    evidence: str
    components: tuple[tuple[AssessedKind, Component], ...] = ()

    def of(self, kind: AssessedKind) -> tuple[Component, ...]:
        return tuple(component for subject, component in self.components if subject is kind)


async def rules_on(session: Session, day: date) -> Rules:
    statement = select(_rules).where(_rules.c.valid_from <= day).order_by(_rules.c.valid_from.desc()).limit(1)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return Rules()
    split = SplitRule(row.split_minutes, row.split_metres)
    return Rules(split, row.cap_percentile, tuple(sorted(row.residents.items())))


async def scheme_on(session: Session, code: str, day: date) -> Scheme | None:
    """The version that holds for a period that begins on `day`."""
    statement = (
        select(_schemes)
        .where(_schemes.c.code == code, _schemes.c.valid_from <= day)
        .order_by(_schemes.c.valid_from.desc())
        .limit(1)
    )
    found = await _with_components(session, list(await session.execute(statement)))
    return found[0] if found else None


async def all_schemes(session: Session) -> list[Scheme]:
    """Every version of every scheme, by code, newest version first."""
    statement = select(_schemes).order_by(_schemes.c.code, _schemes.c.version.desc())
    return await _with_components(session, list(await session.execute(statement)))


async def _with_components(session: Session, rows: Sequence[Any]) -> list[Scheme]:
    if not rows:
        return []
    codes = sorted({row.code for row in rows})
    statement = select(_components).where(_components.c.scheme_code.in_(codes)).order_by(_components.c.id)
    parts = list(await session.execute(statement))
    return [
        Scheme(
            row.code,
            row.version,
            row.name,
            row.valid_from,
            tuple((name, least) for name, least in row.bands),
            row.evidence,
            tuple(
                (part.subject_kind, _component(part))
                for part in parts
                if (part.scheme_code, part.scheme_version) == (row.code, row.version)
            ),
        )
        for row in rows
    ]


def _component(row: Any) -> Component:
    steps = tuple((up_to, points) for up_to, points in row.steps or ())
    return Component(row.indicator, row.weight, row.method, steps, row.evidence)


@dataclass(frozen=True, slots=True)
class Size:
    """Active grids of a subject, and who lives in them."""

    grids: int = 0
    residents: int = 0


async def sizes_below(session: Session, path: str, length: int, rules: Rules) -> dict[str, Size]:
    """Sizes of the divisions below `path` whose paths have that length, by path."""
    key = func.substr(grids.c.path, 1, length)
    statement = select(key, func.count(), func.sum(_residents(rules))).where(
        under(grids.c.path, path), grids.c.is_active
    )
    rows = await session.execute(statement.group_by(key))
    return {found: Size(count, int(residents or 0)) for found, count, residents in rows}


async def grids_below(session: Session, path: str, rules: Rules) -> list[Any]:
    """Active grids below a division with id, path, kind and residents, in order of id."""
    statement = select(grids.c.id, grids.c.path, grids.c.kind, _residents(rules).label("residents"))
    return list(
        await session.execute(statement.where(under(grids.c.path, path), grids.c.is_active).order_by(grids.c.id))
    )


def _residents(rules: Rules) -> Any:
    if not rules.residents:
        return grids.c.id * 0
    return case(*((grids.c.population_band == band, number) for band, number in rules.residents), else_=0)
