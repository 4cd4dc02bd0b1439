"""Decisions that rest on cases: a commander records one, and who handed the cases in sees that they were used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from db import cases, decisions, places
from db.database import Database, Session
from db.scope import Scope, ScopeKind
from db.vocabulary import Role
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal

CASES_MOST = 100
READERS = frozenset({Role.COMMANDER, Role.SHIFT_LEADER, Role.ANALYST})


async def record(
    db: Database, call: Call, division_code: str, case_ids: Sequence[int], instruction: str, follow_up: str | None
) -> Result:
    """Record what a division decided, and on which cases of its own the decision rests."""

    async def work(session: Session) -> Result:
        division = await _commanded(session, call, division_code)
        wanted = sorted(set(case_ids))
        if not 1 <= len(wanted) <= CASES_MOST:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["basedOnCases"],
                expected=f"1 至 {CASES_MOST} 个事件",
                expected_en=f"1 to {CASES_MOST} cases",
            )
        found = await cases.by_ids(session, call.viewer.scope, wanted)
        if any(one not in found or not found[one].division_path.startswith(division.path) for one in wanted):
            raise not_found(call, "basedOnCases", "其中的事件", "One of the cases")
        later = texts.optional(follow_up, "followUp")
        values = {
            "realm": call.viewer.realm,
            "division_code": division.code,
            "division_path": division.path,
            "instruction": texts.text(instruction, "instruction"),
            "follow_up": later,
            "decided_by": call.viewer.principal,
            "decided_at": call.now,
            "followed_up_at": None if later is None else call.now,
        }
        return await _settled(session, call, await decisions.add(session, values, wanted))

    return await once.once(db, call, work)


async def follow_up(db: Database, call: Call, decision_id: int, text: str) -> Result:
    """Say what has become of a decision; the last word stands."""

    async def work(session: Session) -> Result:
        _require_commander(call)
        paths = paths_of(call.viewer.scope, frozenset({Role.COMMANDER}))
        if await decisions.below(session, call.viewer.realm, paths, decision_id) is None:
            raise not_found(call, "decisionId", "该决策", "The decision")
        await decisions.follow_up(session, decision_id, texts.text(text, "followUp"), call.now)
        return await _settled(session, call, decision_id)

    return await once.once(db, call, work)


def paths_of(scope: Scope, roles: frozenset[Role] = READERS) -> list[str]:
    """Divisions whose decisions a viewer may read, with all below."""
    return sorted({grant.value for grant in scope.grants if grant.role in roles and grant.kind is ScopeKind.DIVISION})


async def _commanded(session: Session, call: Call, code: str) -> places.DivisionRow:
    _require_commander(call)
    division = await places.division(session, code)
    held = paths_of(call.viewer.scope, frozenset({Role.COMMANDER}))
    if division is None or not any(division.path.startswith(path) for path in held):
        raise not_found(call, "division", "该行政区划", "The division")
    return division


def _require_commander(call: Call) -> None:
    if Role.COMMANDER not in call.viewer.roles:
        raise Refusal(Code.FORBIDDEN, action="记录决策", action_name="DECISION_RECORD")


async def _settled(session: Session, call: Call, decision_id: int) -> Result:
    result = Result(0, 0, object_id=decision_id)
    await once.settle(session, call, result)
    return result


async def decision_of(db: Database, scope: Scope, decision_id: int) -> Any | None:
    async with db.read() as session:
        return await decisions.below(session, scope.realm, paths_of(scope), decision_id)


async def page_of(db: Database, scope: Scope, path: str | None, *, first: int, before_id: int | None) -> list[Any]:
    """Newest first: of the viewer's divisions, or of one of them and below."""
    paths = paths_of(scope)
    if path is not None:
        paths = [path] if any(path.startswith(held) for held in paths) else []
    async with db.read() as session:
        return await decisions.page(session, scope.realm, paths, first=first, before_id=before_id)
