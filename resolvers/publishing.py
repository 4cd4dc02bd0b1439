"""Assessments as they are read, and periods that are published: from then on neither rows nor schemes move them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from db import catalogue, places, publications, schemes
from db.clock import local_day
from db.database import Database, Session
from db.scope import Scope, ScopeKind
from db.vocabulary import DivisionLevel, Realm, Role
from db.vocabulary.assessment import AssessedKind, ExclusionReason, IndicatorCode, ScoreMethod
from resolvers import once, scoring
from resolvers.assessing import Assessed, may_read
from resolvers.call import Call, not_found
from resolvers.measuring import Period
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.assessment import is_suspected, medians
from resolvers.scoring import Assessment, Part, Raw, Terms

BOARD_MOST = 500  # subjects on one quadrant; beyond that nobody tells the dots apart
GRIDS_BELOW = frozenset({DivisionLevel.COUNTY, DivisionLevel.TOWNSHIP, DivisionLevel.COMMUNITY})
"""Who publishes grids and workers too: a prefecture has tens of thousands of them, and its counties publish them."""


class Board:
    """The children of a division beside each other."""

    def __init__(self, period: Period, assessments: Sequence[Assessment]) -> None:
        self.period = period
        self.assessments = assessments
        dots = [one.dot for one in assessments]
        self.median_found, self.median_solved = medians(dots)
        self.suspected = [is_suspected(dot, self.median_found, self.median_solved) for dot in dots]


async def assessment_of(
    db: Database, realm: Realm, subject: Assessed, period: Period, scheme: str, now: datetime
) -> Assessment | None:
    """As published, or as the rows stand now; None where no version of the scheme assesses such a subject then."""
    async with db.snapshot() as session:
        identity = [(subject.key, subject.path)]
        frozen = await publications.results(session, realm, scheme, period.first, period.last, subject.kind, identity)
        if frozen:
            return _thawed(next(iter(frozen.values())), period)
        terms = await _terms(session, realm, scheme, period, now)
        group = None if terms is None else await scoring.group_of(session, subject, terms)
        if terms is None or group is None:
            return None
        found = await scoring.assess(session, group, terms)
    return next((one for one in found if one.subject.key == subject.key), None)


async def board_of(
    db: Database,
    realm: Realm,
    division: places.DivisionRow,
    level: DivisionLevel | None,
    period: Period,
    scheme: str,
    now: datetime,
) -> Board:
    """Divisions of a level below (the next one where none is named), each as published or as it stands now."""
    wanted = level or _next(division.level)
    async with db.snapshot() as session:
        rows = [] if wanted is None else await places.divisions_below(session, division.path, wanted)
        if len(rows) > BOARD_MOST:
            raise Refusal(Code.BAD_USER_INPUT, detail=f"level: {len(rows)} divisions; ask for at most {BOARD_MOST}")
        terms = await _terms(session, realm, scheme, period, now)
        if terms is None or not rows:
            return Board(period, [])
        identities = [(row.code, row.path) for row in rows]
        frozen = await publications.results(
            session, realm, scheme, period.first, period.last, AssessedKind.DIVISION, identities
        )
        found: list[Assessment] = []
        if len(frozen) < len(rows):
            for group in await scoring.groups_of_divisions(session, division.path, rows, terms):
                found += await scoring.assess(session, group, terms)
    now_standing = {(one.subject.key, one.subject.path): one for one in found}
    now_standing |= {key: _thawed(row, period) for key, row in frozen.items()}
    return Board(period, [now_standing[key] for key in identities if key in now_standing])


async def publish(db: Database, call: Call, division_code: str, period: Period, scheme: str) -> Result:
    """Freeze a period of a division and everything below it.

    The figures are counted in one snapshot before the writing begins: nobody waits for a prefecture to be counted.
    """
    if Role.COMMANDER not in call.viewer.roles:
        raise Refusal(Code.FORBIDDEN, action="公布考核", action_name="ASSESSMENT_PUBLISH")
    division, version, found = await _counted(db, call, division_code, period, scheme)

    async def work(session: Session) -> Result:
        values = {
            "realm": call.viewer.realm,
            "division_code": division.code,
            "division_path": division.path,
            "scheme_code": scheme,
            "scheme_version": version,
            "first_day": period.first,
            "last_day": period.last,
            "results": len(found),
            "published_by": call.viewer.principal,
            "published_at": call.now,
        }
        publication_id = await publications.add(session, values)
        if publication_id is None:
            before = await publications.publication(
                session, call.viewer.realm, division.code, scheme, period.first, period.last
            )
            day = local_day(before.published_at) if before is not None else local_day(call.now)
            raise Refusal(Code.ALREADY_PUBLISHED, division=division.name, day=day.isoformat())
        same = {"publication_id": publication_id} | {
            name: values[name] for name in ("realm", "scheme_code", "first_day", "last_day")
        }
        await publications.add_results(session, [same | _frozen(one) for one in found])
        result = Result(0, 0, object_id=publication_id)
        await once.settle(session, call, result)
        return result

    return await once.once(db, call, work)


async def _counted(
    db: Database, call: Call, division_code: str, period: Period, scheme: str
) -> tuple[places.DivisionRow, int, list[Assessment]]:
    async with db.snapshot() as session:
        division = await places.division(session, division_code)
        if division is None or not _commands(call.viewer.scope, division.path):
            raise not_found(call, "division", "该行政区划", "The division")
        if period.last >= local_day(call.now):
            raise Refusal(Code.PERIOD_NOT_OVER, field=["to"], day=period.last.isoformat())
        terms = await _terms(session, call.viewer.realm, scheme, period, call.now)
        if terms is None:
            raise not_found(call, "scheme", "该考核方案", "The scheme")
        found: list[Assessment] = []
        for group in await _groups(session, division, terms):
            found += await scoring.assess(session, group, terms)
    return division, terms.scheme.version, [one for one in found if one.subject.path.startswith(division.path)]


async def _groups(session: Session, division: places.DivisionRow, terms: Terms) -> list[scoring.Group]:
    """Itself among its siblings, every division and department below; from the county down, grids and workers."""
    own = await scoring.group_of(
        session, Assessed(AssessedKind.DIVISION, division.code, division.path, row=division), terms
    )
    below = await places.divisions_below(session, division.path)
    departments = await catalogue.departments_below(session, division.path)
    groups = [own] if own is not None else []
    groups += await scoring.groups_of_divisions(session, division.path, below, terms)
    if departments:
        groups.append(scoring.group_of_departments(departments))
    if division.level in GRIDS_BELOW:
        groups.append(await scoring.group_of_grids(session, scoring.county_of(division.path), terms))
    if division.level is DivisionLevel.COUNTY:
        groups.append(scoring.group_of_workers(division.path))
    return groups


async def _terms(session: Session, realm: Realm, code: str, period: Period, now: datetime) -> Terms | None:
    scheme = await schemes.scheme_on(session, code, period.first)
    if scheme is None:
        return None
    return Terms(realm, scheme, await schemes.rules_on(session, period.first), period, now)


def _commands(scope: Scope, path: str) -> bool:
    return any(
        grant.role is Role.COMMANDER and grant.kind is ScopeKind.DIVISION and path.startswith(grant.value)
        for grant in scope.grants
    )


def _next(level: DivisionLevel) -> DivisionLevel | None:
    levels = list(DivisionLevel)
    below = levels.index(level) + 1
    return levels[below] if below < len(levels) else None


# -- what is kept of an assessment


def _frozen(one: Assessment) -> dict[str, Any]:
    content = {
        "version": one.version,
        "as_of": one.as_of.isoformat(),
        "score": one.score,
        "band": one.band,
        "raw": asdict(one.raw),
        "parts": [
            asdict(part) | {"excluded": {reason.value: number for reason, number in part.excluded.items()}}
            for part in one.parts
        ],
    }
    subject = one.subject
    return {"kind": subject.kind, "subject_key": subject.key, "subject_path": subject.path, "content": content}


def _thawed(row: Any, period: Period) -> Assessment:
    content = row.content
    return Assessment(
        subject=Assessed(row.kind, row.subject_key, row.subject_path),
        period=period,
        scheme=row.scheme_code,
        version=content["version"],
        as_of=datetime.fromisoformat(content["as_of"]),
        score=content["score"],
        band=content["band"],
        parts=tuple(_part(part) for part in content["parts"]),
        raw=Raw(**content["raw"]),
        published_at=row.published_at,
    )


def _part(kept: dict[str, Any]) -> Part:
    words = {
        "indicator": IndicatorCode[kept["indicator"]],
        "method": ScoreMethod[kept["method"]],
        "excluded": {ExclusionReason[reason]: number for reason, number in kept["excluded"].items()},
    }
    return Part(**{**kept, **words})


async def publications_for(
    db: Database, scope: Scope, path: str | None, *, first: int, before_id: int | None
) -> list[Any]:
    """What was published of the viewer's divisions, or of one of them and below, newest first."""
    paths = sorted({grant.value for grant in scope.grants if grant.kind is ScopeKind.DIVISION})
    if path is not None:
        subject = Assessed(AssessedKind.DIVISION, path.rstrip("/").rpartition("/")[2], path)
        paths = [path] if may_read(scope, subject) else []
    async with db.read() as session:
        return await publications.page(session, scope.realm, paths, first=first, before_id=before_id)
