"""Counts kept while the city works: what each case adds to which tally, and the upsert of the difference.

A case's contributions are a pure function of its row, so a change adds the new ones and takes the old ones away,
and a recount is the sum over all rows. Each dimension stands apart: division (with every ancestor), grid, matter,
department, service provider, and division x matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.cases import CaseRow, all_rows_without_scope, cases, work_orders
from db.clock import local_day
from db.database import Session
from db.tables import Tally
from db.visible import under
from db.vocabulary import CaseOutcome, CaseStage, CaseState, Priority, Realm

STANDING_DAY = date(1970, 1, 1)  # the row of what is open now, which belongs to no day

DIVISION, GRID, MATTER, DEPARTMENT, PROVIDER = "division", "grid", "matter", "department", "service_provider"

_tallies: Any = Tally.__table__  # type: ignore[attr-defined]
KEYS = tuple(column.name for column in _tallies.primary_key)
MEASURES = tuple(column.name for column in _tallies.columns if column.name not in KEYS)
OPEN_MEASURE: dict[CaseStage, str] = {
    stage: f"open_{stage.lower()}" for stage in CaseStage if stage is not CaseStage.EVALUATION
}


class Key(NamedTuple):
    realm: Realm
    dimension: str
    subject: str
    matter: str
    day: date


Contributions = dict[Key, Counter[str]]


def ancestors(path: str) -> list[str]:
    """Codes of a division path from the province down."""
    return path.rstrip("/").split("/")


def contributions(row: CaseRow | None) -> Contributions:
    """What one case adds. None (a case that is not there yet) adds nothing."""
    found: Contributions = defaultdict(Counter)
    if row is None:
        return found
    for day, measures in _measures(row).items():
        for dimension, subject, matter in _subjects(row):
            found[Key(row.realm, dimension, subject, matter, day)].update(measures)
    return found


def _subjects(row: CaseRow) -> list[tuple[str, str, str]]:
    matter = "" if row.matter_id is None else str(row.matter_id)
    subjects = [(DIVISION, code, "") for code in ancestors(row.division_path)]
    if matter:
        subjects += [(DIVISION, code, matter) for code in ancestors(row.division_path)]
        subjects.append((MATTER, matter, ""))
    if row.grid_id is not None:
        subjects.append((GRID, str(row.grid_id), ""))
    if row.responsible_unit_id is not None:
        subjects.append((DEPARTMENT, str(row.responsible_unit_id), ""))
    subjects += [(PROVIDER, str(provider), "") for provider in row.service_provider_ids]
    return subjects


def _measures(row: CaseRow) -> dict[date, Counter[str]]:
    days: dict[date, Counter[str]] = defaultdict(Counter)

    def on(moment: datetime | None, **counts: bool | int) -> None:
        if moment is not None:
            days[local_day(moment)].update({name: int(count) for name, count in counts.items() if count})

    if row.parent_id is None:  # a part of a case is nobody's submission, and was registered with the whole
        on(row.submitted_at, submitted=1, discovered=_is_valid_discovery(row))
        on(row.registered_at, registered=1)
    on(row.handled_at, handled=1)
    on(row.reworked_at, rework=1)
    solved = row.outcome is CaseOutcome.RESOLVED
    on(
        row.closed_at,
        closed=1,
        on_time=not row.was_late,
        late=row.was_late and not row.is_exempt,
        exempt=row.was_late and bool(row.is_exempt),
        self_handled=row.is_self_handled,
        declared_resolved=solved,
        confirmed_resolved=row.is_confirmed is True,
        confirmed_answered=row.is_confirmed is not None,
    )
    if row.is_open and row.stage is not None:
        days[STANDING_DAY].update(
            {
                OPEN_MEASURE[row.stage]: 1,
                "open_outsourced": int(row.open_work_orders > 0),
                "open_urgent": int(row.priority is Priority.URGENT),
            }
        )
    return days


def _is_valid_discovery(row: CaseRow) -> bool:
    """Found by grid, community or village staff, and neither a duplicate, nor nothing at all, nor taken back.

    As the indicator DISCOVERY_COUNT counts, but for suspected pieces of one problem: those are seen beside other
    cases, and a tally sees one.
    """
    is_valid = row.outcome not in (CaseOutcome.DUPLICATE, CaseOutcome.NO_PROBLEM_FOUND, CaseOutcome.NOT_OURS)
    return bool(row.is_discovery) and is_valid and row.state not in (CaseState.WITHDRAWN, CaseState.VOIDED)


COUNTED = (
    "realm", "division_path", "grid_id", "matter_id", "responsible_unit_id", "service_provider_ids", "parent_id",
    "submitted_at", "registered_at", "handled_at", "reworked_at", "closed_at", "was_late", "is_exempt",
    "is_self_handled", "outcome", "is_confirmed", "is_open", "stage", "open_work_orders", "priority", "is_discovery",
    "state",
)  # fmt: skip
"""Columns that contributions are made of: a case whose others have changed adds what it added."""
_COUNTED = attrgetter(*COUNTED)


def difference(before: CaseRow | None, after: CaseRow) -> Contributions:
    """New contributions minus old ones; keys that end up without change are left out."""
    if before is not None and _COUNTED(before) == _COUNTED(after):
        return {}
    total = contributions(after)
    for key, old in contributions(before).items():
        total[key].subtract(old)
    return _without_zeros(total)


def fold(parts: Sequence[Contributions]) -> Contributions:
    """Many differences as one: a batch writes each tally once."""
    total: Contributions = defaultdict(Counter)
    for part in parts:
        for key, counts in part.items():
            for measure, count in counts.items():
                total[key][measure] += count
    return _without_zeros(total)


def _without_zeros(total: Contributions) -> Contributions:
    return {key: kept for key, counts in total.items() if (kept := Counter({m: n for m, n in counts.items() if n}))}


async def apply(session: Session, changes: Contributions) -> None:
    """One sorted upsert. Sorted, because rows taken in any order deadlock under concurrent writers."""
    if not changes:
        return
    rows = [
        {**key._asdict(), **dict.fromkeys(MEASURES, 0), **counts}
        for key, counts in sorted(changes.items(), key=lambda item: tuple(map(str, item[0])))
    ]
    await session.execute(_upsert(session.dialect.name), rows)


@cache
def _upsert(dialect: str) -> Any:
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(_tallies)
    return statement.on_conflict_do_update(
        index_elements=list(KEYS),
        set_={measure: _tallies.c[measure] + statement.excluded[measure] for measure in MEASURES},
    )


@dataclass(frozen=True, slots=True)
class Due:
    near_due: int = 0
    overdue: int = 0


_SUMS = (
    select(_tallies.c.subject, *(func.coalesce(func.sum(_tallies.c[name]), 0).label(name) for name in MEASURES))
    .where(
        _tallies.c.realm == bindparam("realm"),
        _tallies.c.dimension == bindparam("dimension"),
        _tallies.c.subject.in_(bindparam("subjects", expanding=True)),
        _tallies.c.matter == bindparam("matter"),
        or_(
            _tallies.c.day == STANDING_DAY,
            _tallies.c.day.between(bindparam("first_day"), bindparam("last_day")),
        ),
    )
    .group_by(_tallies.c.subject)
)


async def read(
    session: Session,
    realm: Realm,
    dimension: str,
    subjects: Sequence[str],
    *,
    matter: str = "",
    first_day: date,
    last_day: date,
) -> dict[str, dict[str, int]]:
    """Sums of every measure by subject: flows of the period, open cases as they stand now."""
    asked = {
        "realm": realm,
        "dimension": dimension,
        "subjects": list(subjects),
        "matter": matter,
        "first_day": first_day,
        "last_day": last_day,
    }
    zero = dict.fromkeys(MEASURES, 0)
    found = {
        row.subject: {measure: int(getattr(row, measure)) for measure in MEASURES}
        for row in await session.execute(_SUMS, asked)
    }
    return {subject: found.get(subject, zero) for subject in subjects}


async def due_by_division(
    session: Session, realm: Realm, paths: Sequence[str], now: datetime, matter_id: int | None = None
) -> dict[str, Due]:
    """Running clocks near due and overdue below each path: counts over the index of open cases by due time."""
    clauses = [cases.c.realm == realm, cases.c.clock_runs, cases.c.near_due_at <= now]
    if matter_id is not None:
        clauses.append(cases.c.matter_id == matter_id)
    total, late = _due_counts(now)
    if len(paths) == 1:
        clauses.append(under(_place, paths[0]))
        row = (await session.execute(select(total, late).where(and_(*clauses)))).one()
        overdue = int(row[1] or 0)
        return {paths[0]: Due(int(row[0]) - overdue, overdue)}
    common = _common_path(paths)
    if common:
        clauses.append(under(_place, common))
    rows = await session.execute(
        select(cases.c.division_path, total, late).where(and_(*clauses)).group_by(cases.c.division_path)
    )
    near: Counter[str] = Counter()
    over: Counter[str] = Counter()
    wanted = set(paths)
    for place, counted, overdue in rows:
        for path in _prefixes(place):
            if path in wanted:
                near[path] += counted - overdue
                over[path] += overdue
    return {path: Due(near[path], over[path]) for path in paths}


async def due_by(session: Session, realm: Realm, column: Any, values: Sequence[int], now: datetime) -> dict[str, Due]:
    """Near due and overdue by the value of one column of the case, keyed as the tallies are."""
    return await _due_grouped(
        session, realm, select(column, *_due_counts(now)).where(column.in_(values)), values, now
    )


async def due_by_provider(session: Session, realm: Realm, providers: Sequence[int], now: datetime) -> dict[str, Due]:
    column = work_orders.c.service_provider_id
    seen = select(column, work_orders.c.case_id).where(column.in_(providers), work_orders.c.is_visible).distinct()
    orders = seen.subquery()
    statement = select(orders.c.service_provider_id, *_due_counts(now)).join(cases, cases.c.id == orders.c.case_id)
    return await _due_grouped(session, realm, statement, providers, now)


_place = cases.c.division_path.concat("")  # found by the index of due times, not by place


def _due_counts(now: datetime) -> tuple[Any, Any]:
    return func.count(), func.sum(case((cases.c.due_at < now, 1), else_=0))


async def _due_grouped(
    session: Session, realm: Realm, statement: Any, values: Sequence[int], now: datetime
) -> dict[str, Due]:
    subject = statement.selected_columns[0]
    narrowed = statement.where(cases.c.realm == realm, cases.c.clock_runs, cases.c.near_due_at <= now)
    found = {str(value): Due() for value in values}
    for value, total, overdue in await session.execute(narrowed.group_by(subject)):
        found[str(value)] = Due(total - overdue, overdue)
    return found


def _prefixes(path: str) -> list[str]:
    codes = ancestors(path)
    return ["/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]


def _common_path(paths: Sequence[str]) -> str:
    shared: list[str] = []
    for level in zip(*(ancestors(path) for path in paths), strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/".join(shared) + "/" if shared else ""


async def hold(session: Session) -> None:
    """Keep writers waiting until this transaction ends: a count and the tallies must be of one moment."""
    if session.dialect.name == "postgresql":  # SQLite has one writer anyway
        await session.execute(text("LOCK TABLE tallies IN EXCLUSIVE MODE"))


async def recounted(session: Session) -> Contributions:
    """All tallies computed anew from the cases."""
    total: Contributions = defaultdict(Counter)
    last = 0
    while rows := await all_rows_without_scope(session, last, 1_000):
        for row in rows:
            for key, counts in contributions(row).items():
                total[key].update(counts)
        last = rows[-1].id
    return _without_zeros(total)


async def stored(session: Session) -> Contributions:
    """All tallies as they are kept, without zeros."""
    rows = await session.execute(select(_tallies))
    return _without_zeros(
        {Key(*(getattr(row, name) for name in KEYS)): Counter({m: getattr(row, m) for m in MEASURES}) for row in rows}
    )


async def rebuild(session: Session, counted: Mapping[Key, Counter[str]]) -> None:
    """Replace every tally by `counted`."""
    await session.execute(delete(_tallies))
    await apply(session, dict(counted))
