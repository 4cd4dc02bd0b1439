"""Receipts: an answer reached who handed the case in, or did not, and goes on by another channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from db import answers, cases, deliveries, people
from db.cases import CaseRow
from db.database import Database, Session
from db.deliveries import DeliveryRow
from db.leases import Fenced
from db.vocabulary import CaseAction, Channel, Role
from db.vocabulary.deliveries import OPEN_DELIVERY_STATES, DeliveryReport, DeliveryState
from resolvers import once, texts
from resolvers.advance import Change, write
from resolvers.call import Call
from resolvers.followers import own_keys
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import access, channels, lifecycle
from resolvers.rules.policy import Policy
from resolvers.rules.standing import Standing
from resolvers.telling import attempt
from resolvers.timers import Lead
from resolvers.viewer import Viewer, system_viewer

TAKEN_MOST = 100
TIMED_OUT_AT_ONCE = 50
SENDING = "发送短信"  # reason in the record of who was given a number

log = structlog.get_logger("gridcast.deliveries")


async def report(
    db: Database, call: Call, delivery_id: int, outcome: DeliveryReport, note: str | None, external_ref: str | None
) -> Result:
    """What became of an attempt, by who carried it. One that has an outcome keeps it, but for a late receipt after
    SYSTEM gave it up: then it did arrive, and what was tried instead is not needed any more."""
    needs_note = outcome is DeliveryReport.FAILED
    words = texts.reason(note, "note") if needs_note else texts.optional(note, "note", limit=texts.SHORT)
    ref = texts.optional(external_ref, "externalRef", limit=80)
    reported = {"reporter": call.viewer.principal, "note": words, "external_ref": ref}

    async def work(session: Session) -> Result:
        case, tried, standing = await _held(session, call, delivery_id)
        if outcome is DeliveryReport.FAILED:
            rule = lifecycle.decide(case, CaseAction.FAIL_DELIVERY, standing)
            if tried.state not in OPEN_DELIVERY_STATES:
                raise Refusal(Code.NO_DELIVERY)
            change = await _failed(session, call, case, tried, reported, is_reported=True)
        else:
            rule = lifecycle.decide(case, CaseAction.DELIVER, standing)
            change = await _delivered(session, call, case, tried, reported)
        return await write(session, call, case, rule, change)

    return await once.once(db, call, work)


async def _held(session: Session, call: Call, delivery_id: int) -> tuple[CaseRow, DeliveryRow, Standing]:
    """The case of an attempt, locked; the attempt under that lock; and how the caller stands to both."""
    missing = Refusal(Code.NOT_FOUND, what="该送达记录" if call.viewer.language == "zh" else "The delivery")
    found = await deliveries.by_id_without_scope(session, delivery_id)
    if found is None or found.realm is not call.viewer.realm:
        raise missing
    is_carrier = await _carries(session, call.viewer, found)
    scope = system_viewer(found.realm).scope if is_carrier else call.viewer.scope
    case = await cases.lock(session, scope, found.case_id)
    if case is None:
        raise missing
    tried = await deliveries.by_id_without_scope(session, delivery_id)  # as it is now that we hold the case
    assert tried is not None, "attempts are never removed"
    if is_carrier or _hands_back(call.viewer, case, tried):
        return case, tried, Standing(frozenset({Role.SOURCE_SYSTEM}), is_submitter=False)
    standing = access.standing(call.viewer.scope, cases.columns_of(case))
    if not standing.roles & channels.CALLERS:
        raise Refusal(Code.FORBIDDEN, action=CaseAction.DELIVER.label, action_name=CaseAction.DELIVER.name)
    if not standing.roles & channels.REPORTERS[tried.channel]:
        word = tried.channel.label if call.viewer.language == "zh" else tried.channel.name
        raise Refusal(Code.NOT_THE_REPORTER, channel=word)
    return case, tried, Standing(standing.roles & channels.REPORTERS[tried.channel], is_submitter=False)


async def _carries(session: Session, viewer: Viewer, tried: DeliveryRow) -> bool:
    if Role.SOURCE_SYSTEM not in viewer.roles:
        return False
    for account in own_keys(viewer):
        if await deliveries.carries(session, tried.realm, tried.channel, account, tried.division_path):
            return True
    return False


def _hands_back(viewer: Viewer, case: CaseRow, tried: DeliveryRow) -> bool:
    """The hotline that handed a case in calls its caller back itself."""
    return (
        tried.channel is Channel.HOTLINE_CALLBACK
        and case.submitter_role is Role.SOURCE_SYSTEM
        and case.submitter_key in own_keys(viewer)
    )


async def _delivered(
    session: Session, call: Call, case: CaseRow, tried: DeliveryRow, reported: dict[str, Any]
) -> Change:
    response = await deliveries.response(session, tried.response_id)
    if response.delivered_at is not None or response.undeliverable_at is not None:
        raise Refusal(Code.NO_DELIVERY)
    if tried.state not in OPEN_DELIVERY_STATES:
        if tried.reporter_role is not Role.SYSTEM:
            raise Refusal(Code.NO_DELIVERY)
        await deliveries.cancel_open(session, tried.response_id, call.now)
    role = _role(call)
    await _settle(session, call, tried, DeliveryState.DELIVERED, {**reported, "reporter_role": role})
    arrived = {"delivered_at": call.now, "channel": tried.channel}
    await deliveries.change_response(session, response.id, arrived)
    await answers.mark_answered(session, _in_round(case, response), response.at, call.now, is_delivered=True)
    return Change(_counted(case, response), note=_note(tried, reported["note"]))


async def _failed(
    session: Session, call: Call, case: CaseRow, tried: DeliveryRow, reported: dict[str, Any], *, is_reported: bool
) -> Change:
    """Go on to the next channel, or record that there is none left."""
    await _settle(session, call, tried, DeliveryState.FAILED, {**reported, "reporter_role": _role(call)})
    response = await deliveries.response(session, tried.response_id)
    onward = await _next(session, call.policy, case, tried, response, is_reported=is_reported)
    note = _note(tried, reported["note"])
    if onward is not None:
        again = attempt(case, response.id, tried.attempt + 1, onward, call.now, call.policy)
        await deliveries.add(session, again)
        return Change(note=f"{note}；改用{onward.label}"[: texts.SHORT])
    await deliveries.change_response(session, response.id, {"undeliverable_at": call.now})
    await answers.mark_answered(session, _in_round(case, response), response.at, call.now, is_delivered=False)
    return Change(_counted(case, response), note=f"{note}；无法送达"[: texts.SHORT])


async def _next(
    session: Session, policy: Policy, case: CaseRow, tried: DeliveryRow, response: Any, *, is_reported: bool
) -> Channel | None:
    if tried.channel is Channel.PHONE:
        calls = await deliveries.count_of(session, response.id, Channel.PHONE)
        if calls < policy.phone_calls:
            return Channel.PHONE
    has_number = bool(case.submitter_phone)
    return channels.next_channel(response.channel, tried.channel, has_number=has_number, is_reported=is_reported)


async def _settle(
    session: Session, call: Call, tried: DeliveryRow, state: DeliveryState, reported: dict[str, Any]
) -> None:
    settled = {"state": state, "settled_at": call.now, "due_at": None}
    await deliveries.change(session, tried.id, settled | reported)


def _counted(case: CaseRow, response: Any) -> dict[str, Any]:
    """Counters once a response has arrived, or cannot: one of an earlier round or before a rework answers nothing."""
    is_of_now = response.round == case.round and (case.reworked_at is None or response.at > case.reworked_at)
    return {"open_deliveries": case.open_deliveries - 1, "responses": case.responses + int(is_of_now)}


def _in_round(case: CaseRow, response: Any) -> Any:
    return answers.Round(case.id, response.round)


def _role(call: Call) -> Role:
    roles = call.viewer.roles
    return next((role for role in sorted(channels.CALLERS) if role in roles), min(roles))


def _note(tried: DeliveryRow, words: str | None) -> str:
    return f"{tried.channel.label}：{words}"[: texts.SHORT] if words else str(tried.channel.label)


async def time_outs(lead: Lead) -> int:
    """Give up what others should have carried by now, and go on: a duty of SYSTEM."""
    async with lead.db.read() as session:
        due = await deliveries.due_without_scope(session, lead.now, TIMED_OUT_AT_ONCE)
    done = 0
    for one in due:
        try:
            await _time_out(lead, one)
            done += 1
        except Refusal as refusal:  # its receipt came first
            log.info("deliveries.refused", delivery=one.id, code=refusal.code)
        except Fenced:
            raise
        except Exception:  # one that fails holds up no other
            log.exception("deliveries.failed", delivery=one.id)
    return done


async def _time_out(lead: Lead, found: DeliveryRow) -> None:
    call = lead.call(found.realm, f"delivery:{found.id}")

    async def work(session: Session) -> Result:
        case = await cases.lock(session, call.viewer.scope, found.case_id)
        tried = await deliveries.by_id_without_scope(session, found.id)
        assert case is not None and tried is not None, "neither is ever removed"
        if tried.state not in OPEN_DELIVERY_STATES:
            raise Refusal(Code.NO_DELIVERY)
        rule = lifecycle.consequence(case, CaseAction.FAIL_DELIVERY)
        reported = {"reporter": call.viewer.principal, "note": "超时无回执"}
        change = await _failed(session, call, case, tried, reported, is_reported=False)
        return await write(session, call, case, rule, change)

    await once.once(lead.db, call, work)


async def take(db: Database, call: Call, channel: Channel, first: int) -> tuple[Result, Sequence[Any]]:
    """Hand a gateway what it is to carry next, number and words; each look at a number is kept on record.

    The same key gives the same messages again, so that an answer that was lost costs nobody their message.
    """
    if Role.SOURCE_SYSTEM not in call.viewer.roles:
        raise Refusal(Code.FORBIDDEN, action="领取待发短信", action_name="DELIVERIES_TAKE")
    if not 1 <= first <= TAKEN_MOST:
        expected = f"1 至 {TAKEN_MOST} 条"
        raise Refusal(
            Code.INVALID_INPUT, field=["first"], expected=expected, expected_en=f"1 to {TAKEN_MOST} messages"
        )

    async def work(session: Session) -> Result:
        account = await gateway_of(session, call, channel)
        rows = await deliveries.to_take(session, call.viewer.realm, channel, account, first)
        wait = channels.wait(channel, call.policy)
        if rows:
            due_at = None if wait is None else call.now + wait
            await deliveries.take(session, [row.delivery_id for row in rows], call.now, due_at)
        for row in rows:
            record = {"realm": row.realm, "case_id": row.id, "principal": call.viewer.principal}
            await people.record_access(session, record | {"reason": SENDING, "at": call.now})
        result = Result(0, 0, object_ids=tuple(row.delivery_id for row in rows))
        await once.settle(session, call, result)
        return result

    result = await once.once(db, call, work)
    async with db.read() as session:
        found = await deliveries.messages(session, result.object_ids)
    return result, [found[one] for one in result.object_ids]


async def gateway_of(session: Session, call: Call, channel: Channel) -> str:
    for account in sorted(own_keys(call.viewer)):
        if await deliveries.is_gateway(session, call.viewer.realm, channel, account):
            return account
    word = channel.label if call.viewer.language == "zh" else channel.name
    raise Refusal(Code.NOT_THE_REPORTER, channel=word)
