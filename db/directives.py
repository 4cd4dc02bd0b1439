"""Directives and what terminals say of them.

Issuing writes one row. A receipt is written when it comes, and counted for every division above it in the same
transaction; the silent ones are the terminals in use without a receipt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.database import Session
from db.posts import Post, above, in_line
from db.tables import Centre, Directive, DirectiveReceipt, DirectiveTally, Division, Grid
from db.visible import under
from db.vocabulary import DivisionLevel, Realm
from db.vocabulary.directives import ReceiptKind, TerminalKind

DirectiveRow = Any

directives: Any = Directive.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
receipts: Any = DirectiveReceipt.__table__  # type: ignore[attr-defined]
_tallies: Any = DirectiveTally.__table__  # type: ignore[attr-defined]
_grids: Any = Grid.__table__  # type: ignore[attr-defined]
_divisions: Any = Division.__table__  # type: ignore[attr-defined]
_centres: Any = Centre.__table__  # type: ignore[attr-defined]

SAID = {
    ReceiptKind.RECEIVED: "received",
    ReceiptKind.READ: "read",
    ReceiptKind.DONE: "done",
    ReceiptKind.FEEDBACK: "feedback",
}
IMPLIED = {
    ReceiptKind.RECEIVED: ("received",),
    ReceiptKind.READ: ("received", "read"),
    ReceiptKind.DONE: ("received", "read", "done"),
    ReceiptKind.FEEDBACK: ("received", "read", "feedback"),
}
LEVEL_OF = {TerminalKind.TOWNSHIP: DivisionLevel.TOWNSHIP, TerminalKind.COMMUNITY: DivisionLevel.COMMUNITY}


class Terminal(NamedTuple):
    """One end a directive goes down to."""

    id: int  # a grid's id, or a division's code as a number
    path: str  # of the division it lies in or is


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a directive has come at one division and everything below it."""

    path: str
    terminals: int
    received: int = 0
    read: int = 0
    done: int = 0
    feedback: int = 0


async def add(session: Session, values: Mapping[str, Any]) -> DirectiveRow:
    return (await session.execute(insert(directives).values(**values).returning(directives))).one()


async def change(session: Session, directive_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(directives).where(directives.c.id == directive_id).values(**values))


async def by_ids(session: Session, realm: Realm, ids: Sequence[int]) -> dict[int, DirectiveRow]:
    rows = await session.execute(select(directives).where(directives.c.id.in_(ids), directives.c.realm == realm))
    return {row.id: row for row in rows}


async def lock(session: Session, realm: Realm, directive_id: int) -> DirectiveRow | None:
    """The directive, held until the transaction ends. Receipts count for the same divisions, so they wait for each
    other in any case; here they do so before they look, and no two write the first receipt of one terminal."""
    statement = select(directives).where(directives.c.id == directive_id, directives.c.realm == realm)
    return (await session.execute(statement.with_for_update())).one_or_none()


async def page(
    session: Session, realm: Realm, held: Sequence[Post], path: str | None, *, first: int, before_id: int | None
) -> list[DirectiveRow]:
    """Directives that concern where one stands, newest first; of a division: those to it, below it or through it."""
    statement = select(directives).where(directives.c.realm == realm, concerns(held))
    if path is not None:
        statement = statement.where(or_(under(directives.c.path, path), directives.c.path.in_(above(path))))
    if before_id is not None:
        statement = statement.where(directives.c.id < before_id)
    return list(await session.execute(statement.order_by(directives.c.id.desc()).limit(first)))


def concerns(held: Sequence[Post]) -> ColumnElement[bool]:
    """Directives to one's own division, below it, or above it and so also to oneself; to a grid those to grids."""
    in_grids = [post for post in held if post.grid_id is not None]
    others = [post for post in held if post.is_division]
    clause = in_line(directives.c.path, others)
    if in_grids:
        clause = or_(clause, and_(directives.c.terminals == TerminalKind.GRID, in_line(directives.c.path, in_grids)))
    return clause


# -- terminals


def _terminals(kind: TerminalKind, path: str) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    """Columns for id and path of a kind of terminal, and which of them lie at or below a division."""
    if kind is TerminalKind.GRID:
        return _grids.c.id, _grids.c.path, [_grids.c.is_active, under(_grids.c.path, path)]
    number = cast(_divisions.c.code, BigInteger)
    inside = under(_divisions.c.path, path)
    if kind is TerminalKind.CENTRE:
        is_centre = exists().where(_centres.c.division_code == _divisions.c.code)
        return number, _divisions.c.path, [inside, is_centre]
    return number, _divisions.c.path, [inside, _divisions.c.level == LEVEL_OF[kind]]


def _audience(directive: DirectiveRow, path: str) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    """Terminals of a directive at or below a division. Who issues to centres is not told by itself."""
    number, path_column, clauses = _terminals(directive.terminals, path)
    if directive.terminals is TerminalKind.CENTRE:
        clauses.append(_divisions.c.code != directive.issuer_code)
    return number, path_column, clauses


async def terminals_among(session: Session, directive: DirectiveRow, ids: Sequence[int]) -> list[Terminal]:
    """Which of these are terminals of a directive, in order of id."""
    number, path, clauses = _audience(directive, directive.path)
    is_grid = directive.terminals is TerminalKind.GRID
    among = number.in_(ids) if is_grid else _divisions.c.code.in_([str(one) for one in ids])
    statement = select(number.label("id"), path.label("path")).where(among, *clauses)
    return [Terminal(row.id, row.path) for row in await session.execute(statement.order_by(number))]


async def count_terminals(session: Session, directive: DirectiveRow, paths: Sequence[str]) -> dict[str, int]:
    """Terminals in use at or below each path; each a range of an index."""
    if not paths:
        return {}
    branches = []
    for place, path in enumerate(paths):
        _, _, clauses = _audience(directive, path)
        branches.append(select(func.count().label("n"), literal(place).label("place")).where(*clauses))
    rows = await session.execute(union_all(*branches) if len(branches) > 1 else branches[0])
    return {paths[row.place]: row.n for row in rows}


# -- receipts


async def receive(
    session: Session,
    directive_id: int,
    terminals: Sequence[Terminal],
    kind: ReceiptKind,
    *,
    at: datetime,
    by: str,
    feedback: str | None = None,
) -> int:
    """Keep what terminals say, and count what is new of it for every division above; how many said something new.

    The directive is locked.
    """
    known = await _receipts_of(session, directive_id, [terminal.id for terminal in terminals])
    fresh: list[dict[str, Any]] = []
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    spoke = 0
    for terminal in terminals:
        row = known.get(terminal.id)
        new = [name for name in IMPLIED[kind] if row is None or getattr(row, f"{name}_at") is None]
        values: dict[str, Any] = {f"{name}_at": at for name in new} | {"by": by}
        if kind is ReceiptKind.FEEDBACK:
            values["feedback"] = feedback
        elif not new:
            continue
        spoke += 1
        if row is None:
            empty = dict.fromkeys(("read_at", "done_at", "feedback_at", "feedback"))
            key = {"directive_id": directive_id, "terminal_id": terminal.id, "path": terminal.path}
            fresh.append({**empty, **key, **values})
        else:
            which = (receipts.c.directive_id == directive_id, receipts.c.terminal_id == terminal.id)
            await session.execute(update(receipts).where(*which).values(**values))
        for code in terminal.path.rstrip("/").split("/"):
            counted[code].update(new)
    if fresh:
        await session.execute(insert(receipts), fresh)
    await _count(session, directive_id, counted)
    return spoke


async def _receipts_of(session: Session, directive_id: int, ids: Sequence[int]) -> dict[int, Any]:
    return {row.terminal_id: row for row in await said_by(session, [directive_id], ids)}


async def _count(session: Session, directive_id: int, counted: Mapping[str, Counter[str]]) -> None:
    values = [
        {"directive_id": directive_id, "division_code": code, **{name: counts[name] for name in SAID.values()}}
        for code, counts in sorted(counted.items())
        if counts
    ]
    if values:
        await session.execute(_add_tallies(session.dialect.name), values)


@cache
def _add_tallies(dialect: str) -> Any:
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(_tallies)
    return statement.on_conflict_do_update(
        index_elements=["directive_id", "division_code"],
        set_={name: _tallies.c[name] + statement.excluded[name] for name in SAID.values()},
    )


# -- how far it has come


async def counts(session: Session, directive: DirectiveRow, paths: Sequence[str]) -> list[Counts]:
    """For each path, in two statements."""
    expected = await count_terminals(session, directive, paths)
    codes = {path.rstrip("/").rpartition("/")[2]: path for path in paths}
    statement = select(_tallies).where(_tallies.c.directive_id == directive.id, _tallies.c.division_code.in_(codes))
    said = {codes[row.division_code]: row for row in await session.execute(statement)}
    return [
        Counts(path, expected[path], *(getattr(said[path], name) for name in SAID.values()))
        if path in said
        else Counts(path, expected[path])
        for path in paths
    ]


async def silent(
    session: Session, directive: DirectiveRow, path: str, kind: ReceiptKind, *, first: int, after: Terminal | None
) -> list[Terminal]:
    """Terminals at or below a division that have not said this, place by place."""
    number, path_column, clauses = _audience(directive, path)
    spoken = exists().where(receipts.c.directive_id == directive.id, receipts.c.terminal_id == number)
    if kind is not ReceiptKind.RECEIVED:
        spoken = spoken.where(receipts.c[f"{SAID[kind]}_at"].is_not(None))
    statement = select(number.label("id"), path_column.label("path")).where(
        *clauses, ~spoken, *_after(path_column, number, after)
    )
    rows = await session.execute(statement.order_by(path_column, number).limit(first))
    return [Terminal(row.id, row.path) for row in rows]


async def feedback_page(
    session: Session, directive_id: int, path: str, *, first: int, after: Terminal | None
) -> list[Any]:
    """What terminals at or below a division have said in words, place by place."""
    statement = select(receipts).where(
        receipts.c.directive_id == directive_id,
        receipts.c.feedback_at.is_not(None),
        under(receipts.c.path, path),
        *_after(receipts.c.path, receipts.c.terminal_id, after),
    )
    return list(await session.execute(statement.order_by(receipts.c.path, receipts.c.terminal_id).limit(first)))


def _after(path: Any, number: Any, last: Terminal | None) -> list[ColumnElement[bool]]:
    if last is None:
        return []
    return [path >= last.path, or_(path > last.path, number > last.id)]


async def said_by(session: Session, directive_ids: Iterable[int], terminal_ids: Iterable[int]) -> list[Any]:
    """Receipts of some terminals for some directives."""
    statement = select(receipts).where(
        receipts.c.directive_id.in_(list(directive_ids)), receipts.c.terminal_id.in_(list(terminal_ids))
    )
    return list(await session.execute(statement))


async def terminals_at(session: Session, directive: DirectiveRow, path: str, limit: int) -> list[Terminal]:
    """Terminals of a directive that are a division or lie directly in it, in order of id."""
    number, path_column, clauses = _audience(directive, directive.path)
    statement = select(number.label("id"), path_column.label("path")).where(*clauses, path_column == path)
    return [Terminal(row.id, row.path) for row in await session.execute(statement.order_by(number).limit(limit))]
