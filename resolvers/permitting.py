"""Which matters grids may be given: applying, reviewing jointly, admitting, ending, the emergency way past it.

And the guard that refuses a grid task, names the application, and keeps the refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from db import catalogue, permits, places, tallies
from db.cases import CaseRow
from db.clock import local_day
from db.database import Database, Session
from db.permits import ApplicationRow, PermitRow, ReviewRow
from db.scope import ScopeKind
from db.vocabulary import GridTask, Realm, Role
from db.vocabulary.permits import PermitAction, PermitFrequency, PermitKind, PermitOpinion, PermitState
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import permits as rules

NOT_FOR_GRIDS = frozenset({Code.NOT_PERMITTED, Code.NEGATIVE_LIST, Code.BURDEN_CEILING})
"""Why a grid is not given a task; somebody else may be asked instead."""
LONGEST_MINUTES = 480  # a working day: what takes longer is not a task of a grid
COUNTY = 2  # place of the county among the codes of a path


@dataclass(frozen=True, slots=True)
class Wish:
    """What a department applies for, or a commander lets in."""

    matter_id: int
    division_code: str
    tasks: tuple[GridTask, ...]
    legal_basis: str
    frequency: PermitFrequency
    minutes_per_task: int
    resources: str
    first_day: date
    last_day: date


async def apply(db: Database, call: Call, department_id: int, wish: Wish) -> Result:
    """A department applies that grids be given a matter; the reviewers are named with it."""

    async def work(session: Session) -> Result:
        if not _is_of(call, Role.HANDLER, department_id):
            raise not_found(call, "department", "该责任部门", "The department")
        unit = await catalogue.by_id(session, catalogue.departments, department_id)
        assert unit is not None, "a grant names a department that is there"
        division = await places.division(session, wish.division_code)
        if division is None or not division.path.startswith(unit.path):
            raise not_found(call, "division", "该行政区划", "The division")
        columns = await _checked(session, call, wish, division)
        application = await permits.add_application(
            session,
            columns | {"kind": PermitKind.REGULAR, "state": PermitState.PENDING, "department_id": department_id},
        )
        await _name_reviewers(session, application)
        await _record(session, call, application, PermitAction.APPLY, application.state, unit.name, None)
        return await _done(session, call, application.id)

    return await once.once(db, call, work)


async def bypass(db: Database, call: Call, wish: Wish, reason: str | None) -> Result:
    """Let a matter in at once, for some days; the same reviewers are asked afterwards, and everybody can see it."""
    words = texts.reason(reason)

    async def work(session: Session) -> Result:
        division = await places.division(session, wish.division_code)
        if division is None or not _commands(call, division.path):
            raise not_found(call, "division", "该行政区划", "The division")
        columns = await _checked(session, call, wish, division)
        codes = tallies.ancestors(division.path)
        open_one = await permits.unreviewed_emergency(session, call.viewer.realm, wish.matter_id, codes)
        if open_one is not None:
            raise Refusal(Code.PERMIT_REVIEW_DUE, field=["matter"], number=rules.number_of(open_one))
        longest = call.policy.bypass_days
        if (wish.last_day - wish.first_day).days >= longest:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["wantedTo"],
                expected=f"紧急准入最多 {longest} 天",
                expected_en=f"at most {longest} days for an emergency",
            )
        columns |= {
            "kind": PermitKind.EMERGENCY,
            "state": PermitState.ADMITTED,
            "valid_from": wish.first_day,
            "valid_to": wish.last_day,
            "review_due_on": local_day(call.now) + timedelta(days=call.policy.bypass_review_days),
        }
        application = await permits.add_application(session, columns)
        await _name_reviewers(session, application)
        await _put_on_the_list(session, application, wish.first_day, wish.last_day)
        await _record(session, call, application, PermitAction.BYPASS, application.state, _unit(call), words)
        return await _done(session, call, application.id)

    return await once.once(db, call, work)


async def review(db: Database, call: Call, application_id: int, opinion: PermitOpinion, reason: str | None) -> Result:
    """The opinion of one reviewer. When the last has spoken the application is decided, an emergency confirmed or
    ended."""

    async def work(session: Session) -> Result:
        application = await _locked(session, call, application_id)
        rows = (await permits.reviews_by_application(session, [application.id]))[application.id]
        mine = [row for row in rows if _may_review(call, row)]
        if not mine:
            raise Refusal(Code.FORBIDDEN, action=PermitAction.REVIEW.label, action_name=PermitAction.REVIEW.name)
        rules.decide(application, PermitAction.REVIEW)
        unspoken = next((row for row in mine if row.opinion is None), None)
        if unspoken is None:
            raise Refusal(Code.ALREADY_REVIEWED)
        words = texts.reason(reason)
        await permits.say(session, unspoken.id, {"opinion": opinion, "reason": words, "at": call.now})
        said = rules.verdict([opinion if row.id == unspoken.id else row.opinion for row in rows])
        state = rules.after_review(application, said)
        if said is not None:
            await permits.change_application(session, application.id, {"state": state, "reviewed_at": call.now})
        if state is PermitState.ENDED and application.state is not state:
            await _take_off(session, application, local_day(call.now) - timedelta(days=1), words)
        note = f"{opinion.label}：{words}"
        await _record(
            session, call, application, PermitAction.REVIEW, state, await _reviewer(session, unspoken), note
        )
        return await _done(session, call, application.id)

    return await once.once(db, call, work)


async def decide(
    db: Database,
    call: Call,
    application_id: int,
    *,
    is_admitted: bool,
    first_day: date | None,
    last_day: date | None,
    reason: str | None,
) -> Result:
    """Put a matter that every reviewer agreed to on the list, from a day to a day, or not."""

    async def work(session: Session) -> Result:
        application = await _locked(session, call, application_id)
        action = PermitAction.ADMIT if is_admitted else PermitAction.REFUSE
        if not _commands(call, application.path):
            raise Refusal(Code.FORBIDDEN, action=action.label, action_name=action.name)
        rules.decide(application, action)
        if not is_admitted:
            words = texts.reason(reason)
            await permits.change_application(session, application.id, {"state": PermitState.REJECTED})
            await _record(session, call, application, action, PermitState.REJECTED, _unit(call), words)
            return await _done(session, call, application.id)
        note = texts.optional(reason, "reason", limit=texts.SHORT)
        first, last = first_day or application.wanted_from, last_day or application.wanted_to
        _check_days(call, first, last, ("validFrom", "validTo"))
        await _check_negative(session, call, application.matter_id, tallies.ancestors(application.path))
        await _put_on_the_list(session, application, first, last)
        columns = {"state": PermitState.ADMITTED, "valid_from": first, "valid_to": last}
        await permits.change_application(session, application.id, columns)
        await _record(session, call, application, action, PermitState.ADMITTED, _unit(call), note)
        return await _done(session, call, application.id)

    return await once.once(db, call, work)


async def end(db: Database, call: Call, permit_id: int, last_day: date | None, reason: str | None) -> Result:
    """Take a permit off the list after a day, with all that its application put there. The department that applied
    may give it up, a commander of the place may take it away."""

    async def work(session: Session) -> Result:
        permit = await permits.lock_permit(session, call.viewer.realm, permit_id)
        division = None if permit is None else await places.division(session, permit.division_code)
        if permit is None or division is None:
            raise not_found(call, "permit", "该准入", "The permit")
        application = None
        if permit.application_id is not None:
            application = await permits.lock(session, call.viewer.scope, permit.application_id)
        is_own = application is not None and _is_of(call, Role.HANDLER, application.department_id)
        if not is_own and not _commands(call, division.path):
            raise Refusal(Code.FORBIDDEN, action=PermitAction.END.label, action_name=PermitAction.END.name)
        day, words = last_day or local_day(call.now), texts.reason(reason)
        if day < local_day(call.now):
            raise Refusal(Code.DATE_IN_PAST, field=["lastDay"])
        if application is None:
            if call.viewer.realm is not Realm.LIVE:
                # An imported permit holds in both realms; an exercise must not change what is real.
                raise Refusal(Code.FORBIDDEN, action=PermitAction.END.label, action_name=PermitAction.END.name)
            _check_not_over(call, permit)
            await permits.end_permits(session, [permit.id], day, words)
            return await _done(session, call, permit.id)
        rules.decide(application, PermitAction.END)
        await _take_off(session, application, day, words)
        await permits.change_application(session, application.id, {"state": PermitState.ENDED})
        await _record(session, call, application, PermitAction.END, PermitState.ENDED, _unit(call), words)
        return await _done(session, call, permit.id)

    return await once.once(db, call, work)


# -- the guard


async def require_permit(session: Session, call: Call, case: CaseRow, task: GridTask) -> PermitRow:
    """The permit that allows a grid task at the case's place, today, for its matter.

    Refuses what the negative list forbids, and what is not on the permit list, naming the application. The refusal
    is kept although nothing else is.
    """
    if case.matter_id is None:
        raise Refusal(Code.MATTER_REQUIRED, field=["matter"])
    codes = tallies.ancestors(case.division_path)
    day = local_day(call.now)
    matter = await catalogue.by_id(session, catalogue.matters, case.matter_id)
    negative = await permits.is_negative(session, case.matter_id, codes)
    if negative is not None:
        refusal = Refusal(Code.NEGATIVE_LIST, field=["matter"], matter=matter.name if matter else "",
                          reason=negative.reason)  # fmt: skip
        raise kept(refusal, call, case, task, None)
    permit = await permits.covering(session, call.viewer.realm, case.matter_id, task, codes, day)
    if permit is not None:
        return permit
    application = await permits.newest_for(session, call.viewer.realm, case.matter_id, task, codes)
    county = await places.division(session, codes[min(COUNTY, len(codes) - 1)])
    language = call.viewer.language
    refusal = Refusal(
        Code.NOT_PERMITTED,
        matter=matter.name if matter else "",
        division=county.name if county else "",
        task=task.label if language == "zh" else task.name,
        application=rules.told_of(application, day, language),
    )
    raise kept(refusal, call, case, task, application)


def kept(refusal: Refusal, call: Call, case: CaseRow, task: GridTask, application: ApplicationRow | None) -> Refusal:
    """A refusal that leaves a record: counted for who asked, and for the department that wanted it done."""
    asked_by = next((grant.value for grant in sorted(call.viewer.grants) if grant.kind is ScopeKind.DIVISION), "")
    values = {
        "realm": case.realm,
        "code": str(refusal.code),
        "day": local_day(call.now),
        "at": call.now,
        "case_id": case.id,
        "path": case.division_path,
        "matter_id": case.matter_id,
        "task": task,
        "asked_by": tallies.ancestors(asked_by)[-1] if asked_by else case.held_by,
        "department_id": case.responsible_unit_id or (None if application is None else application.department_id),
        "application_id": None if application is None else application.id,
    }

    async def keep(session: Session) -> None:
        await permits.add_refusal(session, values)

    refusal.keep = keep
    return refusal


# -- parts


async def _checked(session: Session, call: Call, wish: Wish, division: Any) -> dict[str, Any]:
    """Columns of an application; refuses what is missing, impossible or on the negative list."""
    matter = await catalogue.by_id(session, catalogue.matters, wish.matter_id)
    if matter is None:
        raise not_found(call, "matter", "该事项", "The matter")
    await _check_negative(session, call, wish.matter_id, tallies.ancestors(division.path))
    if not wish.tasks:
        raise Refusal(
            Code.INVALID_INPUT, field=["tasks"], expected="至少选择一项任务", expected_en="at least one task"
        )
    if not 1 <= wish.minutes_per_task <= LONGEST_MINUTES:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["minutesPerTask"],
            expected=f"1 至 {LONGEST_MINUTES} 分钟",
            expected_en=f"1 to {LONGEST_MINUTES} minutes",
        )
    _check_days(call, wish.first_day, wish.last_day, ("wantedFrom", "wantedTo"))
    return {
        "realm": call.viewer.realm,
        "matter_id": wish.matter_id,
        "division_code": division.code,
        "path": division.path,
        "tasks": [str(task) for task in GridTask if task in wish.tasks],
        "legal_basis": texts.text(wish.legal_basis, "legalBasis", limit=texts.SHORT),
        "frequency": wish.frequency,
        "minutes_per_task": wish.minutes_per_task,
        "resources": texts.text(wish.resources, "resources", limit=texts.SHORT),
        "wanted_from": wish.first_day,
        "wanted_to": wish.last_day,
        "applied_at": call.now,
    }


async def _check_negative(session: Session, call: Call, matter_id: int, codes: Sequence[str]) -> None:
    found = await permits.is_negative(session, matter_id, codes)
    if found is not None:
        matter = await catalogue.by_id(session, catalogue.matters, matter_id)
        name = matter.name if matter else ""
        raise Refusal(Code.NEGATIVE_LIST, field=["matter"], matter=name, reason=found.reason)


def _check_days(call: Call, first: date, last: date, fields: tuple[str, str]) -> None:
    if last < first:
        raise Refusal(
            Code.INVALID_INPUT,
            field=[fields[1]],
            expected="截止日期不能早于开始日期",
            expected_en="not before the first day",
        )
    if last < local_day(call.now):
        raise Refusal(Code.DATE_IN_PAST, field=[fields[1]])


def _check_not_over(call: Call, permit: PermitRow) -> None:
    if permit.valid_to < local_day(call.now):
        raise Refusal(
            Code.ILLEGAL_ACTION,
            state="已到期",
            state_name="EXPIRED",
            action=PermitAction.END.label,
            action_name=PermitAction.END.name,
            allowed="无",
            allowed_names="none",
        )


async def _name_reviewers(session: Session, application: ApplicationRow) -> None:
    """Those the nearest division names, without the department that asks; the commander of the county where none."""
    codes = tallies.ancestors(application.path)
    rows: list[dict[str, Any]] = []
    for one in await permits.reviewers_of(session, codes):
        unit = None
        if one.department_code:
            unit = await catalogue.by_code(session, catalogue.departments, one.department_code)
            if unit is None or unit.id == application.department_id:
                continue
        rows.append({"division_code": one.division_code, "department_id": None if unit is None else unit.id})
    rows = rows or [{"division_code": codes[min(COUNTY, len(codes) - 1)], "department_id": None}]
    paths = await places.divisions_by_code(session, [row["division_code"] for row in rows])
    await permits.add_reviews(
        session,
        [row | {"application_id": application.id, "path": paths[row["division_code"]].path} for row in rows],
    )


async def _put_on_the_list(session: Session, application: ApplicationRow, first: date, last: date) -> None:
    for task in application.tasks:
        found = await permits.same_start(
            session, application.realm, application.matter_id, application.division_code, task, first
        )
        if found is not None:
            raise Refusal(Code.PERMIT_EXISTS, field=["validFrom"], day=first.isoformat())
        await permits.add_permit(
            session,
            {
                "matter_id": application.matter_id,
                "division_code": application.division_code,
                "task": GridTask[task],
                "legal_basis": application.legal_basis,
                "valid_from": first,
                "valid_to": last,
                "realm": str(application.realm),
                "minutes_per_task": application.minutes_per_task,
                "application_id": application.id,
            },
        )


async def _take_off(session: Session, application: ApplicationRow, last_day: date, reason: str) -> None:
    rows = (await permits.permits_by_application(session, [application.id]))[application.id]
    await permits.end_permits(session, [row.id for row in rows], last_day, reason)


async def _locked(session: Session, call: Call, application_id: int) -> ApplicationRow:
    found = await permits.lock(session, call.viewer.scope, application_id)
    if found is None:
        raise not_found(call, "applicationId", "该准入申请", "The application")
    return found


async def _record(
    session: Session,
    call: Call,
    application: ApplicationRow,
    action: PermitAction,
    state: PermitState,
    unit_name: str,
    note: str | None,
) -> None:
    values = {"application_id": application.id, "action": action, "state": state, "actor": call.viewer.principal}
    await permits.add_step(session, values | {"unit_name": unit_name[:80], "note": note, "at": call.now})


async def _reviewer(session: Session, row: ReviewRow) -> str:
    if row.department_id is not None:
        unit = await catalogue.by_id(session, catalogue.departments, row.department_id)
        return "" if unit is None else str(unit.name)
    division = await places.division(session, row.division_code)
    return f"{division.name if division else ''}{Role.COMMANDER.label}"


async def _done(session: Session, call: Call, object_id: int) -> Result:
    result = Result(0, 0, object_id=object_id)
    await once.settle(session, call, result)
    return result


def _may_review(call: Call, row: ReviewRow) -> bool:
    if row.department_id is not None:
        return _is_of(call, Role.HANDLER, row.department_id)
    return _commands(call, row.path)


def _is_of(call: Call, role: Role, department_id: int | None) -> bool:
    return any(
        grant.role is role and grant.kind is ScopeKind.DEPARTMENT and grant.value == str(department_id)
        for grant in call.viewer.grants
    )


def _commands(call: Call, path: str) -> bool:
    return any(
        grant.role is Role.COMMANDER and grant.kind is ScopeKind.DIVISION and path.startswith(grant.value)
        for grant in call.viewer.grants
    )


def _unit(call: Call) -> str:
    return call.viewer.name or sorted(call.viewer.roles)[0].label
