"""Reading and writing cases. Every read goes through `in_scope`; what skips it says so in its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, literal, or_, select, true, union_all, update

from db import order_contacts
from db.clock import local_day
from db.database import ORDERS_TOLD, Session
from db.scope import CaseColumns, Scope
from db.tables import Attachment, Case, CaseFollower, CaseShare, Disposition, Response, Step, WorkOrder
from db.tables.columns import Instant, Words
from db.visible import cases_under, in_scope
from db.vocabulary import OPEN_WORK_ORDER_STATES, CaseAction, CaseSource, EvidenceKind, Realm

CaseRow = Any
"""A Core row of table `cases`, or the same non-personal columns from an event's snapshot: attributes are columns."""

cases: Any = Case.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
steps: Any = Step.__table__  # type: ignore[attr-defined]
dispositions: Any = Disposition.__table__  # type: ignore[attr-defined]
responses: Any = Response.__table__  # type: ignore[attr-defined]
work_orders: Any = WorkOrder.__table__  # type: ignore[attr-defined]
attachments: Any = Attachment.__table__  # type: ignore[attr-defined]
shares: Any = CaseShare.__table__  # type: ignore[attr-defined]
followers: Any = CaseFollower.__table__  # type: ignore[attr-defined]

PERSONAL = frozenset(
    {
        "description",
        "address",
        "longitude",
        "latitude",
        "submitter_name",
        "submitter_phone",
        "external_id",
        "beneficiary_name",
        "beneficiary_phone",
    }
)
MERGES_DEEP = 20  # a chain of merges is followed no further
COUNT_LIMIT = 10_000  # nobody reads further; counting on would cost more than the list

_OWN = tuple(column.name for column in cases.columns if column.name not in PERSONAL)
_INSTANTS = frozenset(column.name for column in cases.columns if isinstance(column.type, Instant))
_WORDS: dict[str, Callable[[str], StrEnum]] = {
    column.name: column.type.word for column in cases.columns if isinstance(column.type, Words)
}


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list or a stream is narrowed to; empty means everything in scope. Ids are database ids."""

    paths: tuple[str, ...] = ()
    grids: frozenset[int] = frozenset()
    states: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    matters: frozenset[int] = frozenset()
    priorities: frozenset[str] = frozenset()
    departments: frozenset[int] = frozenset()
    service_providers: frozenset[int] = frozenset()

    def matches(self, where: CaseColumns) -> bool:
        """The same question as `clauses`, asked of the columns the journal keeps."""
        return (
            (not self.paths or any(where.division_path.startswith(path) for path in self.paths))
            and (not self.grids or where.grid_id in self.grids)
            and (not self.states or where.state in self.states)
            and (not self.kinds or where.kind in self.kinds)
            and (not self.matters or where.matter_id in self.matters)
            and (not self.priorities or where.priority in self.priorities)
            and (not self.departments or where.responsible_unit_id in self.departments)
            and (not self.service_providers or not self.service_providers.isdisjoint(where.service_provider_ids))
        )

    def clauses(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.paths:
            found.append(or_(*(cases_under(path) for path in self.paths)))
        for column, values in (
            (cases.c.grid_id, self.grids),
            (cases.c.state, self.states),
            (cases.c.kind, self.kinds),
            (cases.c.matter_id, self.matters),
            (cases.c.priority, self.priorities),
            (cases.c.responsible_unit_id, self.departments),
        ):
            if values:
                found.append(column.in_(sorted(values)))
        if self.service_providers:
            orders = select(work_orders.c.case_id).where(
                work_orders.c.service_provider_id.in_(sorted(self.service_providers)),
                work_orders.c.is_visible,
            )
            found.append(cases.c.id.in_(orders))
        return found


@dataclass(frozen=True, slots=True)
class CaseListFilter:
    """A list may ask for more than a stream: what cannot be judged on the journal's columns."""

    base: CaseFilter = field(default_factory=CaseFilter)
    stages: frozenset[str] = frozenset()
    sources: frozenset[CaseSource] = frozenset()
    is_open: bool | None = None
    is_overdue: bool | None = None
    is_pressing: bool | None = None
    outsourced: bool | None = None
    submitted_from: datetime | None = None
    submitted_to: datetime | None = None
    text: str | None = None
    unanswered_before: datetime | None = None
    awaits_appeal: bool = False  # its unit has appealed a lateness, nobody has decided

    def clauses(self, now: datetime) -> list[ColumnElement[bool]]:
        found = self.base.clauses()
        if self.stages:
            found.append(cases.c.stage.in_(sorted(self.stages)))
        if self.sources:
            found.append(cases.c.source.in_(sorted(self.sources)))
        if self.is_open is not None:
            found.append(cases.c.is_open if self.is_open else ~cases.c.is_open)
        if self.is_pressing is not None:
            found.append(cases.c.is_pressing if self.is_pressing else ~cases.c.is_pressing)
        if self.is_overdue is not None:
            overdue = and_(cases.c.clock_runs, cases.c.due_at < now)
            found.append(overdue if self.is_overdue else or_(~cases.c.clock_runs, cases.c.due_at >= now))
        if self.outsourced is not None:
            found.append(cases.c.open_work_orders > 0 if self.outsourced else cases.c.open_work_orders == 0)
        if self.awaits_appeal:
            found.append(cases.c.appealed_at.is_not(None) & cases.c.appeal_decided_at.is_(None))
        if self.unanswered_before is not None:
            found.append(cases.c.unanswered_since <= self.unanswered_before)
        if self.submitted_from is not None:
            found.append(cases.c.submitted_at >= self.submitted_from)
        if self.submitted_to is not None:
            found.append(cases.c.submitted_at < self.submitted_to)
        if self.text:
            number = parse_number(self.text)
            found.append(
                _is_numbered(number, self.text) if number else cases.c.title.contains(self.text, autoescape=True)
            )
        return found


# -- numbers and columns


def number_of(row: CaseRow) -> str:
    """The number people quote: six digits of place, the local day, the running number; Y in front in exercises."""
    prefix = "Y" if row.realm is Realm.EXERCISE else ""
    return f"{prefix}{row.division_code[:6]:0<6}{local_day(row.submitted_at):%Y%m%d}{row.id:07d}"


def parse_number(text: str) -> tuple[Realm, int] | None:
    """Realm and case id of something that looks like a case number; whether it exists is another question."""
    digits = text.removeprefix("Y")
    if not (digits.isascii() and digits.isdecimal() and 21 <= len(digits) <= 30):
        return None
    return (Realm.EXERCISE if text.startswith("Y") else Realm.LIVE, int(digits[14:]))


def _is_numbered(number: tuple[Realm, int], text: str) -> ColumnElement[bool]:
    realm, case_id = number
    place = text.removeprefix("Y")[:6].rstrip("0")
    return and_(cases.c.id == case_id, cases.c.realm == realm, cases.c.division_code.startswith(place))


def columns_of(row: CaseRow) -> CaseColumns:
    return CaseColumns(
        division_path=row.division_path,
        grid_id=row.grid_id,
        responsible_unit_id=row.responsible_unit_id,
        service_provider_ids=tuple(row.service_provider_ids),
        submitter_key=row.submitter_key,
        state=row.state,
        kind=row.kind,
        matter_id=row.matter_id,
        priority=row.priority,
        shared_unit_ids=tuple(row.shared_unit_ids or ()),
        follower_keys=tuple(row.follower_keys or ()),
    )


def snapshot_of(row: CaseRow) -> dict[str, Any]:
    """The case's own columns without anything personal: what the journal may keep. What is None is left out: the
    tail holds ten thousand of these."""
    return {name: value for name in _OWN if (value := getattr(row, name)) is not None}


def row_from_snapshot(snapshot: Mapping[str, Any]) -> CaseRow:
    """The case as it was when the event happened. What it does not name was None, or did not exist yet."""
    values: dict[str, Any] = dict.fromkeys(_OWN)
    for name, value in snapshot.items():
        if value is not None and name in _INSTANTS:
            value = datetime.fromisoformat(value)
        elif value is not None and name in _WORDS:
            value = _WORDS[name](value)
        values[name] = value
    return SimpleNamespace(**values, is_snapshot=True)


# -- reading


async def page(
    session: Session,
    scope: Scope,
    narrowed: CaseListFilter,
    now: datetime,
    *,
    first: int,
    before_id: int | None,
) -> list[CaseRow]:
    """Newest first, at most `first`, older than `before_id`."""
    statement = select(cases).where(in_scope(scope), *narrowed.clauses(now))
    if before_id is not None:
        statement = statement.where(cases.c.id < before_id)
    rows = await session.execute(statement.order_by(cases.c.id.desc()).limit(first))
    return list(rows)


async def count(session: Session, scope: Scope, narrowed: CaseListFilter, now: datetime) -> int:
    """How many match, counted up to COUNT_LIMIT."""
    some = select(cases.c.id).where(in_scope(scope), *narrowed.clauses(now)).limit(COUNT_LIMIT).subquery()
    return int((await session.execute(select(func.count()).select_from(some))).scalar_one())


async def pages_by_parent(
    session: Session,
    scope: Scope,
    narrowed: CaseListFilter,
    now: datetime,
    *,
    parents: Sequence[ColumnElement[bool]],
    first: int,
    before_id: int | None,
) -> list[list[CaseRow]]:
    """`page` for many parents in two statements: the ids of each, then all the rows."""
    older = cases.c.id < before_id if before_id is not None else true()
    branches = [
        select(literal(index).label("parent"), cases.c.id)
        .where(in_scope(scope), parent, older, *narrowed.clauses(now))
        .order_by(cases.c.id.desc())
        .limit(first)
        .subquery()
        for index, parent in enumerate(parents)
    ]
    found = (await session.execute(union_all(*(select(branch) for branch in branches)))).all()
    rows = await by_ids(session, scope, [row.id for row in found])
    grouped: list[list[CaseRow]] = [[] for _ in parents]
    for row in found:
        if row.id in rows:
            grouped[row.parent].append(rows[row.id])
    for group in grouped:
        group.sort(key=lambda case: -case.id)
    return grouped


def of_grid(grid_id: int) -> ColumnElement[bool]:
    return cases.c.grid_id == grid_id  # type: ignore[no-any-return]


def of_division(path: str) -> ColumnElement[bool]:
    return cases_under(path)


async def by_ids(session: Session, scope: Scope, ids: Sequence[int]) -> dict[int, CaseRow]:
    if not ids:
        return {}
    rows = await session.execute(select(cases).where(cases.c.id.in_(ids), in_scope(scope)))
    return {row.id: row for row in rows}


async def rows_without_scope(session: Session, ids: Sequence[int]) -> dict[int, CaseRow]:
    """Cases whoever asks: the caller has another reason why they may be seen."""
    return {row.id: row for row in await session.execute(select(cases).where(cases.c.id.in_(ids)))}


async def similar(session: Session, scope: Scope, row: CaseRow, limit: int) -> list[CaseRow]:
    """Open cases of the same matter in the same grid (or community), newest first: probable duplicates. A part of a
    case is a duplicate of nothing."""
    place = cases.c.grid_id == row.grid_id if row.grid_id else cases.c.division_path == row.division_path
    is_whole = cases.c.parent_id.is_(None)
    statement = select(cases).where(
        in_scope(scope), place, cases.c.matter_id == row.matter_id, cases.c.is_open, is_whole, cases.c.id != row.id
    )
    return list(await session.execute(statement.order_by(cases.c.id.desc()).limit(limit)))


async def lock(
    session: Session, scope: Scope, case_id: int, beside: int | None = None, *, with_parent: bool = False
) -> CaseRow | None:
    """The case, held until the transaction ends; None when it is not there for this scope.

    A second case is held with it, and the one it is part of, whose scope does not matter: in order of id, for two
    that are merged into each other would wait for each other.
    """
    wanted = {"ids": [case_id] if beside is None else [case_id, beside]}
    rows = await session.execute(_lock(scope, with_parent), wanted | ({"child_id": case_id} if with_parent else {}))
    return next((row for row in rows if row.id == case_id), None)


@lru_cache(maxsize=200)  # building one costs more than running it
def _lock(scope: Scope, with_parent: bool) -> Any:
    wanted = and_(cases.c.id.in_(bindparam("ids", expanding=True)), in_scope(scope))
    if with_parent:
        child = cases.alias("child")
        parent = select(child.c.parent_id).where(child.c.id == bindparam("child_id")).scalar_subquery()
        wanted = or_(wanted, cases.c.id == parent)
    return select(cases).where(wanted).order_by(cases.c.id).with_for_update()


async def lock_of_work_order(session: Session, scope: Scope, order_id: int) -> CaseRow | None:
    """The case of an order, held as by `lock`."""
    return next(iter(await lock_of_work_orders(session, scope, [order_id])), None)


async def lock_of_work_orders(session: Session, scope: Scope, order_ids: Sequence[int]) -> list[CaseRow]:
    """The cases of orders, in order of id; of those that are there for this scope."""
    return list(await session.execute(_lock_of_work_orders(scope), {"order_ids": list(order_ids)}))


@lru_cache(maxsize=200)
def _lock_of_work_orders(scope: Scope) -> Any:
    of_orders = select(work_orders.c.case_id).where(work_orders.c.id.in_(bindparam("order_ids", expanding=True)))
    wanted = and_(cases.c.id.in_(of_orders), in_scope(scope))
    return select(cases).where(wanted).order_by(cases.c.id).with_for_update()


async def by_external_ids_without_scope(
    session: Session, realm: Realm, submitter_key: str, external_ids: Sequence[str]
) -> dict[str, CaseRow]:
    """What a source system has already handed in, by its own numbers. Its batches wait here for each other."""
    if session.dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{realm}:{submitter_key}"))))
    rows = await session.execute(
        select(cases).where(
            cases.c.realm == realm,
            cases.c.submitter_key == submitter_key,
            cases.c.external_id.in_(external_ids),
        )
    )
    return {row.external_id: row for row in rows}


async def due_timers_without_scope(session: Session, now: datetime, limit: int) -> list[CaseRow]:
    """Cases for which SYSTEM has something to do by now, of both realms."""
    statement = select(cases).where(cases.c.timer_at <= now).order_by(cases.c.timer_at).limit(limit)
    return list(await session.execute(statement))


# -- what hangs below a case


async def rows_by_case(session: Session, table: Any, ids: Sequence[int], order: Any) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {case_id: [] for case_id in ids}
    for row in await session.execute(select(table).where(table.c.case_id.in_(ids)).order_by(order)):
        grouped[row.case_id].append(row)
    return grouped


async def steps_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, steps, ids, steps.c.id)


async def dispositions_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, dispositions, ids, dispositions.c.id)


async def responses_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, responses, ids, responses.c.id)


async def work_orders_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, work_orders, ids, work_orders.c.id)


async def evidence_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, attachments, ids, attachments.c.created_at)


async def persons_of_without_scope(session: Session, case_id: int) -> list[tuple[str | None, str | None]]:
    """Names and phones of who handed a case in, for whom, and of those whose cases were merged into it by and by."""
    itself = select(cases.c.id.label("case_id"), literal(1).label("depth")).where(cases.c.id == case_id)
    first = itself.cte("merged", recursive=True)
    merged = first.union_all(
        select(cases.c.id, first.c.depth + 1).where(
            cases.c.merged_into_id == first.c.case_id, first.c.depth < MERGES_DEEP
        )
    )
    statement = select(
        cases.c.submitter_name, cases.c.submitter_phone, cases.c.beneficiary_name, cases.c.beneficiary_phone
    ).where(cases.c.id.in_(select(merged.c.case_id)))
    rows = list(await session.execute(statement))
    return [pair for row in rows for pair in ((row[0], row[1]), (row[2], row[3]))]


async def work_orders_by_ids(session: Session, scope: Scope, ids: Sequence[int]) -> dict[int, Any]:
    """Orders whose case is in scope."""
    visible = select(cases.c.id).where(in_scope(scope))
    rows = await session.execute(
        select(work_orders).where(work_orders.c.id.in_(ids), work_orders.c.case_id.in_(visible))
    )
    return {row.id: row for row in rows}


PAUSING = frozenset({CaseAction.HOLD, CaseAction.MAKE_LONG_TERM})
GOING_ON = frozenset({CaseAction.RESUME, CaseAction.REASSIGN})


async def pauses(session: Session, case_id: int, since: datetime) -> list[tuple[datetime, datetime]]:
    """When the clock stood still and went on again, oldest first; a pause that still lasts is left out."""
    rows = await session.execute(
        select(steps.c.action, steps.c.at)
        .where(steps.c.case_id == case_id, steps.c.at >= since, steps.c.action.in_(PAUSING | GOING_ON))
        .order_by(steps.c.version)
    )
    found: list[tuple[datetime, datetime]] = []
    paused_at: datetime | None = None
    for action, at in rows:
        if action in PAUSING:
            paused_at = at
        elif paused_at is not None:
            found.append((paused_at, at))
            paused_at = None
    return found


async def last_step_at(session: Session, case_id: int, actions: frozenset[CaseAction]) -> datetime | None:
    """When one of `actions` was last taken on a case."""
    statement = select(func.max(steps.c.version)).where(steps.c.case_id == case_id, steps.c.action.in_(actions))
    last = select(steps.c.at).where(steps.c.case_id == case_id, steps.c.version == statement.scalar_subquery())
    found: datetime | None = (await session.execute(last)).scalar()
    return found


async def masters_without_scope(session: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    """The cases each was merged into, nearest first: a master may have been merged further."""
    first = (
        select(cases.c.id.label("case_id"), cases.c.merged_into_id.label("master_id"), literal(1).label("depth"))
        .where(cases.c.id.in_(ids), cases.c.merged_into_id.is_not(None))
        .cte("chain", recursive=True)
    )
    chain = first.union_all(
        select(first.c.case_id, cases.c.merged_into_id, first.c.depth + 1).where(
            cases.c.id == first.c.master_id, cases.c.merged_into_id.is_not(None), first.c.depth < MERGES_DEEP
        )
    )
    found: dict[int, list[int]] = {case_id: [] for case_id in ids}
    for row in await session.execute(select(chain).order_by(chain.c.depth)):
        found[row.case_id].append(row.master_id)
    return found


# -- writing


# Statements of the writing path are built once: building and fingerprinting them anew cost more than running them.
_ADD_CASE = insert(cases).returning(cases)
_ADD_CASES = insert(cases).returning(cases, sort_by_parameter_order=True)
_CHANGE_CASE = (
    update(cases)
    .where(cases.c.id == bindparam("which_id"), cases.c.version == bindparam("which_version"))
    .returning(cases)
)
_ADD_STEP = insert(steps)
_ADD_DISPOSITION = insert(dispositions)
_ADD_RESPONSE = insert(responses).returning(responses.c.id)
_ADD_WORK_ORDER = insert(work_orders).returning(work_orders)
_CHANGE_WORK_ORDER = (
    update(work_orders)
    .where(work_orders.c.id == bindparam("which_id"))
    .values(version=work_orders.c.version + 1)
    .returning(work_orders)
)
_ORDERS_OF = (
    select(work_orders)
    .where(work_orders.c.case_id.in_(bindparam("case_ids", expanding=True)))
    .order_by(work_orders.c.id)
)


async def add(session: Session, values: Sequence[Mapping[str, Any]]) -> list[CaseRow]:
    """The new rows, in the order of `values`, which all name the same columns."""
    if len(values) == 1:
        return [(await session.execute(_ADD_CASE, values[0])).one()]
    return list(await session.execute(_ADD_CASES, values))


async def change(session: Session, case_id: int, version: int, values: Mapping[str, Any]) -> CaseRow:
    """Write `values` to the locked case of that version."""
    which = {"which_id": case_id, "which_version": version}
    return (await session.execute(_CHANGE_CASE, {**values, **which})).one()


async def add_step(session: Session, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    await session.execute(_ADD_STEP, values)


async def add_disposition(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_DISPOSITION, values)


async def add_response(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(_ADD_RESPONSE, values)).scalar_one())


async def add_work_order(session: Session, values: Mapping[str, Any]) -> int:
    row = (await session.execute(_ADD_WORK_ORDER, values)).one()
    session.info.setdefault(ORDERS_TOLD, []).append((row, None))
    return int(row.id)


async def change_work_order(session: Session, order_id: int, values: Mapping[str, Any]) -> None:
    """Write `values`; the journal is told of the order beside the event of its case."""
    moved = {**values, "which_id": order_id}
    state = values.get("state")
    if state is not None and state not in OPEN_WORK_ORDER_STATES:
        # Whoever ends an order, and however: nobody at its place is known any longer.
        moved["contact_given_at"] = None
        await order_contacts.erase(session, order_id)
    row = (await session.execute(_CHANGE_WORK_ORDER, moved)).one()
    was_visible = not row.is_visible if "is_visible" in values else row.is_visible
    session.info.setdefault(ORDERS_TOLD, []).append((row, was_visible))


async def work_orders_of(session: Session, case_ids: Sequence[int]) -> list[Any]:
    """All orders of cases that are already locked, oldest first: the lock of a case guards them too."""
    return list(await session.execute(_ORDERS_OF, {"case_ids": list(case_ids)}))


async def take_up_evidence(
    session: Session,
    *,
    realm: Realm,
    uploader: str,
    case_id: int,
    version: int,
    photos: Mapping[str, EvidenceKind],
) -> int:
    """Give the uploader's own loose photos to a case; how many there were."""
    taken = 0
    for photo, kind in photos.items():
        statement = (
            update(attachments)
            .where(
                attachments.c.id == photo,
                attachments.c.realm == realm,
                attachments.c.uploader == uploader,
                attachments.c.case_id.is_(None),
            )
            .values(case_id=case_id, kind=kind, version=version)
        )
        taken += (await session.execute(statement)).rowcount
    return taken


async def has_evidence(session: Session, case_id: int, kind: EvidenceKind, since: datetime | None = None) -> bool:
    """Whether a photo of that kind was sent, at or after `since`."""
    statement = select(attachments.c.id).where(attachments.c.case_id == case_id, attachments.c.kind == kind)
    if since is not None:
        statement = statement.where(attachments.c.created_at >= since)
    return (await session.execute(statement.limit(1))).first() is not None


async def all_rows_without_scope(session: Session, after_id: int, limit: int) -> list[CaseRow]:
    """Every case in order of id, for recounts."""
    return list(await session.execute(select(cases).where(cases.c.id > after_id).order_by(cases.c.id).limit(limit)))
