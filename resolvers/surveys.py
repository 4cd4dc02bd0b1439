"""What whoever handed a case in says of it once it is closed, with an account or with nothing but a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from db import cases, people, surveys, tallies
from db.cases import CaseRow
from db.database import Database, Session
from db.scope import Grant, Masking, Scope, ScopeKind
from db.surveys import Satisfaction, SurveyRow
from db.vocabulary import CaseAction, CaseState, Channel, Realm, Role
from resolvers import closing, once, texts
from resolvers.advance import Change, advance, locked
from resolvers.answers import own_path
from resolvers.call import Call
from resolvers.deliveries import TAKEN_MOST, gateway_of
from resolvers.measuring import Period, Subject, may_measure
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.policy import Policy
from resolvers.tokens import LONGEST, hash_of, new_token
from resolvers.viewer import Viewer

INVITING = "发送评价短信"  # reason in the record of who was given a number


@dataclass(frozen=True, slots=True)
class Asked:
    """A survey and its case."""

    survey: SurveyRow
    case: CaseRow


async def find(db: Database, realm: Realm, token: str) -> Asked | None:
    """What a token was made for, whoever holds it and whether it still counts."""
    if not token or len(token) > LONGEST:
        return None
    async with db.read() as session:
        survey = await surveys.by_hash(session, realm, hash_of(token))
        if survey is None:
            return None
        return Asked(survey, (await cases.rows_without_scope(session, [survey.case_id]))[survey.case_id])


async def open_own(db: Database, call: Call, case_id: int) -> tuple[str, datetime]:
    """The token of the survey of a case one handed in, for one's own app; one made before stops counting."""
    async with db.write() as session:
        case = await locked(session, call, case_id)
        if not call.viewer.scope.handed_in(cases.columns_of(case)):
            raise Refusal(Code.FORBIDDEN, action="打开评价", action_name="SURVEY_OPEN")
        survey = await surveys.of_round(session, case.id, case.round)
        if survey is None:
            raise Refusal(Code.SURVEY_OVER)
        _require_open(survey, case, call.now)
        token = new_token()
        await surveys.change(session, survey.id, {"token_hash": hash_of(token)})
    return token, survey.expires_at


async def answer(
    db: Database, call: Call, token: str, *, is_solved: bool, is_satisfied: bool | None, note: str | None
) -> Result:
    """The one answer a token is good for; the case is confirmed, or not, in the same transaction."""
    words = texts.optional(note, "note", limit=texts.SHORT)
    asked = await _asked(db, call, token)

    async def prepare(session: Session, case: CaseRow) -> Change:
        survey = await _open_survey(session, call, case, token)
        told = {"is_solved": is_solved, "is_satisfied": is_satisfied, "note": words, "answered_at": call.now}
        await surveys.change(session, survey.id, told | {"send_by_sms": False})
        return Change({"is_confirmed": is_solved}, note="已解决" if is_solved else "未解决")

    return await advance(db, _as_submitter(call, asked), asked.case.id, CaseAction.CONFIRM, prepare)


async def request_reopen(db: Database, call: Call, token: str, reason: str | None) -> Result:
    """Who answered 未解决 may ask with the same token to have it taken up again, once."""
    asked = await _asked(db, call, token)

    async def spend(session: Session, case: CaseRow) -> None:
        survey = await surveys.by_hash(session, call.viewer.realm, hash_of(token))
        if survey is None or survey.is_solved is not False or survey.round != case.round:
            raise Refusal(Code.SURVEY_OVER)
        if survey.reopen_requested_at is not None:
            raise Refusal(Code.SURVEY_ANSWERED)
        await surveys.change(session, survey.id, {"reopen_requested_at": call.now})

    return await closing.request_reopen(db, _as_submitter(call, asked), asked.case.id, reason, spend=spend)


def offers_reopening(asked: Asked, now: datetime, policy: Policy) -> bool:
    """Whether the token that answered may still ask for reopening."""
    survey, case = asked.survey, asked.case
    is_waiting = survey.is_solved is False and survey.reopen_requested_at is None and survey.round == case.round
    return is_waiting and case.state is CaseState.CLOSED and now <= case.closed_at + policy.reopen_window


async def _asked(db: Database, call: Call, token: str) -> Asked:
    asked = await find(db, call.viewer.realm, token)
    if asked is None:
        what = "该评价" if call.viewer.language == "zh" else "The survey"
        raise Refusal(Code.NOT_FOUND, field=["token"], what=what)
    return asked


async def _open_survey(session: Session, call: Call, case: CaseRow, token: str) -> SurveyRow:
    survey = await surveys.by_hash(session, call.viewer.realm, hash_of(token))
    if survey is None:  # another token was made meanwhile
        raise Refusal(Code.SURVEY_OVER)
    _require_open(survey, case, call.now)
    return survey


def _require_open(survey: SurveyRow, case: CaseRow, now: datetime) -> None:
    if survey.answered_at is not None:
        raise Refusal(Code.SURVEY_ANSWERED)
    if survey.round != case.round or survey.expires_at <= now:
        raise Refusal(Code.SURVEY_OVER)


def _as_submitter(call: Call, asked: Asked) -> Call:
    """Whoever holds the token stands for who handed the case in, and for nothing else."""
    case = asked.case
    grant = Grant(case.submitter_role, ScopeKind.SELF, case.submitter_key)
    scope = Scope(case.realm, frozenset({grant}), Masking.WORKING, call.viewer.language)
    return replace(call, viewer=Viewer(f"SURVEY:{asked.survey.id}", case.submitter_role.label, scope))


async def take_invitations(db: Database, call: Call, first: int) -> Sequence[tuple[Any, str]]:
    """Surveys for a gateway to send, each with a fresh token; each look at a number is kept on record.

    The same key gives the same surveys with new tokens, as far as they have not been answered.
    """
    if Role.SOURCE_SYSTEM not in call.viewer.roles:
        raise Refusal(Code.FORBIDDEN, action="领取评价短信", action_name="SURVEY_INVITATIONS_TAKE")
    if not 1 <= first <= TAKEN_MOST:
        expected = f"1 至 {TAKEN_MOST} 条"
        raise Refusal(
            Code.INVALID_INPUT, field=["first"], expected=expected, expected_en=f"1 to {TAKEN_MOST} messages"
        )

    async def work(session: Session) -> Result:
        account = await gateway_of(session, call, Channel.SMS)
        rows = await surveys.to_send(session, call.viewer.realm, account, call.now, first)
        for row in rows:
            await surveys.change(session, row.survey_id, {"send_by_sms": False})
            record = {"realm": row.realm, "case_id": row.id, "principal": call.viewer.principal}
            await people.record_access(session, record | {"reason": INVITING, "at": call.now})
        result = Result(0, 0, object_ids=tuple(row.survey_id for row in rows))
        await once.settle(session, call, result)
        return result

    result = await once.once(db, call, work)
    found: list[tuple[Any, str]] = []
    async with db.write() as session:
        for row in await surveys.invitations(session, result.object_ids):
            if row.answered_at is None:
                token = new_token()
                await surveys.change(session, row.survey_id, {"token_hash": hash_of(token)})
                found.append((row, token))
    return found


async def satisfaction(db: Database, scope: Scope, path: str | None, period: Period) -> Satisfaction | None:
    """What people said at a division and below; None where the viewer may not read its figures."""
    place = path or own_path(scope)
    if place is None or not may_measure(scope, Subject(tallies.DIVISION, tallies.ancestors(place)[-1], place)):
        return None
    start, end = period.moments
    async with db.read() as session:
        return await surveys.satisfaction(session, scope.realm, place, start, end)
