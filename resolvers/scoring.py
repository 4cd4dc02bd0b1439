"""Assessments: subjects that are counted together, scored by a scheme, each against its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db import assessment, catalogue, places, schemes
from db.assessment import Count, Grouping, Place
from db.database import Session
from db.schemes import Component, Rules, Scheme, Size
from db.vocabulary import DivisionLevel, Realm
from db.vocabulary.assessment import AssessedKind, ExclusionReason, IndicatorCode, ScoreMethod
from resolvers.assessing import COUNTED_AS, Assessed, measured, question_of
from resolvers.measuring import Period
from resolvers.rules.assessment import Dot, Scored, band, cap, score, total, unit_of, value_of

ALWAYS_COUNTED = (
    IndicatorCode.DISCOVERY_COUNT,
    IndicatorCode.VALID_SUBMISSION_RATE,
    IndicatorCode.DECLARED_RESOLUTION_RATE,
    IndicatorCode.CONFIRMED_RESOLUTION_RATE,
    IndicatorCode.REGISTRATION_RATE,
)
"""What the raw counts beside every score are made of."""


NO_SIZE = Size()


@dataclass(frozen=True, slots=True)
class Member:
    """One subject of a group. Peers are compared with each other."""

    key: str  # division code, id as text, or account
    path: str
    peers: str
    size: Size = NO_SIZE


@dataclass(frozen=True, slots=True)
class Group:
    """Subjects that are counted in one statement for each indicator. Workers are found by counting."""

    kind: AssessedKind
    place: Place
    subject: Any  # the expression that tells them apart; None for workers, whom each indicator finds its own way
    members: Mapping[str, Member]  # by the expression's value


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a score, with all that it was made from."""

    indicator: IndicatorCode
    method: ScoreMethod
    weight: int
    value: float | None
    numerator: int
    denominator: int
    score: float | None
    peers_cap: float | None = None
    excluded: Mapping[ExclusionReason, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """The counts first, the scheme second."""

    submitted_by_staff: int
    discovery_count: int
    duplicates: int
    suspected_splits: int
    invalid: int  # nothing there, not ours, withdrawn or void
    submitted: int
    registered: int
    problems_due: int
    declared_resolved: int
    confirmed_answered: int
    confirmed_resolved: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Assessment:
    subject: Assessed
    period: Period
    scheme: str
    version: int
    as_of: datetime
    score: float | None
    band: str | None
    parts: tuple[Part, ...]
    raw: Raw
    published_at: datetime | None = None

    @property
    def dot(self) -> Dot:
        """Its place on the quadrant: what it found, and the declared resolution."""
        raw = self.raw
        unit = unit_of(IndicatorCode.DECLARED_RESOLUTION_RATE)
        return Dot(raw.discovery_count, value_of(unit, raw.declared_resolved, raw.problems_due))


@dataclass(frozen=True, slots=True)
class Terms:
    """By what is assessed: all of one moment."""

    realm: Realm
    scheme: Scheme
    rules: Rules
    period: Period
    now: datetime


# -- groups


async def group_of(session: Session, subject: Assessed, terms: Terms) -> Group | None:
    """The subject among its peers; None where there is nothing to compare, as for somebody who never worked here."""
    match subject.kind:
        case AssessedKind.DIVISION:
            parent = _parent(subject.path)
            siblings = await places.divisions_below(session, parent, _level(subject.path)) if parent else []
            return (await groups_of_divisions(session, parent or subject.path, siblings or [subject.row], terms))[0]
        case AssessedKind.GRID:
            return await group_of_grids(session, county_of(subject.path), terms)
        case AssessedKind.DEPARTMENT:
            return group_of_departments([subject.row])
    return group_of_workers(subject.path) if subject.path else None


async def groups_of_divisions(
    session: Session, root: str, rows: Sequence[places.DivisionRow], terms: Terms
) -> list[Group]:
    """One group for each length of path; peers have the same parent."""
    groups = []
    for length in sorted({len(row.path) for row in rows}):
        sizes = await schemes.sizes_below(session, root, length, terms.rules)
        members = {
            row.path: Member(row.code, row.path, row.parent_code or "", sizes.get(row.path, Size()))
            for row in rows
            if len(row.path) == length
        }
        place = Place(AssessedKind.DIVISION, root)
        groups.append(Group(AssessedKind.DIVISION, place, Grouping.children(length), members))
    return groups


async def group_of_grids(session: Session, root: str, terms: Terms) -> Group:
    """Peers are the grids of the same kind in the county."""
    rows = await schemes.grids_below(session, root, terms.rules)
    members = {
        str(row.id): Member(str(row.id), row.path, f"{county_of(row.path)}{row.kind}", Size(1, row.residents))
        for row in rows
    }
    return Group(AssessedKind.GRID, Place(AssessedKind.DIVISION, root), Grouping.GRID, members)


def group_of_departments(rows: Sequence[catalogue.DepartmentRow]) -> Group:
    members = {str(row.id): Member(str(row.id), row.path, str(row.id)) for row in rows}
    place = Place(AssessedKind.DEPARTMENT, departments=tuple(row.id for row in rows))
    return Group(AssessedKind.DEPARTMENT, place, Grouping.DEPARTMENT, members)


def group_of_workers(county: str) -> Group:
    """Who handed in, verified or checked something there in the period; peers have the same role."""
    place = Place(AssessedKind.DIVISION, county, is_staff_only=True)
    return Group(AssessedKind.WORKER, place, None, {})


# -- scores


async def assess(session: Session, group: Group, terms: Terms) -> list[Assessment]:
    """Every member of a group, in order of key; empty where the scheme has nothing for its kind."""
    components = terms.scheme.of(group.kind)
    if not components:
        return []
    codes = {*ALWAYS_COUNTED, *(COUNTED_AS.get(one.indicator, one.indicator) for one in components)}
    counts: dict[IndicatorCode, dict[str, Count]] = {}
    for code in sorted(codes):
        question = question_of(code, terms.period, terms.rules)
        subject = Grouping.worker(code) if group.kind is AssessedKind.WORKER else group.subject
        counts[code] = await assessment.count_by(session, terms.realm, question, group.place, subject)
    members = group.members if group.kind is not AssessedKind.WORKER else _workers(group, counts)
    caps = _caps(components, members, counts, terms.rules)
    return [
        _assessment(group.kind, key, member, components, counts, caps, terms)
        for key, member in sorted(members.items())
    ]


def _workers(group: Group, counts: Mapping[IndicatorCode, Mapping[str, Count]]) -> dict[str, Member]:
    found = {key for by_key in counts.values() for key in by_key}
    return {key: Member(key.partition("|")[2], group.place.value, key.partition("|")[0]) for key in found}


def _figures(
    code: IndicatorCode, key: str, size: Size, counts: Mapping[IndicatorCode, Mapping[str, Count]]
) -> tuple[int, int, Count]:
    count = counts[COUNTED_AS.get(code, code)].get(key, Count())
    numerator, denominator = measured(code, count, size)
    return numerator, denominator, count


def _caps(
    components: Sequence[Component],
    members: Mapping[str, Member],
    counts: Mapping[IndicatorCode, Mapping[str, Count]],
    rules: Rules,
) -> dict[tuple[IndicatorCode, str], float | None]:
    """What each circle of peers has to reach for the full score, by indicator."""
    caps: dict[tuple[IndicatorCode, str], float | None] = {}
    for component in components:
        if component.method is not ScoreMethod.PEERS:
            continue
        values: dict[str, list[float]] = {}
        for key, member in members.items():
            numerator, denominator, _ = _figures(component.indicator, key, member.size, counts)
            value = value_of(unit_of(component.indicator), numerator, denominator)
            if value is not None:
                values.setdefault(member.peers, []).append(value)
        caps |= {(component.indicator, peers): cap(some, rules.cap_percentile) for peers, some in values.items()}
    return caps


def _assessment(
    kind: AssessedKind,
    key: str,
    member: Member,
    components: Sequence[Component],
    counts: Mapping[IndicatorCode, Mapping[str, Count]],
    caps: Mapping[tuple[IndicatorCode, str], float | None],
    terms: Terms,
) -> Assessment:
    valid = counts[IndicatorCode.VALID_SUBMISSION_RATE].get(key, Count())
    valid_rate = value_of(unit_of(IndicatorCode.VALID_SUBMISSION_RATE), valid.numerator, valid.denominator)
    parts = []
    for one in components:
        numerator, denominator, count = _figures(one.indicator, key, member.size, counts)
        value = value_of(unit_of(one.indicator), numerator, denominator)
        peers_cap = caps.get((one.indicator, member.peers)) if one.method is ScoreMethod.PEERS else None
        points = score(one.method, value, steps=one.steps, peers_cap=peers_cap, valid_rate=valid_rate)
        parts.append(
            Part(
                one.indicator,
                one.method,
                one.weight,
                value,
                numerator,
                denominator,
                points,
                peers_cap,
                count.excluded,
            )
        )
    points = total([Scored(part.weight, part.score) for part in parts])
    return Assessment(
        subject=Assessed(kind, member.key, member.path),
        period=terms.period,
        scheme=terms.scheme.code,
        version=terms.scheme.version,
        as_of=terms.now,
        score=points,
        band=band(points, terms.scheme.bands),
        parts=tuple(parts),
        raw=_raw(key, counts),
    )


def _raw(key: str, counts: Mapping[IndicatorCode, Mapping[str, Count]]) -> Raw:
    def of(code: IndicatorCode) -> Count:
        return counts[code].get(key, Count())

    found, due = of(IndicatorCode.DISCOVERY_COUNT), of(IndicatorCode.DECLARED_RESOLUTION_RATE)
    confirmed, registration = of(IndicatorCode.CONFIRMED_RESOLUTION_RATE), of(IndicatorCode.REGISTRATION_RATE)
    duplicates = found.excluded.get(ExclusionReason.DUPLICATE, 0)
    splits = found.excluded.get(ExclusionReason.SPLIT, 0)
    return Raw(
        submitted_by_staff=found.denominator + sum(found.excluded.values()),
        discovery_count=found.numerator,
        duplicates=duplicates,
        suspected_splits=splits,
        invalid=sum(found.excluded.values()) - duplicates - splits,
        submitted=registration.denominator,
        registered=registration.numerator,
        problems_due=due.denominator,
        declared_resolved=due.numerator,
        confirmed_answered=confirmed.denominator,
        confirmed_resolved=confirmed.numerator,
        unanswered=confirmed.excluded.get(ExclusionReason.UNANSWERED, 0),
    )


def _parent(path: str) -> str:
    above = path.rstrip("/").rpartition("/")[0]
    return f"{above}/" if above else ""


def county_of(path: str) -> str:
    return "/".join(path.rstrip("/").split("/")[: assessment.COUNTY_DEPTH]) + "/"


def _level(path: str) -> DivisionLevel:
    return list(DivisionLevel)[path.count("/") - 1]
