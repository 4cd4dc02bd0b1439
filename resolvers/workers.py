"""The handover of a worker who leaves: everything they held goes to another in one transaction, or nothing does."""

from __future__ import annotations

from db import journal, workers
from db.cases import CaseRow
from db.clock import local_day
from db.database import Database, Session
from db.journal import Entry
from db.scope import ScopeKind
from db.vocabulary import CaseAction, Role
from db.vocabulary.workers import HandedOver
from db.workers import AssignmentRow, WorkerRow
from resolvers import once, texts
from resolvers.advance import Also, Change, write_together
from resolvers.call import Call, not_found
from resolvers.followers import followed_by
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.lifecycle import Rule

MAY_HAND_OVER = frozenset({Role.SHIFT_LEADER, Role.SYSTEM_ADMIN})


async def hand_over(db: Database, call: Call, from_code: str, to_code: str, reason: str | None) -> Result:
    """Grids and open tasks go to the new worker, who follows the open cases the old one handed in.

    The old assignments end today; no right is taken from anybody. A shift leader hands over between the grids of
    their own division.
    """
    words = texts.reason(reason)
    if not call.viewer.roles & MAY_HAND_OVER:
        raise Refusal(Code.FORBIDDEN, action="人员交接", action_name="WORKER_HAND_OVER")
    if from_code == to_code:
        raise Refusal(Code.INVALID_INPUT, field=["to"], expected="须是另一名网格员", expected_en="another worker")

    async def work(session: Session) -> Result:
        # Cases first: whoever gives a task holds its case before its worker.
        leaving = await _known(session, call, from_code, "from")
        handed_in = [] if leaving.account is None else await workers.lock_open_submissions_without_scope(
            session, call.viewer.realm, leaving.account
        )  # fmt: skip
        people = await workers.hold(session, [from_code, to_code])
        if to_code not in people:
            raise not_found(call, "to", "该网格员", "The worker")
        held = await workers.assignments_of(session, call.viewer.realm, from_code, local_day(call.now))
        if not held or not all(_is_over(call, row.path) for row in held):
            raise not_found(call, "from", "该网格员", "The worker")
        values = {"realm": call.viewer.realm, "path": held[0].path, "from_code": from_code, "to_code": to_code}
        handover_id = await workers.add_handover(
            session, values | {"reason": words, "actor": call.viewer.principal, "at": call.now}
        )
        moved = await _move_assignments(session, call, held, to_code)
        await workers.add_items(session, handover_id, HandedOver.ASSIGNMENT, moved)
        tasks = await workers.move_tasks(session, call.viewer.realm, from_code, to_code)
        await workers.add_items(session, handover_id, HandedOver.TASK, tasks)
        followed, told = await _follow(session, call, handed_in, people[to_code], words)
        await workers.add_items(session, handover_id, HandedOver.SUBMISSION, followed)
        result = Result(0, 0, object_id=handover_id)
        await once.settle(session, call, result)
        if told:
            await journal.append(session, told)
        return result

    return await once.once(db, call, work)


async def _move_assignments(session: Session, call: Call, held: list[AssignmentRow], to_code: str) -> list[int]:
    """End the old ones today and begin the same for the other, who keeps what they have already."""
    today = local_day(call.now)
    has = {
        (row.grid_id, row.kind) for row in await workers.assignments_of(session, call.viewer.realm, to_code, today)
    }
    await workers.end_assignments(session, [row.id for row in held], today)
    return [
        await workers.add_assignment(
            session,
            {
                "realm": row.realm,
                "worker_code": to_code,
                "grid_id": row.grid_id,
                "path": row.path,
                "kind": row.kind,
                "from_day": today,
            },
        )
        for row in held
        if (row.grid_id, row.kind) not in has
    ]


async def _follow(
    session: Session, call: Call, handed_in: list[CaseRow], to: WorkerRow, reason: str
) -> tuple[list[int], list[Entry]]:
    """The new worker follows cases; they stay their submitter's. One version, one step and one event of each."""
    if to.account is None:
        return [], []
    role = next(role for role in sorted(call.viewer.roles) if role in MAY_HAND_OVER)
    together = []
    for case in handed_in:
        columns = await followed_by(session, call, case, [to.account])
        rule = Rule(CaseAction.HAND_OVER, frozenset({case.state}), case.state, MAY_HAND_OVER)
        together.append(Also(case, rule, Change(columns, note=reason), role))
    return [one.case.id for one in together], await write_together(session, call, together)


async def _known(session: Session, call: Call, code: str, field: str) -> WorkerRow:
    row = (await workers.by_codes(session, [code])).get(code)
    if row is None:
        raise not_found(call, field, "该网格员", "The worker")
    return row


def _is_over(call: Call, path: str) -> bool:
    return Role.SYSTEM_ADMIN in call.viewer.roles or any(
        grant.role is Role.SHIFT_LEADER and grant.kind is ScopeKind.DIVISION and path.startswith(grant.value)
        for grant in call.viewer.grants
    )
