"""Whom to ask for at the place of a work order: the department says so, the provider is told while it works on it.

Never the person who handed the case in, not even if they would agree: consent is not on record yet, so nobody could
show that it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import cases, order_contacts
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, Role
from resolvers import texts
from resolvers.call import Call
from resolvers.once import Result
from resolvers.order_moves import Act, Move, move, told_to_provider
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from resolvers.rules.orders import IN_HAND
from resolvers.viewer import Viewer

WHO_MAX = 80
PHONE_MAX = 20
PHONE_DIGITS = 5  # least: as in 12345


@dataclass(frozen=True, slots=True)
class SiteContact:
    who: str
    phone: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """A provider reads a contact."""

    case_id: int
    order_id: int
    given_at: datetime


async def keep(
    session: Session, call: Call, case: CaseRow, order_id: int, given: SiteContact, *, within: str = ""
) -> None:
    """Put it down for an order of a held case; `within` is the part of the input it came in."""
    path = [within] if within else []
    who = texts.text(given.who, "who", limit=WHO_MAX)
    phone = texts.text(given.phone, "phone", limit=PHONE_MAX)
    note = texts.optional(given.note, "note", limit=texts.SHORT)
    digits = sum(character.isdecimal() for character in phone)
    if digits < PHONE_DIGITS or not all(character.isdecimal() or character in "+- " for character in phone):
        raise Refusal(Code.INVALID_INPUT, field=[*path, "phone"], expected="电话号码", expected_en="a phone number")
    wrong = _names(who, phone, await cases.persons_of_without_scope(session, case.id))
    if wrong is not None:
        raise Refusal(Code.CONTACT_IS_SUBMITTER, field=[*path, wrong])
    await order_contacts.put(
        session,
        {
            "work_order_id": order_id,
            "who": told_to_provider(case, who),
            "phone": phone,
            "note": None if note is None else told_to_provider(case, note),
            "given_by": call.viewer.principal,
            "given_at": call.now,
        },
    )


def _names(who: str, phone: str, persons: Sequence[tuple[str | None, str | None]]) -> str | None:
    """Where it gives one of these persons away: `phone` or `who`; None where it does not."""
    for name, number in persons:
        if access.is_same_number(phone, number):
            return "phone"
        if name and len(name) > 1 and name in who:
            return "who"
    return None


async def recheck(session: Session, case: CaseRow, joining: int) -> None:
    """Another case is about to be merged into a held one: a contact of its orders who turns out to be one of its
    persons is no longer known, and their providers are told that there is none."""
    if not case.open_work_orders:
        return
    orders = [one for one in await cases.work_orders_of(session, [case.id]) if one.contact_given_at is not None]
    if not orders:
        return
    persons = await cases.persons_of_without_scope(session, joining)
    given = await order_contacts.by_order(session, [order.id for order in orders])
    for order in orders:
        contact = given[order.id]
        if _names(contact.who, contact.phone, persons) is not None:
            await order_contacts.erase(session, order.id)
            await cases.change_work_order(session, order.id, {"contact_given_at": None})


async def set_contact(db: Database, call: Call, order_id: int, given: SiteContact) -> Result:
    """Say whom to ask for, in place of what was said before."""

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        await keep(session, call, case, order.id, given)
        return Move({"contact_given_at": call.now})

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_SET_CONTACT, prepare))


async def clear_contact(db: Database, call: Call, order_id: int) -> Result:
    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        await order_contacts.erase(session, order.id)
        return Move({"contact_given_at": None})

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_CLEAR_CONTACT, prepare))


def may_see(viewer: Viewer, order: Any, case: CaseRow | None) -> bool:
    """The department that has the case, and the order's own provider while it works on it; nobody else."""
    if access.looks_as_provider(viewer.scope, order):
        return order.state in IN_HAND
    return case is not None and Role.HANDLER in viewer.scope.roles_over(cases.columns_of(case))


async def record(db: Database, viewer: Viewer, now: datetime, looks: list[Look]) -> None:
    """Put on record that a provider's account read contacts: each once, however often it looks again."""
    rows = [
        {
            "realm": viewer.realm,
            "case_id": look.case_id,
            "principal": viewer.principal,
            "reason": f"服务商查看现场联系人：任务单 {look.order_id}",
            "at": now,
            "since": look.given_at,
        }
        for look in looks
    ]
    async with db.read() as session:
        missing = await order_contacts.unrecorded(session, rows)
    if missing:
        async with db.write() as session:
            await order_contacts.record(session, missing)
