"""断环: the leader looks at cases whose time for a look has come, names each break of the loop once, and sees it
repaired.

No look scans the open cases. Every change of state gives a case a moment for a look (`cases.watch_at`): at once after
what may be a contradiction, else a little later; each look gives it the next moment at which time alone could make it
a break. So a look reads a range of an index, a batch of it at most, and a healthy case is read a few times in all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog

from db import breaks, cases, journal, leases, rulings, tallies
from db.breaks import BreakRow
from db.cases import CaseRow
from db.database import Database, Session
from db.journal import Entry, notice
from db.leases import Fenced
from db.vocabulary import CaseStage, CaseState, ClockKind, LimitUnit, Priority, Realm, Role, SubjectKind
from db.vocabulary.breaks import BreakKind
from resolvers.measuring import Period, Subject, may_measure
from resolvers.rules import breaks as rules
from resolvers.rules import clocks as clock_rules
from resolvers.rules import deadlines
from resolvers.rules.breaks import Around, Finding
from resolvers.rules.clocks import Limit
from resolvers.rules.rounding import percent
from resolvers.timers import Lead
from resolvers.timetables import Timetable, timetable
from resolvers.viewer import Viewer

LOOKED_AT_ONCE = 200
REPAIRS_AT_ONCE = 200
NORMS_MINUTES = 10  # so old medians may be
NORMS_DAYS = 30
NORMS_SAMPLE = 10_000  # newest steps, and newest stopped clocks, that medians are taken of

log = structlog.get_logger("gridcast.breaks")

Norms = Mapping[tuple[Realm, str, CaseStage], tuple[int, int]]


async def detect(lead: Lead) -> int:
    """Name new breaks and see others repaired, a batch of each: a duty of SYSTEM."""
    try:
        return await _find(lead) + await _see_repaired(lead)
    except Fenced:
        raise
    except Exception:  # what fails here holds up no other duty
        log.exception("breaks.failed")
        return 0


# -- finding


async def _find(lead: Lead) -> int:
    async with lead.db.read() as session:
        due = await breaks.watched_without_scope(session, lead.now, LOOKED_AT_ONCE)
    if not due:
        return 0
    norms = await _norms(lead)
    marks: list[tuple[int, int, datetime | None]] = []
    found: list[tuple[CaseRow, Finding, datetime]] = []
    async with lead.db.read() as session:
        open_kinds = await breaks.open_kinds(session, [case.id for case in due])
        around = await _around(session, due)
        for case in due:
            table = await timetable(session, case.division_path)
            reckoned = None
            if case.stage is not None:
                reckoned = norms.get((case.realm, rules.prefecture(case.division_path), case.stage))
            norm = rules.norm_of(case, reckoned, _limit_of(case, table), table.office)
            verdict = rules.judge(
                case,
                around[case.id],
                norm,
                lead.policy.blocked_times,
                timedelta(minutes=lead.policy.blocked_least_minutes),
                table.office,
                lead.now,
            )
            marks.append((case.id, case.version, verdict.look_at if case.is_open else None))
            finding = verdict.finding
            if case.is_open and finding is not None and not _known(case, finding, open_kinds):
                urgent = case.priority is Priority.URGENT
                limit = table.limit(ClockKind.REPAIR, is_urgent=urgent)
                _, repair_by = deadlines.due(lead.now, limit.value, limit.unit, table.office)
                found.append((case, finding, repair_by))
    async with lead.db.write() as session:
        await leases.check(session, lead.fence)
        await breaks.look_again(session, marks)
        entries = [entry for one in found if (entry := await _add(session, lead.now, *one)) is not None]
        if entries:
            await journal.append(session, entries)
    for case, finding, _ in found:
        log.info("breaks.found", case=cases.number_of(case), kind=finding.kind, cause=finding.cause)
    return len(due)


def _known(case: CaseRow, finding: Finding, open_kinds: set[tuple[int, BreakKind]]) -> bool:
    """Whether it is open already, or a more telling one of the same case is."""
    order = [BreakKind.DIVERGENT, BreakKind.BROKEN, BreakKind.BLOCKED]
    return any((case.id, kind) in open_kinds for kind in order[: order.index(finding.kind) + 1])


async def _add(session: Session, now: datetime, case: CaseRow, finding: Finding, repair_by: datetime) -> Entry | None:
    values = {
        "realm": case.realm,
        "version": 1,
        "case_id": case.id,
        "case_version": case.version,
        "seen_version": case.version,
        "kind": finding.kind,
        "cause": finding.cause,
        "evidence": dict(finding.evidence),
        "division_path": case.division_path,
        "department_id": case.responsible_unit_id,
        "centre_code": case.held_by,
        "found_at": now,
        "repair_by": repair_by,
    }
    break_id = await breaks.add_found(session, values)
    if break_id is None:
        return None
    return _notice(case.realm, break_id, 1, case.id, case.division_path, finding.kind, now)


def _notice(
    realm: Realm, break_id: int, version: int, case_id: int, path: str, kind: BreakKind, now: datetime
) -> Entry:
    columns = {"case_id": case_id, "kind": kind.name, "is_open": version == 1}
    return notice(
        realm, SubjectKind.LOOP_BREAK, break_id, version, path=path, role=Role.SYSTEM, at=now, columns=columns
    )


def _limit_of(case: CaseRow, table: Timetable) -> Limit:
    """What stands for a median: the limit of the link, and of handling the case's own."""
    kind = rules.LIMIT_OF_LINK.get(case.stage)
    if kind is not None:
        return table.limit(kind, is_urgent=case.priority is Priority.URGENT)
    running = (clock for clock in clock_rules.running_clocks(case) if clock.kind is ClockKind.HANDLING)
    return next((clock.limit for clock in running), Limit(5, LimitUnit.WORKING_DAY))


async def _around(session: Session, due: Sequence[CaseRow]) -> dict[int, Around]:
    """What is read beside each case, and only where it may tell something: a statement for all of them."""
    walked = [case.id for case in due if case.stage is CaseStage.HANDLING]
    returned = [case.id for case in due if case.state is CaseState.RETURNED and case.returns > 1]
    disposed = [case.id for case in due if case.dispositions or case.assisting_unit_ids]
    answered = [case.id for case in due if case.responses]
    steps = await cases.steps_by_case(session, walked) if walked else {}
    views = await rulings.views_by_case(session, returned) if returned else {}
    dispositions = await cases.dispositions_by_case(session, disposed) if disposed else {}
    responses = await cases.responses_by_case(session, answered) if answered else {}
    hops = await breaks.hops_by_id(session, [case.hop_id for case in due if case.hop_id is not None])
    return {
        case.id: Around(
            steps=steps.get(case.id, ()),
            views=views.get(case.id, ()),
            dispositions=dispositions.get(case.id, ()),
            responses=responses.get(case.id, ()),
            hop=hops.get(case.hop_id),
        )
        for case in due
    }


# -- what is usual


async def _norms(lead: Lead) -> Norms:
    """Medians of every link and prefecture, reckoned anew when they are old."""
    async with lead.db.read() as session:
        kept = await breaks.norms(session)
    newest = max((row.reckoned_at for row in kept), default=None)
    if newest is None or newest <= lead.now - timedelta(minutes=NORMS_MINUTES):
        return await reckon(lead)
    return {(row.realm, row.division_code, row.stage): (row.median_seconds, row.samples) for row in kept}


async def reckon(lead: Lead) -> Norms:
    """Take the medians of the last days and keep them. A link that nobody passed lately keeps what it had."""
    since = lead.now - timedelta(days=NORMS_DAYS)
    found: dict[tuple[Realm, str, CaseStage], list[float]] = defaultdict(list)
    async with lead.db.read() as session:
        steps = await breaks.latest_steps_without_scope(session, since, NORMS_SAMPLE)
        for _, group in groupby(steps, key=lambda row: row.case_id):
            mine = list(group)
            office = (await timetable(session, mine[0].division_path)).office
            for stage, seconds in rules.dwells(mine, _unit(mine[0]), office):
                found[mine[0].realm, rules.prefecture(mine[0].division_path), stage].append(seconds)
        for row in await breaks.latest_answers_without_scope(session, since, NORMS_SAMPLE):
            office = (await timetable(session, row.division_path)).office
            stood = deadlines.counted_between(row.started_at, row.stopped_at, _unit(row), office)
            stage = breaks.LINK_OF_CLOCK[row.kind]
            found[row.realm, rules.prefecture(row.division_path), stage].append(stood.total_seconds())
    norms = rules.medians(found)
    values = [
        {
            "realm": realm,
            "division_code": code,
            "stage": stage,
            "median_seconds": seconds,
            "samples": samples,
            "reckoned_at": lead.now,
        }
        for (realm, code, stage), (seconds, samples) in sorted(norms.items())
    ]
    async with lead.db.write() as session:
        await leases.check(session, lead.fence)
        await breaks.replace_norms(session, values)
    return norms


def _unit(row: Any) -> LimitUnit:
    """Of an urgent case every hour counts."""
    return LimitUnit.URGENT_HOUR if row.priority is Priority.URGENT else LimitUnit.WORKING_HOUR


# -- repair


async def _see_repaired(lead: Lead) -> int:
    """Open breaks whose case has changed: repaired by one of its steps, or still there."""
    async with lead.db.read() as session:
        changed = await breaks.open_of_changed_cases(session, REPAIRS_AT_ONCE)
        if not changed:
            return 0
        ids = sorted({one.case_id for one in changed})
        rows = await breaks.cases_by_id_without_scope(session, ids)
        steps = await cases.steps_by_case(session, ids)
        dispositions = await cases.dispositions_by_case(session, ids)
        responses = await cases.responses_by_case(session, ids)
    repaired: list[tuple[BreakRow, Any]] = []
    seen: list[tuple[int, int]] = []
    for one in changed:
        case = rows[one.case_id]
        later = [step for step in steps[case.id] if one.case_version < step.version <= case.version]
        around = Around(steps=later, dispositions=dispositions[case.id], responses=responses[case.id])
        step = rules.repaired_by(one, case, around)
        if step is None:
            seen.append((one.id, case.version))
        else:
            repaired.append((one, step))
    async with lead.db.write() as session:
        await leases.check(session, lead.fence)
        await breaks.mark_seen(session, seen)
        entries = [
            _notice(one.realm, one.id, 2, one.case_id, one.division_path, one.kind, lead.now)
            for one, step in sorted(repaired, key=lambda pair: int(pair[0].id))
            if await breaks.repair(session, one.id, step.at, step.action)
        ]
        if entries:
            await journal.append(session, entries)
    return len(changed)


# -- figures


@dataclass(frozen=True, slots=True)
class BreakFigures:
    period: Period
    counted: breaks.Counted
    concerned: int  # cases with a break found in the period that are open now or were closed in it
    looked_at: int  # cases open now or closed in the period
    repair_seconds_p50: int | None

    @property
    def rate(self) -> float | None:
        return percent(self.concerned, self.looked_at)


async def figures(db: Database, viewer: Viewer, code: str, path: str, period: Period) -> BreakFigures | None:
    """How often the loop breaks at a division and below, and how long repairs take; None where one may not read."""
    if not may_measure(viewer.scope, Subject(tallies.DIVISION, code, path)):
        return None
    since, until = period.moments
    async with db.read() as session:
        counted = await breaks.counted(session, viewer.realm, path, since, until)
        sums = await tallies.read(
            session,
            viewer.realm,
            tallies.DIVISION,
            [code],
            first_day=period.first,
            last_day=period.last,
        )
    measures = sums[code]
    standing = sum(measures[name] for name in tallies.OPEN_MEASURE.values())
    p50 = rules.medians({"": counted.repair_seconds}).get("")
    return BreakFigures(
        period, counted, counted.cases_with_break, standing + measures["closed"], None if p50 is None else p50[0]
    )
