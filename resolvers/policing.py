"""Grids and police beats together: telling the beat, going there jointly, handing over; receipt and answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from db import cases, policing
from db.cases import CaseRow
from db.database import Database, Session
from db.policing import TaskRow
from db.vocabulary import CaseAction, Role
from db.vocabulary.policing import PoliceTaskKind, PoliceTaskState
from resolvers import once, texts
from resolvers.advance import Change, acting_role, advance, check_version, write
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import access, lifecycle
from resolvers.rules.lifecycle import Rule

ACTION_OF_KIND = {
    PoliceTaskKind.NOTIFY: CaseAction.NOTIFY_POLICE,
    PoliceTaskKind.JOINT: CaseAction.JOINT_POLICE,
    PoliceTaskKind.TRANSFER: CaseAction.TRANSFER_POLICE,
}
POLICE = frozenset({Role.POLICE})


async def ask(db: Database, call: Call, case_id: int, kind: PoliceTaskKind, reason: str | None) -> Result:
    """Ask something of the beat of the case's grid. One thing of a kind at a time: the beat answers it first."""
    action = ACTION_OF_KIND[kind]

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        beat = (await policing.beats_by_grid(session, [case.grid_id])).get(case.grid_id)
        if beat is None:
            raise Refusal(Code.NO_POLICE_BEAT)
        if await policing.has_open(session, case.id, kind):
            raise Refusal(Code.POLICE_TASK_OPEN, kind=kind.label, kind_name=kind.name)
        who = frozenset().union(*(rule.who for rule in lifecycle.TABLE if rule.action is action))
        values = {"realm": case.realm, "case_id": case.id, "path": case.division_path, "beat_id": beat.id}
        values |= {"kind": kind, "state": PoliceTaskState.SENT, "reason": words, "asked_at": call.now}
        await policing.add_task(session, values | {"asked_by": acting_role(call.viewer, case, who)})
        return Change(note=f"{beat.name}：{words}")

    return await advance(db, call, case_id, action, prepare)


async def receive(db: Database, call: Call, task_id: int) -> Result:
    """The beat signs for what it was asked."""

    async def prepare(session: Session, task: TaskRow) -> Change:
        if task.state is not PoliceTaskState.SENT:
            raise _illegal(task, CaseAction.POLICE_RECEIPT)
        await policing.change_task(session, task.id, {"state": PoliceTaskState.RECEIVED, "received_at": call.now})
        return Change(note=task.kind.label)

    return await _act(db, call, task_id, CaseAction.POLICE_RECEIPT, prepare)


async def feed_back(
    db: Database, call: Call, task_id: int, *, result: str, detail: str | None, visited_at: datetime | None
) -> Result:
    """The beat answers: a result for who works the case, and details for the police alone. Once; answering signs."""

    async def prepare(session: Session, task: TaskRow) -> Change:
        if task.state is PoliceTaskState.ANSWERED:
            raise _illegal(task, CaseAction.POLICE_FEEDBACK)
        words = texts.text(result, "result", limit=texts.SHORT)
        if visited_at is not None and visited_at > call.now:
            raise Refusal(
                Code.INVALID_INPUT, field=["visitedAt"], expected="不能晚于现在", expected_en="not in the future"
            )
        values = {"state": PoliceTaskState.ANSWERED, "answered_at": call.now, "visited_at": visited_at}
        values |= {"result": words, "detail": texts.optional(detail, "detail")}
        await policing.change_task(session, task.id, values | {"received_at": task.received_at or call.now})
        return Change(note=f"{task.kind.label}：{words}")

    return await _act(db, call, task_id, CaseAction.POLICE_FEEDBACK, prepare)


async def _act(
    db: Database, call: Call, task_id: int, action: CaseAction, prepare: Callable[[Session, Any], Awaitable[Change]]
) -> Result:
    """A step of the case, whatever state it is in: the police may answer after it was closed."""

    async def work(session: Session) -> Result:
        missing = Refusal(Code.NOT_FOUND, what="该警务任务" if call.viewer.language == "zh" else "The police task")
        task = await policing.task_without_scope(session, task_id)
        case = None if task is None else await cases.lock(session, call.viewer.scope, task.case_id)
        if case is None:
            raise missing
        if Role.POLICE not in access.standing(call.viewer.scope, cases.columns_of(case)).roles:
            raise Refusal(Code.FORBIDDEN, action=action.label, action_name=action.name)
        check_version(case, call)
        present = await policing.task_without_scope(session, task_id)  # as it is now that its case is held
        change = await prepare(session, present)
        return await write(session, call, case, Rule(action, frozenset({case.state}), case.state, POLICE), change)

    return await once.once(db, call, work)


def available(task: TaskRow, roles: frozenset[Role]) -> list[CaseAction]:
    """What somebody with these roles over the case may do with it now."""
    if Role.POLICE not in roles or task.state is PoliceTaskState.ANSWERED:
        return []
    receipt = [CaseAction.POLICE_RECEIPT] if task.state is PoliceTaskState.SENT else []
    return [*receipt, CaseAction.POLICE_FEEDBACK]


def _illegal(task: TaskRow, action: CaseAction) -> Refusal:
    allowed = available(task, POLICE)
    return Refusal(
        Code.ILLEGAL_ACTION,
        state=task.state.label,
        state_name=task.state.name,
        action=action.label,
        action_name=action.name,
        allowed="、".join(one.label for one in allowed) or "无",
        allowed_names=", ".join(one.name for one in allowed) or "none",
    )
