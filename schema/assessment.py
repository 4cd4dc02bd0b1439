"""Assessments: scores with all that they are made of, the quadrant of a division, schemes and publications."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from db import schemes, tallies
from db.scope import ScopeKind
from db.vocabulary import DivisionLevel
from db.vocabulary.assessment import AssessedKind, IndicatorCode, ScoreMethod
from resolvers import assessing, publishing, scoring
from resolvers.assessing import Assessed
from resolvers.measuring import Period
from resolvers.scoring import Part
from schema import connection, filters, ids
from schema.connection import PageInfo
from schema.context import Ask
from schema.indicators import AssessmentSubject, Exclusion, IndicatorQuery, Of, exclusions, subject_of
from schema.metrics import MetricsPeriod, Rate
from schema.places import Division
from schema.scalars import PageCursor
from schema.shown import Shown, own

ByScheme = Annotated[str, strawberry.argument(description="Code of the scheme, e.g. JIANGSU_DUAL.")]
AtLevel = Annotated[
    DivisionLevel | None, strawberry.argument(description="Level to compare; the next one below where left out.")
]


async def _division(info: Ask, id_: strawberry.ID | None) -> Any | None:
    """The division named, or the viewer's widest; None where it is not there."""
    if id_ is not None:
        return await info.context.loaders.division.load(ids.code(id_, "Division") or "")
    held = [grant.value for grant in info.context.viewer.grants if grant.kind is ScopeKind.DIVISION]
    if not held:
        return None
    widest = min(held, key=lambda path: (len(path), path))
    return await info.context.loaders.division.load(tallies.ancestors(widest)[-1])


@strawberry.type(description="A component of a score, with all that it was made from.")
class AssessmentPart:
    part: strawberry.Private[Part]

    @strawberry.field(description="Which indicator.")
    def indicator(self) -> IndicatorCode:
        return self.part.indicator

    @strawberry.field(description="Chinese name of the indicator.")
    def name(self) -> str:
        return self.part.indicator.label

    @strawberry.field(description="Its value, in the indicator's unit; null when the denominator is 0.")
    def value(self) -> float | None:
        return self.part.value

    @strawberry.field(description="Cases that count.")
    def numerator(self) -> int:
        return self.part.numerator

    @strawberry.field(description="Cases, residents or grids they are measured against.")
    def denominator(self) -> int:
        return self.part.denominator

    @strawberry.field(description="Cases left out, by reason; at most ten.")
    def excluded(self) -> list[Exclusion]:
        return exclusions(self.part.excluded)

    @strawberry.field(description="How the value becomes a score.")
    def method(self) -> ScoreMethod:
        return self.part.method

    @strawberry.field(description="Value of the peers that earns the full score; null for other methods.")
    def peers_cap(self) -> float | None:
        return self.part.peers_cap

    @strawberry.field(description="0 to 100, two decimals; null without a value: the other weights then count alone.")
    def score(self) -> float | None:
        return self.part.score

    @strawberry.field(description="Percent of the whole.")
    def weight(self) -> int:
        return self.part.weight


@strawberry.type(description="The counts first: what was found, what was left out as found, what was solved.")
class AssessmentRawCounts:
    submitted_by_staff: int = strawberry.field(description="All that staff handed in.")
    discovery_count: int = strawberry.field(description="问题发现数: what is left without the three below.")
    duplicates: int = strawberry.field(description="Merged into another case.")
    suspected_splits: int = strawberry.field(description="疑似拆分: parts of a problem handed in in pieces.")
    invalid: int = strawberry.field(description="Nothing there, not ours, withdrawn or void.")
    submitted: int = strawberry.field(description="上报数: handed in by anybody.")
    registered: int = strawberry.field(description="立案数: registered.")
    problems_due: int = strawberry.field(description="Closed or due, without those left out.")
    declared_resolved: int = strawberry.field(description="Of these, closed as resolved.")
    confirmed_answered: int = strawberry.field(description="Of these, judged by their submitter.")
    confirmed_resolved: int = strawberry.field(description="Of these, called solved.")
    unanswered: int = strawberry.field(description="Closed or due, not judged yet.")


@strawberry.type(
    description="考核: one subject scored by a scheme, each indicator against what it counts. Published periods "
    "never change; others are as of `asOf`."
)
class Assessment:
    found: strawberry.Private[scoring.Assessment]

    @strawberry.field(description="Whom it is about.")
    def subject(self) -> AssessmentSubject:
        return AssessmentSubject(subject=self.found.subject)

    @strawberry.field(description="Days it covers.")
    def period(self) -> MetricsPeriod:
        return MetricsPeriod(from_=self.found.period.first, to=self.found.period.last)

    @strawberry.field(description="Code of the scheme.")
    def scheme(self) -> str:
        return self.found.scheme

    @strawberry.field(description="Version of the scheme: the one that holds on the period's first day.")
    def version(self) -> int:
        return self.found.version

    @strawberry.field(description="When the cases were counted.")
    def as_of(self) -> datetime:
        return self.found.as_of

    @strawberry.field(
        description="0 to 100, two decimals: the weighted mean of the components that have a score; "
        "null where none has."
    )
    def score(self) -> float | None:
        return self.found.score

    @strawberry.field(description="Band of the scheme; null without a score.")
    def band(self) -> str | None:
        return self.found.band

    @strawberry.field(description="What the score is made of; as many as the scheme has, at most ten or so.")
    def components(self) -> list[AssessmentPart]:
        return [AssessmentPart(part=part) for part in self.found.parts]

    @strawberry.field(description="The counts behind it.")
    def raw_counts(self) -> AssessmentRawCounts:
        return AssessmentRawCounts(**asdict(self.found.raw))

    @strawberry.field(description="声明解决率: as the units declare. Never mixed with the confirmed rate.")
    def declared_resolution_rate(self) -> Rate:
        return Rate(numerator=self.found.raw.declared_resolved, denominator=self.found.raw.problems_due)

    @strawberry.field(description="认可解决率: as the submitters say, of those who answered.")
    def confirmed_resolution_rate(self) -> Rate:
        return Rate(numerator=self.found.raw.confirmed_resolved, denominator=self.found.raw.confirmed_answered)

    @strawberry.field(description="Whether the period was published for this subject: then nothing moves it.")
    def is_published(self) -> bool:
        return self.found.published_at is not None

    @strawberry.field(description="When it was published; null before.")
    def published_at(self) -> datetime | None:
        return self.found.published_at


@strawberry.type(description="A division on the quadrant of discovery and resolution.")
class AssessmentDot:
    assessment: Assessment = strawberry.field(description="All behind the dot.")
    discovery_count: int = strawberry.field(description="x: 问题发现数.")
    resolution_percent: float | None = strawberry.field(
        description="y: 声明解决率, x100, two decimals; null where nothing was due."
    )
    suspected_underreporting: bool = strawberry.field(
        description="疑似漏报: finds less than the median and solves no less than the median of those beside it."
    )
    has_suspected_splits: bool = strawberry.field(description="疑似拆分: some of what it handed in came in pieces.")


@strawberry.type(description="Divisions of one level beside each other: discovery against resolution.")
class AssessmentBoard:
    period: MetricsPeriod = strawberry.field(description="Days it covers.")
    scheme: str = strawberry.field(description="Code of the scheme.")
    median_discovery_count: float | None = strawberry.field(description="Median of x; null without divisions.")
    median_resolution_percent: float | None = strawberry.field(description="Median of y; null where none has one.")
    dots: list[AssessmentDot] = strawberry.field(description="In order of code; unpaged, at most 500.")


@strawberry.type(description="A band of a scheme.")
class AssessmentBand:
    name: str = strawberry.field(description="Name, e.g. A.")
    least_score: int = strawberry.field(description="Least score that reaches it.")


@strawberry.type(description="A component of a scheme.")
class AssessmentSchemeComponent:
    subject: AssessedKind = strawberry.field(description="For which kind of subject.")
    indicator: IndicatorCode = strawberry.field(description="Which indicator.")
    weight: int = strawberry.field(description="Percent of the whole.")
    method: ScoreMethod = strawberry.field(description="How its value becomes a score.")
    evidence: str = strawberry.field(description="Where it comes from: [C] seen, [K] to be confirmed, [D] our own.")


@strawberry.type(description="考核方案: one version of a scheme.")
class AssessmentScheme:
    code: str = strawberry.field(description="Code; the same for all versions.")
    version: int = strawberry.field(description="Version.")
    name: str = strawberry.field(description="Chinese name.")
    valid_from: date = strawberry.field(description="It holds for periods that begin on or after this local day.")
    bands: list[AssessmentBand] = strawberry.field(description="Best first; at most ten or so.")
    components: list[AssessmentSchemeComponent] = strawberry.field(description="For each kind of subject; some 20.")
    evidence: str = strawberry.field(description="Where it comes from.")


def scheme_of(found: schemes.Scheme) -> AssessmentScheme:
    return AssessmentScheme(
        code=found.code,
        version=found.version,
        name=found.name,
        valid_from=found.valid_from,
        bands=[AssessmentBand(name=name, least_score=least) for name, least in found.bands],
        components=[
            AssessmentSchemeComponent(
                subject=kind, indicator=one.indicator, weight=one.weight, method=one.method, evidence=one.evidence
            )
            for kind, one in found.components
        ],
        evidence=found.evidence,
    )


@strawberry.type(description="A period that a division has published.")
class AssessmentPublication(Shown):
    row: strawberry.Private[Any]

    scheme_code: str = own("Code of the scheme.")
    scheme_version: int = own("Version of the scheme.")
    results: int = own("How many subjects were assessed.")
    published_at: datetime = own("When it was published.")

    @strawberry.field(description="The division that published it, with everything below.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="Days it covers.")
    def period(self) -> MetricsPeriod:
        return MetricsPeriod(from_=self.row.first_day, to=self.row.last_day)


@strawberry.type(description="A publication in a list.")
class AssessmentPublicationEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: AssessmentPublication = strawberry.field(description="The publication.")


@strawberry.type(description="A page of publications.")
class AssessmentPublicationConnection:
    edges: list[AssessmentPublicationEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


def board_of(found: publishing.Board, scheme: str) -> AssessmentBoard:
    return AssessmentBoard(
        period=MetricsPeriod(from_=found.period.first, to=found.period.last),
        scheme=scheme,
        median_discovery_count=found.median_found,
        median_resolution_percent=found.median_solved,
        dots=[
            AssessmentDot(
                assessment=Assessment(found=one),
                discovery_count=one.dot.found,
                resolution_percent=one.dot.solved,
                suspected_underreporting=suspected,
                has_suspected_splits=one.raw.suspected_splits > 0,
            )
            for one, suspected in zip(found.assessments, found.suspected, strict=True)
        ],
    )


@strawberry.type(description="Questions about assessments.")
class AssessmentQuery(IndicatorQuery):
    @strawberry.field(
        description="One subject assessed by a scheme over a period; null where it is not there, the viewer may not "
        "read it, or no version of the scheme assesses such a subject then."
    )
    async def assessment(
        self, info: Ask, subject: Of, scheme: ByScheme, from_: filters.From = None, to: filters.To = None
    ) -> Assessment | None:
        context = info.context
        now = context.clock()
        period = Period.of(from_, to, now)
        asked = await subject_of(info, subject)
        if asked is None:
            return None
        found = await publishing.assessment_of(context.db, context.viewer.realm, asked, period, scheme, now)
        return None if found is None else Assessment(found=found)

    @strawberry.field(
        description="The divisions below one (the viewer's own where none is named) beside each other; null where "
        "the viewer may not read it."
    )
    async def assessments(
        self,
        info: Ask,
        scheme: ByScheme,
        division: filters.Of = None,
        level: AtLevel = None,
        from_: filters.From = None,
        to: filters.To = None,
    ) -> AssessmentBoard | None:
        context = info.context
        now = context.clock()
        period = Period.of(from_, to, now)
        row = await _division(info, division)
        subject = None if row is None else Assessed(AssessedKind.DIVISION, row.code, row.path)
        if row is None or subject is None or not assessing.may_read(context.viewer.scope, subject):
            return None
        found = await publishing.board_of(context.db, context.viewer.realm, row, level, period, scheme, now)
        return board_of(found, scheme)

    @strawberry.field(description="Every version of every scheme, by code, newest first; unpaged, some dozen.")
    async def assessment_schemes(self, info: Ask) -> list[AssessmentScheme]:
        async with info.context.db.read() as session:
            return [scheme_of(one) for one in await schemes.all_schemes(session)]

    @strawberry.field(description="What was published of the viewer's divisions, or of one of them, newest first.")
    async def assessment_publications(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> AssessmentPublicationConnection:
        context = info.context
        size = connection.page_size(first)
        before_id = connection.id_after(after, "publication")
        row = None if division is None else await _division(info, division)
        path = None if division is None else "" if row is None else row.path
        rows = await publishing.publications_for(
            context.db, context.viewer.scope, path, first=size + 1, before_id=before_id
        )
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("publication", one.id) for one in page.rows]
        return AssessmentPublicationConnection(
            edges=[
                AssessmentPublicationEdge(cursor=cursor, node=AssessmentPublication(row=one))
                for cursor, one in zip(cursors, page.rows, strict=True)
            ],
            page_info=connection.page_info(cursors, has_next=page.has_next, after=after),
        )
