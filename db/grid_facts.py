"""Party organisations of grids, and the indicators of a programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from db.cases import cases
from db.catalogue import departments, matters
from db.database import Session
from db.places import divisions, grids, grids_below
from db.tables import PartyOrganisation
from db.visible import under
from db.vocabulary import CaseKind, CaseOutcome, CaseState, DivisionLevel, MatterDomain, Realm
from db.vocabulary.grid_facts import GridProgramme

party_organisations: Any = PartyOrganisation.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

NOT_VALID = (CaseOutcome.DUPLICATE, CaseOutcome.NO_PROBLEM_FOUND, CaseOutcome.NOT_OURS)
TAKEN_OUT = (CaseState.WITHDRAWN, CaseState.VOIDED)


async def party_by_grid(session: Session, grid_ids: Sequence[int]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {grid_id: [] for grid_id in grid_ids}
    statement = select(party_organisations).where(party_organisations.c.grid_id.in_(grid_ids))
    for row in await session.execute(statement.order_by(party_organisations.c.id)):
        grouped[row.grid_id].append(row)
    return grouped


def has_party_organisation() -> ColumnElement[bool]:
    return exists().where(party_organisations.c.grid_id == grids.c.id)


async def party_coverage(session: Session, path: str) -> tuple[int, int]:
    """Covered and all active grids at or below a division, in one statement: no grid comes or goes in between."""
    statement = select(func.count().filter(has_party_organisation()), func.count()).select_from(grids)
    covered, total = (await session.execute(statement.where(*grids_below(path)))).one()
    return int(covered), int(total)


@dataclass(frozen=True, slots=True)
class Share:
    """Of so many, so many."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class OutpostCounts:
    cases: int
    first_sensor: Share  # problems that grid staff found first / problems
    mediation: Share  # disputes settled in the grid or the community / disputes closed
    defence: Share  # hazards resolved / hazards found
    window: Share  # service requests answered / service requests


async def outpost_counts(
    session: Session,
    realm: Realm,
    programme: GridProgramme,
    place: ColumnElement[bool],
    first: datetime,
    end: datetime,
) -> OutpostCounts:
    """Of the tagged cases of a place that were handed in from `first` to before `end`; one statement.

    A duplicate, a case without a problem, one that is not ours and one that was taken out count nowhere.
    """
    problem = cases.c.kind == CaseKind.PROBLEM
    dispute = and_(cases.c.kind == CaseKind.DISPUTE, cases.c.state == CaseState.CLOSED)
    resolved = and_(cases.c.state == CaseState.CLOSED, cases.c.outcome == CaseOutcome.RESOLVED)
    near = or_(cases.c.is_self_handled, divisions.c.level == DivisionLevel.COMMUNITY)
    hazard = matters.c.domain == MatterDomain.HAZARD
    request = cases.c.kind == CaseKind.SERVICE_REQUEST
    counts = (
        (problem, cases.c.is_discovery),
        (dispute, and_(resolved, near)),
        (hazard, resolved),
        (request, cases.c.responses > 0),
    )
    columns = [count for of, part in counts for count in (_count(and_(of, part)), _count(of))]
    joined = (
        cases.outerjoin(matters, matters.c.id == cases.c.matter_id)
        .outerjoin(departments, departments.c.id == cases.c.responsible_unit_id)
        .outerjoin(divisions, divisions.c.code == departments.c.division_code)
    )
    statement = (
        select(*columns, func.count())
        .select_from(joined)
        .where(cases.c.realm == realm, cases.c.programme == programme, place)
        .where(cases.c.submitted_at >= first, cases.c.submitted_at < end)
        .where(or_(cases.c.outcome.is_(None), cases.c.outcome.not_in(NOT_VALID)), cases.c.state.not_in(TAKEN_OUT))
    )
    *found, total = map(int, (await session.execute(statement)).one())
    shares = [Share(*found[place : place + 2]) for place in range(0, len(found), 2)]
    return OutpostCounts(total, *shares)


def _count(which: ColumnElement[bool]) -> Any:
    return func.count().filter(which)


def tagged_of_division(path: str) -> ColumnElement[bool]:
    return under(cases.c.division_path, path)


def tagged_of_grid(grid_id: int) -> ColumnElement[bool]:
    return cases.c.grid_id == grid_id  # type: ignore[no-any-return]
