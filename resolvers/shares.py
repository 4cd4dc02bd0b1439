"""Working a case with other units: who may see it, who assists, and what the assisting units find."""

from __future__ import annotations

from typing import Any

from db import catalogue, shares
from db.cases import CaseRow, columns_of
from db.database import Database, Session
from db.vocabulary import CaseAction, ShareRight
from resolvers import texts
from resolvers.advance import Change, Disposition, advance
from resolvers.call import Call, not_found
from resolvers.handling import checked_outcome
from resolvers.intake import checked_disposition
from resolvers.once import Result
from resolvers.refusals import Code, Refusal


async def share(
    db: Database, call: Call, case_id: int, department_id: int, right: ShareRight, reason: str | None
) -> Result:
    """Let another unit see the case, assist, or take part; or change what a unit may.

    Units of any place: a case at a boundary concerns the neighbour, whoever is above the two.
    """

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        unit = await catalogue.by_id(session, catalogue.departments, department_id)
        if unit is None:
            raise not_found(call, "department", "该单位", "The unit")
        if unit.id == case.responsible_unit_id:
            raise _wrong_unit("责任部门自己办理，无须共享", "not the responsible unit itself")
        present = {row.department_id: row.share_right for row in await _present(session, case)}
        if present.get(unit.id) is right:
            raise _wrong_unit("该单位已有这项权限", "a unit that does not have this right yet")
        if unit.id not in present and len(present) >= call.policy.shares_per_case:
            raise Refusal(Code.TOO_MANY, limit=call.policy.shares_per_case, what="个共享单位", what_en="shares")
        await shares.end_share(session, case.id, unit.id, call.now)
        await shares.add_share(
            session,
            {
                "case_id": case.id,
                "department_id": unit.id,
                "share_right": right,
                "reason": words,
                "shared_by": call.viewer.principal,
                "at": call.now,
            },
        )
        columns = _with(case, unit.id, right)
        if right is ShareRight.JOINT and await shares.has_spoken(session, case, unit.id):
            columns["joint_unit_ids"] = case.joint_unit_ids
        return Change(columns, note=f"{right.label}：{words}", department_id=unit.id)

    return await advance(db, call, case_id, CaseAction.SHARE, prepare)


async def unshare(db: Database, call: Call, case_id: int, department_id: int, reason: str | None) -> Result:
    """End a share: the case leaves the unit's view at once."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        if department_id not in case.shared_unit_ids:
            raise not_found(call, "department", "对该单位的共享", "A share with the unit")
        columns = await ended_share(session, call, case, department_id)
        return Change(columns, note=words, department_id=department_id)

    return await advance(db, call, case_id, CaseAction.UNSHARE, prepare)


async def add_disposition(
    db: Database, call: Call, case_id: int, disposition: Disposition, department_id: int | None
) -> Result:
    """What an assisting unit found and decided. It completes nothing: that is for the responsible unit."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        given = checked_disposition(disposition)
        if given.outcome is not None:
            checked_outcome(given.outcome)
        mine = call.viewer.scope.shares(columns_of(case))
        rights = {row.department_id: row.share_right for row in await _present(session, case)}
        able = sorted(mine.intersection(case.assisting_unit_ids))
        unit = department_id if department_id is not None else able[0]
        if unit not in able:
            raise not_found(call, "department", "该协办单位", "The assisting unit")
        if department_id is None and len(able) > 1:
            raise Refusal(
                Code.INVALID_INPUT, field=["department"], expected="请指明单位", expected_en="which of your units"
            )
        spoken = Disposition(given.text, given.basis, given.outcome, (unit, rights[unit]))
        still = [one for one in case.joint_unit_ids if one != unit]
        return Change({"joint_unit_ids": still}, disposition=spoken, department_id=unit)

    return await advance(db, call, case_id, CaseAction.ADD_DISPOSITION, prepare)


async def ended_share(session: Session, call: Call, case: CaseRow, department_id: int) -> dict[str, Any]:
    """Columns of a held case once a unit's share has ended: nothing where it had none."""
    if department_id not in case.shared_unit_ids:
        return {}
    await shares.end_share(session, case.id, department_id, call.now)
    return _with(case, department_id, None)


async def ask_joint_units_again(session: Session, case: CaseRow) -> dict[str, Any]:
    """Columns of a case that is done anew: each joint unit has to speak again."""
    return {"joint_unit_ids": await shares.joint_units(session, case.id)} if case.shared_unit_ids else {}


def _with(case: CaseRow, unit_id: int, right: ShareRight | None) -> dict[str, Any]:
    def placed(ids: list[int], is_in: bool) -> list[int]:
        return sorted({*ids, unit_id} if is_in else {*ids} - {unit_id})

    return {
        "shared_unit_ids": placed(case.shared_unit_ids, right is not None),
        "assisting_unit_ids": placed(case.assisting_unit_ids, right in (ShareRight.ASSIST, ShareRight.JOINT)),
        "joint_unit_ids": placed(case.joint_unit_ids, right is ShareRight.JOINT),
    }


async def _present(session: Session, case: CaseRow) -> list[shares.ShareRow]:
    return (await shares.shares_by_case(session, [case.id]))[case.id]


def _wrong_unit(expected: str, expected_en: str) -> Refusal:
    return Refusal(Code.INVALID_INPUT, field=["department"], expected=expected, expected_en=expected_en)
