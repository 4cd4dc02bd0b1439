"""One decision for a class of cases: made once, carried out on each as if it had been made there alone.

Every case has its own transaction, version, step, event and words; what is refused is refused by itself. Asked again
with the same key, what is still pending goes on: a server that stopped in between decides nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from db import batches, catalogue
from db import cases as cases_
from db.cases import CaseListFilter
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary import CaseAction, CaseOutcome, DeclineReason, Role
from db.vocabulary.batches import BatchItemState, BatchKind
from resolvers import answering, closing, handling, intake, once
from resolvers.advance import Disposition
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.lifecycle import TABLE
from resolvers.viewer import Viewer

ACTION_OF = {
    BatchKind.DISPOSE: CaseAction.COMPLETE,
    BatchKind.DECLINE: CaseAction.DECLINE,
    BatchKind.RESPOND: CaseAction.RESPOND,
    BatchKind.CLOSE: CaseAction.CLOSE,
}
LEADERS = frozenset({Role.SHIFT_LEADER, Role.COMMANDER})


@dataclass(frozen=True, slots=True)
class BatchChoice:
    """What is decided; which parts are given depends on the kind."""

    kind: BatchKind
    outcome: CaseOutcome | None = None
    disposition: Disposition = field(default_factory=lambda: Disposition(""))
    response: str = ""
    reason: DeclineReason = DeclineReason.OUT_OF_SCOPE
    suggested_channel: str = ""


async def decide(
    db: Database, call: Call, choice: BatchChoice, case_ids: Sequence[int] | None, narrowed: CaseListFilter | None
) -> Result:
    """Decide for the cases named, or for all in scope that a filter finds; at most as many as the policy says.

    Answers once every case has had its turn: `object_id` is the batch.
    """
    result = await once.once(db, call, lambda session: _begin(session, call, choice, case_ids, narrowed))
    assert result.object_id is not None, "a batch answers with its id"
    async with db.read() as session:
        waiting = await batches.pending(session, result.object_id)
    for item in waiting:
        await _carry_out(db, call, choice, item)
    return result


async def _begin(
    session: Session,
    call: Call,
    choice: BatchChoice,
    case_ids: Sequence[int] | None,
    narrowed: CaseListFilter | None,
) -> Result:
    action = ACTION_OF[choice.kind]
    if not any(call.viewer.roles & rule.who for rule in TABLE if rule.action is action):
        raise Refusal(Code.FORBIDDEN, action=choice.kind.label, action_name=choice.kind.name)
    if choice.kind in (BatchKind.DISPOSE, BatchKind.DECLINE):
        intake.checked_disposition(choice.disposition)
    limit = call.policy.cases_per_batch
    chosen = list(dict.fromkeys(case_ids or ()))
    if narrowed is not None:
        found = await cases_.page(session, call.viewer.scope, narrowed, call.now, first=limit + 1, before_id=None)
        chosen = sorted(row.id for row in found)
    if not 1 <= len(chosen) <= limit:
        name = "caseIds" if narrowed is None else "filter"
        raise Refusal(
            Code.INVALID_INPUT, field=[name], expected=f"1 至 {limit} 件事件", expected_en=f"1 to {limit} cases"
        )
    values = {
        "realm": call.viewer.realm,
        "kind": choice.kind,
        "path": await _place(session, call.viewer),
        "made_by": call.viewer.principal,
        "made_by_name": call.viewer.name[:80],
        "at": call.now,
    }
    result = Result(0, 0, object_id=await batches.add(session, values, chosen))
    await once.settle(session, call, result)
    return result


async def _place(session: Session, viewer: Viewer) -> str:
    """Where somebody works: the widest division they hold a role over, or that of their unit."""
    divisions = [grant.value for grant in viewer.grants if grant.kind is ScopeKind.DIVISION]
    if divisions:
        return min(divisions, key=lambda path: (len(path), path))
    units = [int(grant.value) for grant in sorted(viewer.grants) if grant.kind is ScopeKind.DEPARTMENT]
    unit = await catalogue.by_id(session, catalogue.departments, units[0]) if units else None
    return "" if unit is None else str(unit.path)


async def _carry_out(db: Database, call: Call, choice: BatchChoice, item: batches.ItemRow) -> None:
    key = f"batch:{item.batch_id}:{item.position}"  # a second process, or a second try, decides nothing twice
    mine = replace(call, key=key, body={"batch": item.batch_id, "position": item.position}, expected_version=None)
    state, refused = BatchItemState.DONE, dict[str, Any]()
    try:
        await _one(db, mine, choice, item.case_id)
    except Refusal as refusal:
        values = {name: str(value) for name, value in refusal.values.items()}
        state = BatchItemState.REFUSED
        refused = {"code": refusal.code.value, "field_names": list(refusal.field), "sentence_values": values}
    async with db.write() as session:
        await batches.settle(session, item, state, call.now, **refused)


def _one(db: Database, call: Call, choice: BatchChoice, case_id: int) -> Awaitable[Result]:
    ways: dict[BatchKind, Callable[[], Awaitable[Result]]] = {
        BatchKind.DISPOSE: lambda: handling.complete(
            db,
            call,
            case_id,
            outcome=choice.outcome or CaseOutcome.RESOLVED,
            disposition=choice.disposition,
            evidence={},
            response=choice.response,
        ),
        BatchKind.DECLINE: lambda: intake.decline(
            db,
            call,
            case_id,
            reason=choice.reason,
            outcome=choice.outcome or CaseOutcome.NOT_OURS,
            disposition=choice.disposition,
            response=choice.response,
            suggested_channel=choice.suggested_channel,
        ),
        BatchKind.RESPOND: lambda: answering.respond(db, call, case_id, choice.response),
        BatchKind.CLOSE: lambda: closing.close(db, call, case_id, choice.outcome),
    }
    return ways[choice.kind]()


async def batch_of(db: Database, viewer: Viewer, batch_id: int) -> batches.BatchRow | None:
    """A batch for who made it, and for who leads where it was made; None for others."""
    async with db.read() as session:
        row = await batches.by_id_without_scope(session, viewer.realm, batch_id)
    if row is None or row.made_by == viewer.principal:
        return row
    leads = any(
        grant.role in LEADERS and grant.kind is ScopeKind.DIVISION and row.path.startswith(grant.value)
        for grant in viewer.grants
    )
    return row if leads else None
