"""Directives: how far they have come at every level, and who is silent."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import directives
from db.directives import Counts, DirectiveRow, Terminal
from db.posts import posts
from db.vocabulary.directives import DirectiveState, ReceiptKind, TerminalKind
from resolvers import directives as rules
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from schema import connection, filters, ids
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division, Grid
from schema.posts import posts_of
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

At = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="At this division; all of it that lies below the viewer where left out."),
]
Unsaid = Annotated[ReceiptKind, strawberry.argument(description="What they have not said.")]
OneId = Annotated[strawberry.ID, strawberry.argument(description="Global id.")]


@strawberry.type(description="终端: one end a directive goes down to.")
class DirectiveTerminal:
    grid: Grid | None = strawberry.field(description="The grid; null where the terminal is a division.")
    division: Division = strawberry.field(description="The division it is, or the community the grid belongs to.")


@strawberry.type(description="A terminal in a list.")
class DirectiveTerminalEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: DirectiveTerminal = strawberry.field(description="The terminal.")


@strawberry.type(description="A page of terminals.")
class DirectiveTerminalConnection:
    edges: list[DirectiveTerminalEdge] = strawberry.field(description="This page, place by place.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="What one terminal has said of a directive.")
class DirectiveReceipt:
    terminal: DirectiveTerminal = strawberry.field(description="Who.")
    received_at: datetime | None = strawberry.field(description="When it said that it had arrived; null before.")
    read_at: datetime | None = strawberry.field(description="When it said that it was read; null before.")
    done_at: datetime | None = strawberry.field(description="When it said that it was done; null before.")
    feedback_at: datetime | None = strawberry.field(description="When it first said something of it; null before.")
    feedback: str | None = strawberry.field(
        description="Its last words, long numbers masked; null before, on walls and for analysts."
    )


@strawberry.type(description="A receipt in a list.")
class DirectiveReceiptEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: DirectiveReceipt = strawberry.field(description="The receipt.")


@strawberry.type(description="A page of receipts.")
class DirectiveReceiptConnection:
    edges: list[DirectiveReceiptEdge] = strawberry.field(description="This page, place by place.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="How far a directive has come at one division and everything below, now.")
class DirectiveCounts:
    division: Division = strawberry.field(description="The division.")
    terminals: int = strawberry.field(description="Terminals in use there.")
    received: int = strawberry.field(description="Of them have received it.")
    read: int = strawberry.field(description="Have read it.")
    done: int = strawberry.field(description="Have done what it asks.")
    feedback: int = strawberry.field(description="Have said something of it.")
    silent: int = strawberry.field(description="Have said nothing at all.")


@strawberry.type(description="How far a directive has come, level by level.")
class DirectiveProgress:
    total: DirectiveCounts = strawberry.field(description="At the division asked for.")
    children: list[DirectiveCounts] = strawberry.field(
        description="At each division directly below it, in order of code; unpaged, at most some 50. Empty below a "
        "community."
    )


@strawberry.type(description="指令: what a level asks of every terminal below.")
class Directive(Shown):
    row: strawberry.Private[DirectiveRow]

    version: int = own("Rises when it is withdrawn; name it as expectedVersion.")
    state: DirectiveState = own("In force or withdrawn.")
    terminals: TerminalKind = own("What it goes down to.")
    title: str = own("In one line.")
    due_at: datetime | None = own("Until when it is to be done; null where no time was set.")
    issued_at: datetime = own("When it was issued.")
    issued_name: str = own("Unit or role that issued it; never a person.")
    withdrawn_at: datetime | None = own("When it was taken back; null while it is in force.")
    withdrawn_reason: str | None = own("Why; null while it is in force.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Directive", self.row.id)

    @strawberry.field(description="What is asked; null on walls and for analysts.")
    def text(self, info: Ask) -> str | None:
        return None if access.is_onlooker(info.context.viewer.scope) else self.row.text

    @strawberry.field(description="The level it comes from.")
    async def issuer(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.issuer_code))

    @strawberry.field(description="The division whose terminals are meant.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(
        description="Receipts counted at a division and at each directly below; null where the viewer does not stand "
        "at it or above it."
    )
    async def progress(self, info: Ask, division: At = None) -> DirectiveProgress | None:
        path = await self._path(info, division)
        if path is None:
            return None
        loaders = info.context.loaders
        below = [row.path for row in await loaders.children.load(_code(path))]
        async with info.context.db.read() as session:
            found = await directives.counts(session, self.row, [path, *below])
        total, *children = await asyncio.gather(*(_counts(info, one) for one in found))
        return DirectiveProgress(total=total, children=children)

    @strawberry.field(
        description="Terminals at a division and below that have not said this, place by place; null like `progress`."
    )
    async def silent(
        self,
        info: Ask,
        division: At = None,
        kind: Unsaid = ReceiptKind.RECEIVED,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> DirectiveTerminalConnection | None:
        size, last = connection.page_size(first), _terminal_after(after)
        path = await self._path(info, division)
        if path is None:
            return None
        async with info.context.db.read() as session:
            rows = await directives.silent(session, self.row, path, kind, first=size + 1, after=last)
        page = connection.Slice.of(rows, size)
        cursors = [_cursor(one.path, one.id) for one in page.rows]
        nodes = await asyncio.gather(*(_terminal(info, self.row, one) for one in page.rows))
        edges = [DirectiveTerminalEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return DirectiveTerminalConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        description="What terminals at a division and below have said in words, place by place; null like `progress`."
    )
    async def feedback(
        self, info: Ask, division: At = None, first: filters.First = 20, after: filters.After = None
    ) -> DirectiveReceiptConnection | None:
        size, last = connection.page_size(first), _terminal_after(after)
        path = await self._path(info, division)
        if path is None:
            return None
        async with info.context.db.read() as session:
            rows = await directives.feedback_page(session, self.row.id, path, first=size + 1, after=last)
        page = connection.Slice.of(rows, size)
        cursors = [_cursor(one.path, one.terminal_id) for one in page.rows]
        nodes = await asyncio.gather(
            *(_receipt(info, self.row, Terminal(one.terminal_id, one.path), one) for one in page.rows)
        )
        edges = [DirectiveReceiptEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return DirectiveReceiptConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        description="What the viewer's own terminals have said: those they speak for, at most 100; empty for others."
    )
    async def mine(self, info: Ask) -> list[DirectiveReceipt]:
        async with info.context.db.read() as session:
            held = await posts(session, info.context.viewer.scope)
            terminals = await rules.own_terminals(session, self.row, held)
            rows = await directives.said_by(session, [self.row.id], [one.id for one in terminals])
        said = {row.terminal_id: row for row in rows}
        return list(await asyncio.gather(*(_receipt(info, self.row, one, said.get(one.id)) for one in terminals)))

    async def _path(self, info: Ask, division: strawberry.ID | None) -> str | None:
        asked = await path_of(info, division)
        return rules.viewed_path(self.row, await posts_of(info), asked)


@strawberry.type(description="A directive in a list.")
class DirectiveEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Directive = strawberry.field(description="The directive.")


@strawberry.type(description="A page of directives.")
class DirectiveConnection:
    edges: list[DirectiveEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type
class DirectiveQuery:
    @strawberry.field(description="One directive; null for what is not there or does not concern the viewer's level.")
    async def directive(self, info: Ask, id: OneId) -> Directive | None:
        number = ids.number(id, "Directive")
        return None if number is None else await directive_now(info, number)

    @strawberry.field(
        description="Directives to the viewer's own level, from above, and to what lies below; newest first."
    )
    async def directives(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> DirectiveConnection:
        size, before_id = connection.page_size(first), connection.id_after(after, "directive")
        path, held = await path_of(info, division), await posts_of(info)
        async with info.context.db.read() as session:
            rows = await directives.page(
                session, info.context.viewer.realm, held, path, first=size + 1, before_id=before_id
            )
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("directive", row.id) for row in page.rows]
        edges = [DirectiveEdge(cursor=c, node=Directive(row=row)) for c, row in zip(cursors, page.rows, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return DirectiveConnection(edges=edges, page_info=page_info)


async def directive_now(info: Ask, directive_id: int) -> Directive | None:
    held = await posts_of(info)
    async with info.context.db.read() as session:
        row = (await directives.by_ids(session, info.context.viewer.realm, [directive_id])).get(directive_id)
    return None if row is None or not rules.concerns(row, held) else Directive(row=row)


async def _counts(info: Ask, found: Counts) -> DirectiveCounts:
    return DirectiveCounts(
        division=Division(row=await info.context.loaders.division.load(_code(found.path))),
        terminals=found.terminals,
        received=found.received,
        read=found.read,
        done=found.done,
        feedback=found.feedback,
        silent=max(found.terminals - found.received, 0),
    )


async def _terminal(info: Ask, directive: DirectiveRow, found: Terminal) -> DirectiveTerminal:
    loaders = info.context.loaders
    is_grid = directive.terminals is TerminalKind.GRID
    division, grid = await asyncio.gather(
        loaders.division.load(_code(found.path)), loaders.grid.load(found.id if is_grid else 0)
    )
    return DirectiveTerminal(grid=Grid(row=grid) if is_grid else None, division=Division(row=division))


async def _receipt(info: Ask, directive: DirectiveRow, terminal: Terminal, row: Any | None) -> DirectiveReceipt:
    words = None if row is None or access.is_onlooker(info.context.viewer.scope) else row.feedback
    return DirectiveReceipt(
        terminal=await _terminal(info, directive, terminal),
        received_at=None if row is None else row.received_at,
        read_at=None if row is None else row.read_at,
        done_at=None if row is None else row.done_at,
        feedback_at=None if row is None else row.feedback_at,
        feedback=None if words is None else access.masked_words(words),
    )


def _code(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _cursor(path: str, number: int) -> PageCursor:
    return connection.cursor("terminal", f"{path}:{number}")


def _terminal_after(after: str | None) -> Terminal | None:
    key = connection.code_after(after, "terminal")
    if key is None:
        return None
    path, _, number = key.rpartition(":")
    if not path or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Refusal(Code.CURSOR_INVALID, detail="expected a page cursor of terminals")
    return Terminal(int(number), path)
