"""Centres, who sits there, who is on duty, and what a shift leaves to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, insert, or_, select, update

from db import command_orders
from db.cases import cases, number_of
from db.commitments import commitments
from db.database import Session
from db.hops import hops
from db.posts import Post, above, in_line
from db.tables import Centre, Department, Division, Seat, Shift
from db.visible import under
from db.vocabulary import CaseState, Priority, Realm
from db.vocabulary.centres import HandoverKind

CentreRow = Any
"""A centre with code, name, capabilities, and its division's level and path."""
ShiftRow = Any

centres: Any = Centre.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
shifts: Any = Shift.__table__  # type: ignore[attr-defined]
_seats: Any = Seat.__table__  # type: ignore[attr-defined]
_divisions: Any = Division.__table__  # type: ignore[attr-defined]
_departments: Any = Department.__table__  # type: ignore[attr-defined]

ITEMS_MOST = 100  # of one kind in a handover: who has more to hand over reads the lists themselves

_CENTRES = select(
    centres.c.division_code.label("code"),
    centres.c.name,
    centres.c.capabilities,
    _divisions.c.level,
    _divisions.c.path,
).join(_divisions, _divisions.c.code == centres.c.division_code)


# -- centres


async def by_codes(session: Session, codes: Sequence[str]) -> dict[str, CentreRow]:
    return {row.code: row for row in await session.execute(_CENTRES.where(centres.c.division_code.in_(codes)))}


async def below_by_path(session: Session, paths: Sequence[str]) -> dict[str, list[CentreRow]]:
    """The centres next below each division: those with no other centre between, in order of code."""
    inside = or_(false(), *(under(_divisions.c.path, path) for path in paths))
    rows = list(await session.execute(_CENTRES.where(inside).order_by(centres.c.division_code)))
    known = {row.path for row in rows}
    found: dict[str, list[CentreRow]] = {path: [] for path in paths}
    for row in rows:
        superior = _nearest(row.path, known.union(paths))
        if superior in found:
            found[superior].append(row)
    return found


def _nearest(path: str, known: set[str]) -> str | None:
    """The longest path of `known` above this one."""
    codes = path.rstrip("/").split("/")
    candidates = ("/".join(codes[:depth]) + "/" for depth in range(len(codes) - 1, 0, -1))
    return next((one for one in candidates if one in known), None)


async def page(
    session: Session, held: Sequence[Post], path: str | None, *, first: int, after_code: str | None
) -> list[CentreRow]:
    """Centres of one's own line, from the top down to all that lies below, in order of code."""
    statement = _CENTRES.where(in_line(_divisions.c.path, held))
    if path is not None:
        statement = statement.where(under(_divisions.c.path, path))
    if after_code is not None:
        statement = statement.where(centres.c.division_code > after_code)
    return list(await session.execute(statement.order_by(centres.c.division_code).limit(first)))


async def seats_by_centre(session: Session, codes: Sequence[str]) -> dict[str, list[Any]]:
    """Department id and duty of each seat, in order of department."""
    found: dict[str, list[Any]] = {code: [] for code in codes}
    statement = select(_seats).where(_seats.c.centre_code.in_(codes)).order_by(_seats.c.department_id)
    for row in await session.execute(statement):
        found[row.centre_code].append(row)
    return found


async def lock_centre(session: Session, code: str) -> CentreRow | None:
    """Held until the transaction ends, so that two who begin a shift do so one after the other."""
    held = await session.execute(
        select(centres.c.division_code).where(centres.c.division_code == code).with_for_update()
    )
    return (await by_codes(session, [code])).get(code) if held.first() is not None else None


async def arrange(session: Session, code: str, capabilities: Sequence[str], seats: Mapping[int, str]) -> None:
    await session.execute(
        update(centres).where(centres.c.division_code == code).values(capabilities=list(capabilities))
    )
    await session.execute(_seats.delete().where(_seats.c.centre_code == code))
    if seats:
        rows = [{"centre_code": code, "department_id": unit, "duty": duty} for unit, duty in seats.items()]
        await session.execute(insert(_seats), rows)


async def departments_in_line(session: Session, ids: Sequence[int], path: str) -> set[int]:
    """Which of these departments belong to a division, or to one above or below it."""
    in_its_line = or_(under(_departments.c.path, path), _departments.c.path.in_(above(path)))
    statement = select(_departments.c.id).where(_departments.c.id.in_(ids), in_its_line)
    return {row.id for row in await session.execute(statement)}


# -- shifts


async def current_shifts(session: Session, realm: Realm, codes: Sequence[str]) -> dict[str, ShiftRow]:
    """The shift on duty of each centre that has one."""
    statement = select(shifts).where(
        shifts.c.realm == realm, shifts.c.centre_code.in_(codes), shifts.c.ended_at.is_(None)
    )
    return {row.centre_code: row for row in await session.execute(statement)}


async def shifts_page(
    session: Session, realm: Realm, code: str, *, first: int, before_id: int | None
) -> list[ShiftRow]:
    """Newest first."""
    statement = select(shifts).where(shifts.c.realm == realm, shifts.c.centre_code == code)
    if before_id is not None:
        statement = statement.where(shifts.c.id < before_id)
    return list(await session.execute(statement.order_by(shifts.c.id.desc()).limit(first)))


async def shift(session: Session, realm: Realm, shift_id: int) -> ShiftRow | None:
    statement = select(shifts).where(shifts.c.id == shift_id, shifts.c.realm == realm)
    return (await session.execute(statement)).one_or_none()


async def lock_shift(session: Session, realm: Realm, shift_id: int) -> ShiftRow | None:
    statement = select(shifts).where(shifts.c.id == shift_id, shifts.c.realm == realm)
    return (await session.execute(statement.with_for_update())).one_or_none()


async def add_shift(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(shifts).values(**values).returning(shifts.c.id))).scalar_one())


async def change_shift(session: Session, shift_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(shifts).where(shifts.c.id == shift_id).values(**values))


# -- what is handed over


@dataclass(frozen=True, slots=True)
class Item:
    """One thing the next shift has to know of. Holds nothing personal: it is kept as it was signed."""

    kind: HandoverKind
    case_id: int | None  # of an order None
    order_id: int | None
    number: str | None  # of the case
    title: str
    state: CaseState | None
    since: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Left:
    """Everything of one kind: how many there are, and the first of them."""

    kind: HandoverKind
    count: int
    items: list[Item]


async def left_behind(session: Session, realm: Realm, code: str, until: datetime) -> list[Left]:
    """What a centre holds that is urgent, falls due or was promised until then, is not signed, or waits for its own
    receipt."""
    held = and_(cases.c.realm == realm, cases.c.held_by == code, cases.c.is_open)
    questions: list[tuple[HandoverKind, ColumnElement[bool], Any, Any]] = [
        (HandoverKind.URGENT, cases.c.priority == Priority.URGENT, cases.c.submitted_at, cases.c.due_at),
        (HandoverKind.DUE, and_(cases.c.clock_runs, cases.c.due_at <= until), cases.c.due_at, cases.c.due_at),
        (HandoverKind.UNSIGNED, cases.c.state == CaseState.DISPATCHED, cases.c.dispatched_at, cases.c.due_at),
    ]
    found = [
        await _left(session, kind, select(cases, since.label("since"), due.label("until")).where(held, which), since)
        for kind, which, since, due in questions
    ]
    waiting = (
        select(cases, hops.c.at.label("since"), hops.c.due_at.label("until"))
        .join(hops, hops.c.id == cases.c.hop_id)
        .where(held)
    )
    promised = (
        select(cases, commitments.c.made_at.label("since"), commitments.c.promised_at.label("until"))
        .join(commitments, commitments.c.case_id == cases.c.id)
        .where(held, commitments.c.kept_at.is_(None), commitments.c.promised_at <= until)
    )
    return [
        *found,
        await _left(session, HandoverKind.HOP, waiting, hops.c.at),
        await _left(session, HandoverKind.COMMITMENT, promised, commitments.c.promised_at),
        await _unsigned_orders(session, realm, code),
    ]


async def _unsigned_orders(session: Session, realm: Realm, code: str) -> Left:
    kind = HandoverKind.ORDER
    rows = await command_orders.unsigned_from(session, realm, code, ITEMS_MOST)
    items = [Item(kind, None, row.id, None, row.title, None, row.issued_at, row.sign_due_at) for row in rows]
    count = len(items)
    if count == ITEMS_MOST:
        count = await command_orders.count_unsigned_from(session, realm, code)
    return Left(kind, count, items)


async def _left(session: Session, kind: HandoverKind, statement: Any, order: Any) -> Left:
    rows = list(await session.execute(statement.order_by(order, cases.c.id).limit(ITEMS_MOST)))
    count = len(rows)
    if count == ITEMS_MOST:
        some = statement.with_only_columns(cases.c.id).subquery()
        count = int((await session.execute(select(func.count()).select_from(some))).scalar_one())
    items = [Item(kind, row.id, None, number_of(row), row.title, row.state, row.since, row.until) for row in rows]
    return Left(kind, count, items)


async def unacknowledged(session: Session, realm: Realm, code: str) -> list[str]:
    """Numbers of open urgent cases a centre holds that nobody has said to have seen, oldest first."""
    statement = select(cases).where(
        cases.c.realm == realm,
        cases.c.held_by == code,
        cases.c.is_open,
        cases.c.priority == Priority.URGENT,
        cases.c.acknowledged_at.is_(None),
    )
    return [number_of(row) for row in await session.execute(statement.order_by(cases.c.id))]
