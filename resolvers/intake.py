"""Taking up what was handed in: accept, verify, register, decline, merge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from db import cases
from db.cases import CaseRow
from db.database import Database, Session
from db.followers import release_merged
from db.vocabulary import (
    CaseAction,
    CaseOutcome,
    DeclineReason,
    EvidenceKind,
    GridTask,
    Priority,
    TaskAssignee,
    VerificationResult,
)
from resolvers import burden, order_contacts, texts
from resolvers.advance import Change, Disposition, advance, consequence
from resolvers.call import Call, not_found
from resolvers.followers import followed_by
from resolvers.gazetteer import matter_columns
from resolvers.once import Result
from resolvers.refusals import Code, Refusal


async def accept(db: Database, call: Call, case_id: int) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change({"accepted_at": call.now})

    return await advance(db, call, case_id, CaseAction.ACCEPT, prepare)


async def request_verification(
    db: Database,
    call: Call,
    case_id: int,
    assignee: TaskAssignee,
    note: str | None,
    override_reason: str | None = None,
) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        told = [assignee.label, texts.optional(note, "note", limit=texts.SHORT)]
        if assignee is TaskAssignee.GRID_WORKER:
            told.append(await burden.give(session, call, case, GridTask.VERIFICATION, override_reason))
        return Change(note="：".join(part for part in told if part))

    return await advance(db, call, case_id, CaseAction.REQUEST_VERIFICATION, prepare)


async def verify(
    db: Database,
    call: Call,
    case_id: int,
    result: VerificationResult,
    note: str | None,
    evidence: Mapping[str, EvidenceKind],
) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.optional(note, "note", limit=texts.SHORT)
        return Change(
            {"verification": result}, note=f"{result.label}：{words}" if words else result.label, evidence=evidence
        )

    return await advance(db, call, case_id, CaseAction.VERIFY, prepare)


async def cancel_verification(db: Database, call: Call, case_id: int, note: str | None) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change(note=texts.optional(note, "note", limit=texts.SHORT))

    return await advance(db, call, case_id, CaseAction.CANCEL_VERIFICATION, prepare)


async def register(
    db: Database, call: Call, case_id: int, matter_id: int | None, priority: Priority | None
) -> Result:
    """Decide that it is a case; its clock starts by the matter's standard."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        chosen = matter_id or case.matter_id
        if chosen is None:
            raise Refusal(Code.MATTER_REQUIRED, field=["matter"])
        columns: dict[str, Any] = {"registered_at": call.now, "accepted_at": case.accepted_at or call.now}
        columns |= await matter_columns(session, call, case, chosen)
        if priority is not None:
            columns["priority"] = priority
        return Change(columns)

    return await advance(db, call, case_id, CaseAction.REGISTER, prepare)


async def decline(
    db: Database,
    call: Call,
    case_id: int,
    *,
    reason: DeclineReason,
    outcome: CaseOutcome,
    disposition: Disposition,
    response: str,
    suggested_channel: str,
) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        if outcome not in (CaseOutcome.NOT_OURS, CaseOutcome.NO_PROBLEM_FOUND):
            raise Refusal(
                Code.INVALID_INPUT,
                field=["outcome"],
                expected="不属受理范围或未发现问题",
                expected_en="NOT_OURS or NO_PROBLEM_FOUND",
            )
        channel = texts.text(suggested_channel, "suggestedChannel", limit=texts.SHORT)
        return Change(
            {"outcome": outcome},
            note=f"{reason.label}；建议渠道：{channel}",
            disposition=checked_disposition(disposition),
            response=f"{texts.text(response, 'response')}（建议渠道：{channel}）",
        )

    return await advance(db, call, case_id, CaseAction.DECLINE, prepare)


def checked_disposition(given: Disposition, outcome: CaseOutcome | None = None) -> Disposition:
    if not given.text.strip():
        raise Refusal(Code.DISPOSITION_REQUIRED, field=["disposition", "text"])
    return Disposition(
        texts.text(given.text, "disposition"),
        texts.optional(given.basis, "basis", limit=texts.SHORT),
        outcome or given.outcome,
    )


async def merge(db: Database, call: Call, case_id: int, master_id: int) -> Result:
    """Join a duplicate to its master, which must be open, in scope and not merged itself.

    Who handed it in, and who follows it, follow the master from now on: they are told what becomes of it.
    """

    async def prepare(session: Session, case: CaseRow) -> Change:
        master = (await cases.by_ids(session, call.viewer.scope, [master_id])).get(master_id)
        if master is None or master.id == case.id:
            raise not_found(call, "master", "主件", "The master case")
        if not master.is_open or master.merged_into_id is not None:  # one that asks to be reopened is still merged
            raise Refusal(Code.MASTER_CLOSED, field=["master"])
        if master.parent_id is not None:
            raise Refusal(Code.IS_A_CHILD, field=["master"])
        told = [case.submitter_key, *case.follower_keys]
        joined = Change(await followed_by(session, call, master, told, merged_case_id=case.id))
        await order_contacts.recheck(session, master, case.id)
        columns = {
            "merged_into_id": master.id,
            "outcome": CaseOutcome.DUPLICATE,
            "accepted_at": case.accepted_at or call.now,
        }
        return Change(columns, note=cases.number_of(master), also=[consequence(master, CaseAction.TAKE_IN, joined)])

    return await advance(db, call, case_id, CaseAction.MERGE, prepare, beside=master_id)


async def unmerge(db: Database, call: Call, case_id: int, reason: str | None) -> Result:
    """Separate a duplicate again; who followed the master only because of it no longer does."""

    async def master_of(session: Session) -> int | None:
        masters = await cases.masters_without_scope(session, [case_id])
        return next(iter(masters[case_id]), None)

    async def prepare(session: Session, case: CaseRow) -> Change:
        master = (await cases.by_ids(session, call.viewer.scope, [case.merged_into_id])).get(case.merged_into_id)
        if master is None or not master.is_open:
            raise Refusal(Code.MASTER_CLOSED)
        words = texts.reason(reason)
        apart = Change({"follower_keys": await release_merged(session, master, case)})
        return Change(
            {"merged_into_id": None, "outcome": None},
            note=words,
            also=[consequence(master, CaseAction.LET_GO, apart)],
        )

    return await advance(db, call, case_id, CaseAction.UNMERGE, prepare, beside=master_of)
