"""What grid workers are given in a day: counted from what happens, held below a ceiling.

No mutation asks a worker for minutes: they are estimated by the permit of the task.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from db import burden, tallies, workers
from db.cases import CaseRow
from db.clock import local_day
from db.database import Database, Session
from db.permits import PermitRow
from db.vocabulary import CaseAction, CaseState, GridTask, Realm, Role
from db.vocabulary.workers import GridTaskState
from resolvers import texts
from resolvers.call import Call
from resolvers.permitting import kept, require_permit
from resolvers.refusals import Code, Refusal
from resolvers.rules.rounding import ratio

ASKED = frozenset({CaseState.VERIFYING, CaseState.CHECKING})
ANSWERS = frozenset({CaseAction.VERIFY, CaseAction.CHECK})
MEASURE_OF_TASK = {GridTask.VERIFICATION: "verifications", GridTask.COMPLETION_CHECK: "checks"}


async def give(session: Session, call: Call, case: CaseRow, task: GridTask, override: str | None) -> str | None:
    """Give a task to the grid of a case: permitted, and within what its worker can bear, or overridden with a reason.

    Answers with what the step has to say of it. Two tasks given to one worker at once wait for each other.
    """
    permit = await require_permit(session, call, case, task)
    reason = texts.optional(override, "overrideReason", limit=texts.SHORT)
    if case.grid_id is None:
        return None
    day, codes = local_day(call.now), tallies.ancestors(case.division_path)
    worker = await _held_worker(session, call, case.grid_id, day)
    holder = burden.holder_of(None if worker is None else worker.code, case.grid_id)
    ceiling = await burden.ceiling_of(session, codes) or call.policy.burden_tasks
    given = await burden.tasks_on(session, call.viewer.realm, day, holder)
    is_over = given >= ceiling
    if is_over and reason is None:
        refusal = Refusal(Code.BURDEN_CEILING, field=["overrideReason"], count=given, ceiling=ceiling)
        raise kept(refusal, call, case, task, None)
    await _record(session, call, case, task, permit, worker, reason if is_over else None)
    key = {"realm": call.viewer.realm, "day": day, "holder": holder, "grid_id": case.grid_id}
    counted = {MEASURE_OF_TASK[task]: 1, "minutes": permit.minutes_per_task, "overrides": int(is_over)}
    await burden.add(session, key, case.division_path, ceiling, **counted)
    return f"超负荷派发（{given + 1}/{ceiling}）：{reason}" if is_over else None


async def _held_worker(session: Session, call: Call, grid_id: int, day: date) -> Any | None:
    worker = await workers.working_in(session, call.viewer.realm, grid_id, day)
    if worker is None:
        await workers.hold_grid(session, grid_id)
        return None
    await workers.hold(session, [worker.code])
    present = await workers.working_in(session, call.viewer.realm, grid_id, day)
    if present is not None and present.code != worker.code:  # handed over while we waited
        await workers.hold(session, [present.code])
    return present


async def _record(
    session: Session, call: Call, case: CaseRow, task: GridTask, permit: PermitRow, worker: Any, reason: str | None
) -> None:
    await burden.give(
        session,
        {
            "realm": case.realm,
            "case_id": case.id,
            "grid_id": case.grid_id,
            "worker_code": None if worker is None else worker.code,
            "task": task,
            "state": GridTaskState.OPEN,
            "minutes": permit.minutes_per_task,
            "given_at": call.now,
            "override_reason": reason,
        },
    )


async def follow(session: Session, call: Call, action: CaseAction, before: CaseRow, after: CaseRow) -> None:
    """What an action means for tasks: answered, or no longer wanted; and a case settled by who found it."""
    if before.state in ASKED and after.state is not before.state:
        state = GridTaskState.DONE if action in ANSWERS else GridTaskState.CANCELLED
        await burden.end_open(session, before.id, state, call.now)
    if action is CaseAction.SELF_HANDLE and before.submitter_role is Role.GRID_WORKER:
        await _count_own(session, call, after, "self_handled")


async def found(session: Session, call: Call, row: CaseRow) -> None:
    """A grid worker handed in what they found: work of their day, too."""
    if row.submitter_role is Role.GRID_WORKER:
        await _count_own(session, call, row, "submissions")


async def _count_own(session: Session, call: Call, row: CaseRow, measure: str) -> None:
    worker = await workers.by_account(session, row.submitter_key)
    holder = burden.holder_of(None if worker is None else worker.code, row.grid_id)
    key = {"realm": row.realm, "day": local_day(call.now), "holder": holder, "grid_id": row.grid_id}
    ceiling = await burden.ceiling_of(session, tallies.ancestors(row.division_path)) or call.policy.burden_tasks
    await burden.add(session, key, row.division_path, ceiling, **{measure: 1})


@dataclass(frozen=True, slots=True)
class BurdenFigures:
    """Of one division on one local day."""

    day: date
    workers: int  # who are given tasks: full-time, part-time, leaders
    tasks: int
    minutes: int
    per_worker: float | None
    loaded: int  # workers, or grids without one, who were given anything
    per_loaded: float | None
    most: int
    ceiling: int
    over_ceiling: int
    overrides: int
    refusals: int


async def measure(db: Database, realm: Realm, path: str, day: date, default: int) -> BurdenFigures:
    async with db.read() as session:
        sums = await burden.sums(session, realm, path, day)
        people = await workers.count(session, realm, path, workers.GIVEN_TASKS, day)
        refusals = await burden.refused(session, realm, path, day, Code.BURDEN_CEILING)
        ceiling = await burden.ceiling_of(session, tallies.ancestors(path)) or default
    return BurdenFigures(
        day, people, sums.tasks, sums.minutes, ratio(sums.tasks, people), sums.holders,
        ratio(sums.tasks, sums.holders), sums.most, ceiling, sums.over_ceiling, sums.overrides, refusals,
    )  # fmt: skip
