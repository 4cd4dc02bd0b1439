"""What people on duty at a centre do: shifts and their handover, and acknowledging what is urgent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from db import centres, journal
from db.cases import CaseRow
from db.centres import CentreRow, Item, Left, ShiftRow
from db.database import Database, Session
from db.posts import Post, posts, stands_over
from db.vocabulary import CaseAction, CaseState, Realm, Role, SubjectKind
from db.vocabulary.centres import Capability, HandoverKind, ShiftState
from resolvers import once, texts
from resolvers.advance import Change, advance
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal

LONGEST_SHIFT = timedelta(hours=48)
USUAL_SHIFT = timedelta(hours=12)  # looked ahead where no shift says how long the next one is
NAMED_MOST = 5  # cases that a refusal names
NOTE_MAX = 1_000
SEATS_MOST = 100


async def acknowledge(db: Database, call: Call, case_id: int, note: str | None) -> Result:
    """Say that an urgent case has been seen: until then no shift ends on it."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.optional(note, "note", limit=texts.SHORT)
        return Change({"acknowledged_at": call.now, "acknowledged_by": call.viewer.principal}, note=words)

    return await advance(db, call, case_id, CaseAction.ACKNOWLEDGE, prepare)


# -- what a shift leaves


@dataclass(frozen=True, slots=True)
class Handover:
    """What the next shift has to know of, as it was at a moment."""

    as_of: datetime
    until: datetime  # end of the next shift, up to which things fall due
    left: list[Left]

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def of(stored: Mapping[str, Any]) -> Handover:
        left = [
            Left(HandoverKind[one["kind"]], one["count"], [_item(item) for item in one["items"]])
            for one in stored["left"]
        ]
        return Handover(datetime.fromisoformat(stored["as_of"]), datetime.fromisoformat(stored["until"]), left)


def _item(stored: Mapping[str, Any]) -> Item:
    due_at, state = stored["due_at"], stored["state"]
    return Item(
        HandoverKind[stored["kind"]],
        stored["case_id"],
        stored.get("order_id"),
        stored["number"],
        stored["title"],
        None if state is None else CaseState[state],
        datetime.fromisoformat(stored["since"]),
        None if due_at is None else datetime.fromisoformat(due_at),
    )


async def handover_now(session: Session, realm: Realm, code: str, now: datetime) -> Handover:
    """What a centre would hand over at this moment."""
    running = (await centres.current_shifts(session, realm, [code])).get(code)
    until = now + USUAL_SHIFT
    if running is not None:
        length = running.planned_end_at - running.started_at
        until = max(now, running.planned_end_at) + length
    return Handover(now, until, await centres.left_behind(session, realm, code, until))


# -- shifts


async def start(db: Database, call: Call, code: str, planned_end_at: datetime) -> Result:
    """Begin the first shift of a centre, or the first after a pause; every other begins by taking over."""

    async def work(session: Session) -> Result:
        centre = await _own_centre(session, call, code, "开始值班", "SHIFT_START")
        if code in await centres.current_shifts(session, call.viewer.realm, [code]):
            raise Refusal(Code.SHIFT_RUNNING)
        shift_id = await _begin(session, call, centre.path, code, planned_end_at)
        return await _done(session, call, [(shift_id, 1, centre.path)], Role.SHIFT_LEADER)

    return await once.once(db, call, work)


async def hand_over(db: Database, call: Call, shift_id: int, expected: int, note: str | None) -> Result:
    """The outgoing leader signs: the server puts down what is left and keeps it as what was handed over.

    Until somebody takes over the shift is still on duty, and its leader may hand over anew. A commander may in their
    place.
    """

    async def work(session: Session) -> Result:
        held, shift = await _locked(session, call, shift_id)
        role = _may_hand_over(call, held, shift)
        _check(call, shift, expected, {ShiftState.ON_DUTY, ShiftState.HANDED_OVER}, "交班", "SHIFT_HAND_OVER")
        await _all_seen(session, call, shift)
        words = texts.optional(note, "note", limit=NOTE_MAX)
        handover = await handover_now(session, shift.realm, shift.centre_code, call.now)
        columns = {
            "version": shift.version + 1,
            "state": ShiftState.HANDED_OVER,
            "handed_over_at": call.now,
            "handed_over_by": call.viewer.principal,
            "handed_over_name": call.viewer.name[:80],
            "handover": handover.stored(),
            "note": words,
        }
        await centres.change_shift(session, shift.id, columns)
        return await _done(session, call, [(shift.id, shift.version + 1, shift.path)], role)

    return await once.once(db, call, work)


async def take_over(db: Database, call: Call, shift_id: int, expected: int, planned_end_at: datetime) -> Result:
    """The incoming leader signs for what was handed over: one shift ends and the next begins."""

    async def work(session: Session) -> Result:
        held, shift = await _locked(session, call, shift_id)
        if not _is_of(held, Role.SHIFT_LEADER, shift.path):
            raise Refusal(Code.FORBIDDEN, action="接班", action_name="SHIFT_TAKE_OVER")
        _check(call, shift, expected, {ShiftState.HANDED_OVER}, "接班", "SHIFT_TAKE_OVER")
        if call.viewer.principal in (shift.leader, shift.handed_over_by):
            raise Refusal(Code.OWN_HANDOVER)
        await _all_seen(session, call, shift)
        columns = {"version": shift.version + 1, "state": ShiftState.ENDED, "ended_at": call.now}
        await centres.change_shift(session, shift.id, columns)
        next_id = await _begin(session, call, shift.path, shift.centre_code, planned_end_at)
        await centres.change_shift(session, shift.id, {"next_id": next_id})
        changed = [(shift.id, shift.version + 1, shift.path), (next_id, 1, shift.path)]
        return await _done(session, call, changed, Role.SHIFT_LEADER)

    return await once.once(db, call, work)


async def _begin(session: Session, call: Call, path: str, code: str, planned_end_at: datetime) -> int:
    if planned_end_at <= call.now:
        raise Refusal(Code.DATE_IN_PAST, field=["plannedEndAt"])
    if planned_end_at - call.now > LONGEST_SHIFT:
        hours = int(LONGEST_SHIFT.total_seconds() // 3600)
        raise Refusal(
            Code.INVALID_INPUT,
            field=["plannedEndAt"],
            expected=f"一个班次最长 {hours} 小时",
            expected_en=f"a shift of at most {hours} hours",
        )
    return await centres.add_shift(
        session,
        {
            "realm": call.viewer.realm,
            "version": 1,
            "centre_code": code,
            "path": path,
            "state": ShiftState.ON_DUTY,
            "leader": call.viewer.principal,
            "leader_name": call.viewer.name[:80],
            "started_at": call.now,
            "planned_end_at": planned_end_at,
        },
    )


async def _own_centre(session: Session, call: Call, code: str, action: str, action_name: str) -> CentreRow:
    """The centre, held, whose own shift leader is calling."""
    if Role.SHIFT_LEADER not in call.viewer.roles:
        raise Refusal(Code.FORBIDDEN, action=action, action_name=action_name)
    held = await posts(session, call.viewer.scope)
    centre = await centres.lock_centre(session, code)
    if centre is None or not stands_over(held, centre.path):
        raise not_found(call, "centre", "该指挥中心", "The centre")
    if not _is_of(held, Role.SHIFT_LEADER, centre.path):
        raise Refusal(Code.FORBIDDEN, action=action, action_name=action_name)
    return centre


async def _locked(session: Session, call: Call, shift_id: int) -> tuple[tuple[Post, ...], ShiftRow]:
    held = await posts(session, call.viewer.scope)
    shift = await centres.lock_shift(session, call.viewer.realm, shift_id)
    if shift is None or not stands_over(held, shift.path):
        raise not_found(call, "shiftId", "该班次", "The shift")
    return held, shift


def _may_hand_over(call: Call, held: Iterable[Post], shift: ShiftRow) -> Role:
    if call.viewer.principal == shift.leader and Role.SHIFT_LEADER in call.viewer.roles:
        return Role.SHIFT_LEADER
    if stands_over([post for post in held if post.role is Role.COMMANDER], shift.path):
        return Role.COMMANDER
    raise Refusal(Code.FORBIDDEN, action="交班", action_name="SHIFT_HAND_OVER")


def _is_of(held: Iterable[Post], role: Role, path: str) -> bool:
    """Whether somebody holds a role at exactly that division."""
    return any(post.is_division and post.role is role and post.path == path for post in held)


def _check(
    call: Call, shift: ShiftRow, expected: int, states: set[ShiftState], action: str, action_name: str
) -> None:
    if shift.version != expected:
        raise Refusal(Code.CONFLICT, field=["expectedVersion"], version=shift.version)
    if shift.state not in states:
        state = shift.state
        raise Refusal(
            Code.SHIFT_STATE, state=state.label, state_name=state.name, action=action, action_name=action_name
        )


async def _all_seen(session: Session, call: Call, shift: ShiftRow) -> None:
    """Refuse to let a shift end on an urgent case that nobody has said to have seen."""
    numbers = await centres.unacknowledged(session, shift.realm, shift.centre_code)
    if numbers:
        rest = "" if len(numbers) <= NAMED_MOST else " …"
        raise Refusal(Code.URGENT_UNACKNOWLEDGED, count=len(numbers), cases="、".join(numbers[:NAMED_MOST]) + rest)


async def _done(session: Session, call: Call, changed: Sequence[tuple[int, int, str]], role: Role) -> Result:
    """Answer with the newest of the shifts that changed; the journal last."""
    newest, version, _ = changed[-1]
    result = Result(0, version, object_id=newest)
    await once.settle(session, call, result)
    entries = [
        journal.notice(call.viewer.realm, SubjectKind.SHIFT, shift_id, version, path=path, role=role, at=call.now)
        for shift_id, version, path in changed
    ]
    await journal.append(session, entries)
    return result


# -- what a centre is


async def arrange(
    db: Database, call: Call, code: str, capabilities: Sequence[Capability], seats: Mapping[int, str]
) -> Result:
    """Say which of the seven functions a centre has and which departments sit there; by a commander of its line."""

    async def work(session: Session) -> Result:
        if Role.COMMANDER not in call.viewer.roles:
            raise Refusal(Code.FORBIDDEN, action="设置指挥中心", action_name="CENTRE_ARRANGE")
        held = [post for post in await posts(session, call.viewer.scope) if post.role is Role.COMMANDER]
        centre = await centres.lock_centre(session, code)
        if centre is None or not stands_over(held, centre.path):
            raise not_found(call, "centre", "该指挥中心", "The centre")
        if len(seats) > SEATS_MOST:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["seats"],
                expected=f"最多 {SEATS_MOST} 个席位",
                expected_en=f"at most {SEATS_MOST} seats",
            )
        if await centres.departments_in_line(session, sorted(seats), centre.path) != set(seats):
            raise not_found(call, "seats", "该责任部门", "The department")
        duties = {unit: texts.text(duty, "duty", limit=80) for unit, duty in seats.items()}
        wanted = set(capabilities)
        await centres.arrange(session, code, [one.value for one in Capability if one in wanted], duties)
        result = Result(0, 0)
        await once.settle(session, call, result)
        return result

    return await once.once(db, call, work)
