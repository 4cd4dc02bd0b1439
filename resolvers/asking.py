"""Asking whoever handed a case in what they say of it, when it is closed."""

from __future__ import annotations

from db import surveys
from db.cases import CaseRow
from db.database import Session
from db.vocabulary import Channel, Role
from resolvers.call import Call
from resolvers.rules import channels

BY_SMS = frozenset({Channel.SMS, Channel.PHONE, Channel.HOTLINE_CALLBACK})


async def ask(session: Session, call: Call, case: CaseRow) -> None:
    """Open the survey of a round, unless no person handed the case in."""
    has_number = bool(case.submitter_phone)
    if case.submitter_role is Role.SOURCE_SYSTEM and not has_number:
        return
    if await surveys.of_round(session, case.id, case.round) is not None:
        return
    await surveys.open_one(
        session,
        {
            "realm": case.realm,
            "case_id": case.id,
            "round": case.round,
            "division_path": case.division_path,
            "created_at": call.now,
            "expires_at": call.now + call.policy.survey_lifetime,
            "send_by_sms": has_number and channels.first_channel(case) in BY_SMS,
        },
    )
