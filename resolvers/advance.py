"""The one way a case advances: lock, decide, write, record.

Everything that changes a case goes through `advance`; there is no other way to change one and no other way to
announce it. One call is one transaction, and of each case it changes one version, one step and one event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db import cases, catalogue, children, clocks, journal, outsourcing, tallies, work_orders
from db.cases import CaseRow
from db.database import Database, Session
from db.journal import Entry
from db.vocabulary import (
    OPEN_STATES,
    CaseAction,
    CaseOutcome,
    CaseState,
    EvidenceKind,
    Role,
    ShareRight,
    stage_of,
)
from resolvers import burden, clocking, once, telling
from resolvers.call import Call
from resolvers.clocking import ClockChange
from resolvers.explaining import explained
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import access, breaks, lifecycle
from resolvers.rules.lifecycle import Clock, Rule
from resolvers.rules.standing import Party
from resolvers.viewer import Viewer


@dataclass
class Change:
    """What an action adds to a case, beyond what the table says of every action."""

    columns: dict[str, Any] = field(default_factory=dict)
    to: CaseState | None = None  # where the table leaves it open
    clock: Clock | None = None  # where it differs from the table
    clocks: ClockChange = field(default_factory=ClockChange)
    note: str | None = None
    department_id: int | None = None  # the unit the action names
    work_order_id: int | None = None
    order_note: Mapping[str, Any] | None = None  # what its provider says of the order
    disposition: Disposition | None = None
    response: str | None = None  # sets out on the case's channel; in the app, written is delivered
    evidence: Mapping[str, EvidenceKind] = field(default_factory=dict)
    also: list[Also] = field(default_factory=list)  # other cases that change with this one
    born: list[CaseRow] = field(default_factory=list)  # new cases, at their first version
    then: list[Then] = field(default_factory=list)  # what SYSTEM does next to this one, in the same transaction


@dataclass(frozen=True, slots=True)
class Then:
    """An action that follows from another on the same case: a version, a step and an event of its own."""

    action: CaseAction
    prepare: Prepare


@dataclass(frozen=True, slots=True)
class Also:
    """Another case that is held and changes in the same transaction, with a step and an event of its own."""

    case: CaseRow
    rule: Rule
    change: Change
    role: Role = Role.SYSTEM


@dataclass(frozen=True, slots=True)
class Disposition:
    text: str
    basis: str | None = None
    outcome: CaseOutcome | None = None
    assisting: tuple[int, ShareRight] | None = None  # the unit that gives it beside the responsible one


Prepare = Callable[[Session, CaseRow], Awaitable[Change]]
Find = Callable[[Session], Awaitable[int | None]]


async def advance(
    db: Database, call: Call, case_id: int, action: CaseAction, prepare: Prepare, *, beside: int | Find | None = None
) -> Result:
    """Take `action` on a case the viewer can see, or refuse and leave everything as it was.

    `beside` is a second case the action depends on, or finds it: it is held too.
    """

    async def work(session: Session) -> Result:
        second = await beside(session) if callable(beside) else beside
        case = await locked(session, call, case_id, second, with_parent=action in lifecycle.OPENS_OR_ENDS)
        try:
            rule = allowed(case, call, action)
        except Refusal as refusal:
            raise await explained(session, refusal, case) from None
        return await write(session, call, case, rule, await prepare(session, case))

    return await once.once(db, call, work)


async def locked(
    session: Session, call: Call, case_id: int, beside: int | None = None, *, with_parent: bool = False
) -> CaseRow:
    case = await cases.lock(session, call.viewer.scope, case_id, beside, with_parent=with_parent)
    if case is None:
        raise Refusal(Code.NOT_FOUND, what="该事件" if call.viewer.language == "zh" else "The case")
    return case


def allowed(case: CaseRow, call: Call, action: CaseAction) -> Rule:
    """The row of the life-cycle that allows it. Role first, then version, then state: somebody who may not act
    learns nothing about versions, and a stale page hears CONFLICT rather than a puzzling ILLEGAL_ACTION."""
    standing = access.standing(call.viewer.scope, cases.columns_of(case))
    if not any(standing.is_one_of(rule.who) for rule in lifecycle.TABLE if rule.action is action):
        raise Refusal(Code.FORBIDDEN, action=action.label, action_name=action.name)
    check_version(case, call)
    return lifecycle.decide(case, action, standing)


def check_version(case: CaseRow, call: Call) -> None:
    if call.expected_version is not None and call.expected_version != case.version:
        raise Refusal(Code.CONFLICT, field=["expectedVersion"], version=case.version)


async def write(session: Session, call: Call, case: CaseRow, rule: Rule, change: Change) -> Result:
    """The case and those that change with it, the answer, and last the journal."""
    role = acting_role(call.viewer, case, rule.who)
    together = [Also(case, rule, change, role), *change.also, *await _noted_by_parent(session, case, rule, change)]
    told = await write_together(session, call, together)
    version = max(one.version for one in told if one.subject_id == case.id)
    result = Result(case.id, version, change.work_order_id)
    await once.settle(session, call, result)
    await journal.append(session, told)
    return result


async def _noted_by_parent(session: Session, case: CaseRow, rule: Rule, change: Change) -> list[Also]:
    """What the case that this one is part of hears of it: that it ended, or goes on."""
    is_open = (change.to or rule.to or case.state) in OPEN_STATES
    if case.parent_id is None or is_open == case.is_open:
        return []
    parent = await children.held_parent(session, case)
    still = {"open_children": parent.open_children + (1 if is_open else -1)}
    return [consequence(parent, CaseAction.NOTE_CHILD, Change(still, note=cases.number_of(case)))]


@dataclass(frozen=True, slots=True)
class Written:
    """What steps have made of cases and orders, and what is still to be counted and told of it."""

    changed: list[tuple[CaseRow | None, CaseRow]]  # None: a new one
    orders: list[Any]
    steps: list[dict[str, Any]]
    notes: list[Mapping[str, Any]]  # of orders
    told: list[Entry]


async def write_together(session: Session, call: Call, together: Sequence[Also]) -> list[Entry]:
    """Cases, steps and tallies. What the journal is still to be told, last of all."""
    written = await write_steps(session, call, together)
    await cases.add_step(session, written.steps)
    await outsourcing.add_notes(session, written.notes)
    await tallies.apply(session, tallies.fold([tallies.difference(*one) for one in written.changed]))
    return written.told


async def write_steps(session: Session, call: Call, together: Sequence[Also]) -> Written:
    """Columns, disposition, response, photos of each held case, and what follows from each."""
    written: list[tuple[Also, CaseRow]] = []
    born: list[tuple[Also, CaseRow]] = []
    for one in together:
        written.append((one, await _write_one(session, call, one)))
        born += [(one, child) for child in one.change.born]
        for then in one.change.then:
            _, after = written[-1]
            follows = consequence(after, then.action, await then.prepare(session, after))
            written.append((follows, await _write_one(session, call, follows)))
    steps = [_step(call, one.case, after, one.rule.action, one.role, one.change) for one, after in written]
    steps += [_step(call, None, child, one.rule.action, one.role, Change()) for one, child in born]
    changed: list[tuple[CaseRow | None, CaseRow]] = [(one.case, after) for one, after in written]
    changed += [(None, child) for _, child in born]
    told = [entry(one.rule.action, one.role, call.now, one.case, after) for one, after in written]
    told += [entry(one.rule.action, one.role, call.now, None, child) for one, child in born]
    orders = work_orders.changed(session)
    return Written(
        changed,
        [row for row, _ in orders],
        steps,
        [one.change.order_note for one, _ in written if one.change.order_note is not None],
        told + work_orders.told_with(told, orders),
    )


async def _write_one(session: Session, call: Call, one: Also) -> CaseRow:
    case, change = one.case, one.change
    columns = _columns(call, case, one.rule, change)
    moved = await clocking.move(session, call.now, case, columns, change.clock or one.rule.clock, change.clocks)
    after = await cases.change(session, case.id, case.version, columns | moved.columns)
    if moved.taken_back is not None:
        await clocks.take_back(session, case.id, moved.taken_back.kind, moved.taken_back.started_at)
    await clocks.record(session, moved.stopped)
    await burden.follow(session, call, one.rule.action, case, after)
    await telling.forget_undone(session, case, after)
    await _record_words(session, call, after, one.role, one.change)
    return after


def consequence(case: CaseRow, action: CaseAction, change: Change) -> Also:
    """What SYSTEM does to a held case because another changed."""
    return Also(case, lifecycle.consequence(case, action), change)


def entry(action: CaseAction, role: Role, at: datetime, before: CaseRow | None, after: CaseRow) -> Entry:
    return Entry(
        realm=after.realm,
        subject_id=after.id,
        version=after.version,
        action=action,
        actor_role=role,
        at=at,
        before=None if before is None else cases.columns_of(before),
        after=cases.columns_of(after),
        snapshot=cases.snapshot_of(after),
    )


def acting_role(viewer: Viewer, case: CaseRow, who: frozenset[Role | Party]) -> Role:
    """Which of the viewer's roles this action is taken in."""
    standing = access.standing(viewer.scope, cases.columns_of(case))
    mine = sorted(role for role in standing.roles if role in who)
    if not mine and standing.is_sharer and Party.SHARER in who:
        return Role.HANDLER
    return mine[0] if mine else case.submitter_role if standing.is_submitter else sorted(viewer.roles)[0]


def _columns(call: Call, case: CaseRow, rule: Rule, change: Change) -> dict[str, Any]:
    columns = dict(change.columns)
    state: CaseState = change.to or rule.to or case.state
    if change.disposition is not None and change.disposition.assisting is None:
        columns["dispositions"] = columns.get("dispositions", case.dispositions) + 1
    if change.response is not None:
        columns |= telling.counted(case, columns)
    answered = columns.get("responses", case.responses) > 0
    evaluated = state is CaseState.CLOSED and columns.get("is_evaluated", case.is_evaluated)
    columns |= {
        "version": case.version + 1,
        "state": state,
        "is_open": state in OPEN_STATES,
        "stage": None if evaluated else stage_of(state, is_answered=answered),
        "updated_at": call.now,
    }
    columns["unanswered_since"] = telling.unanswered_since(case, columns, call.now)
    if columns["stage"] != case.stage:
        columns["stage_at"] = call.now
    if not columns["is_open"]:
        columns["watch_at"] = None
    elif rule.action in breaks.TELLING:
        columns["watch_at"] = call.now
    elif state is not case.state or "stage_at" in columns or "hop_id" in columns:
        columns["watch_at"] = call.now + breaks.FIRST_LOOK
    return columns


def _step(
    call: Call, before: CaseRow | None, after: CaseRow, action: CaseAction, role: Role, change: Change
) -> dict[str, Any]:
    return {
        "case_id": after.id,
        "version": after.version,
        "action": action,
        "from_state": None if before is None else before.state,
        "to_state": after.state,
        "actor": call.viewer.principal,
        "actor_role": role,
        "at": call.now,
        "note": change.note,
        "department_id": change.department_id,
        "work_order_id": change.work_order_id,
    }


async def _record_words(session: Session, call: Call, after: CaseRow, role: Role, change: Change) -> None:
    if change.disposition is not None:
        unit_id, right = change.disposition.assisting or (after.responsible_unit_id, None)
        await cases.add_disposition(
            session,
            {
                "case_id": after.id,
                "round": after.round,
                "unit_name": await _unit_name(session, call, unit_id, role),
                "department_id": unit_id,
                "share_right": right,
                "basis": change.disposition.basis,
                "text": change.disposition.text,
                "outcome": change.disposition.outcome,
                "actor": call.viewer.principal,
                "at": call.now,
                "realm": after.realm,
                "division_path": after.division_path,
            },
        )
    if change.response is not None:
        await telling.record_response(session, call, after, role, change.response)
    if change.evidence:
        taken = await cases.take_up_evidence(
            session,
            realm=after.realm,
            uploader=call.viewer.principal,
            case_id=after.id,
            version=after.version,
            photos=change.evidence,
        )
        if taken != len(change.evidence):
            raise Refusal(
                Code.NOT_FOUND, field=["evidence"], what="照片" if call.viewer.language == "zh" else "A photo"
            )


async def _unit_name(session: Session, call: Call, unit_id: int | None, role: Role) -> str:
    if role is Role.HANDLER and unit_id is not None:
        unit = await catalogue.by_id(session, catalogue.departments, unit_id)
        return str(unit.name) if unit is not None else role.label
    return call.viewer.name or role.label
