"""Directives: issued from a level down, answered by every terminal for itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from db import directives, places
from db.database import Database, Session
from db.directives import DirectiveRow, Terminal
from db.posts import Post, posts, stands_in_line, stands_over
from db.vocabulary import Role
from db.vocabulary.directives import DirectiveState, ReceiptKind, TerminalKind
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal

ISSUERS = frozenset({Role.COMMANDER, Role.SHIFT_LEADER})
SPEAKERS = {
    TerminalKind.CENTRE: ISSUERS | {Role.DISPATCHER},
    TerminalKind.TOWNSHIP: ISSUERS | {Role.DISPATCHER, Role.INTAKE_OFFICER},
    TerminalKind.COMMUNITY: frozenset({Role.COMMUNITY_WORKER}),
    TerminalKind.GRID: frozenset({Role.GRID_WORKER, Role.COMMUNITY_WORKER}),
}
MAY_EVER_SPEAK = frozenset().union(*SPEAKERS.values())
TITLE_MAX = 120
FEEDBACK_MAX = 1_000
TERMINALS_AT_ONCE = 100  # a community has some five grids


@dataclass(frozen=True, slots=True)
class Instruction:
    division_code: str  # whose terminals are meant
    terminals: TerminalKind
    title: str
    text: str
    due_at: datetime | None = None


async def issue(db: Database, call: Call, given: Instruction) -> Result:
    """Send an instruction to every terminal of a kind below a division. Writes one row, however many they are."""

    async def work(session: Session) -> Result:
        if not call.viewer.roles & ISSUERS:
            raise Refusal(Code.FORBIDDEN, action="下达指令", action_name="DIRECTIVE_ISSUE")
        held = await posts(session, call.viewer.scope)
        division = await places.division(session, given.division_code)
        post = None if division is None else issuing_post(held, division.path)
        if division is None or post is None:
            raise not_found(call, "division", "该行政区划", "The division")
        title = texts.text(given.title, "title", limit=TITLE_MAX)
        words = texts.text(given.text, "text")
        if given.due_at is not None and given.due_at <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=["dueAt"])
        directive = await directives.add(
            session,
            {
                "realm": call.viewer.realm,
                "version": 1,
                "state": DirectiveState.ISSUED,
                "issuer_code": post.path.rstrip("/").rpartition("/")[2],
                "division_code": division.code,
                "path": division.path,
                "terminals": given.terminals,
                "title": title,
                "text": words,
                "due_at": given.due_at,
                "issued_at": call.now,
                "issued_by": call.viewer.principal,
                "issued_name": call.viewer.name[:80],
                "issued_role": post.role,
            },
        )
        if not (await directives.count_terminals(session, directive, [division.path]))[division.path]:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["terminals"],
                expected=f"{division.name}没有{given.terminals.label}",
                expected_en=f"{division.name} has none of these",
            )
        return await _done(session, call, directive.id, 1)

    return await once.once(db, call, work)


def issuing_post(held: Iterable[Post], path: str) -> Post | None:
    """The level an instruction to a division comes from: the nearest at which one may issue."""
    mine = [post for post in held if post.is_division and post.role in ISSUERS and path.startswith(post.path)]
    return max(mine, key=lambda post: len(post.path), default=None)


async def withdraw(db: Database, call: Call, directive_id: int, expected: int, reason: str | None) -> Result:
    """Take a directive back, from the level that issued it or above."""

    async def work(session: Session) -> Result:
        if not call.viewer.roles & ISSUERS:
            raise Refusal(Code.FORBIDDEN, action="撤销指令", action_name="DIRECTIVE_WITHDRAW")
        held, directive = await _locked(session, call, directive_id)
        issuer = await places.division(session, directive.issuer_code)
        if issuer is None or issuing_post(held, issuer.path) is None:
            raise Refusal(Code.FORBIDDEN, action="撤销指令", action_name="DIRECTIVE_WITHDRAW")
        if directive.version != expected:
            raise Refusal(Code.CONFLICT, field=["expectedVersion"], version=directive.version)
        if directive.state is DirectiveState.WITHDRAWN:
            raise Refusal(Code.DIRECTIVE_WITHDRAWN)
        columns = {"state": DirectiveState.WITHDRAWN, "withdrawn_at": call.now, "version": directive.version + 1}
        await directives.change(session, directive.id, columns | {"withdrawn_reason": texts.reason(reason)})
        return await _done(session, call, directive.id, directive.version + 1)

    return await once.once(db, call, work)


async def receipt(
    db: Database, call: Call, directive_id: int, kind: ReceiptKind, terminals: Sequence[int] | None, words: str | None
) -> Result:
    """What somebody says for their own terminals: those named, or all of theirs. Said again, nothing changes."""

    async def work(session: Session) -> Result:
        if not call.viewer.roles & MAY_EVER_SPEAK:
            raise Refusal(Code.FORBIDDEN, action="指令回执", action_name="DIRECTIVE_RECEIPT")
        held, directive = await _locked(session, call, directive_id)
        if directive.state is DirectiveState.WITHDRAWN:
            raise Refusal(Code.DIRECTIVE_WITHDRAWN)
        feedback = texts.text(words, "feedback", limit=FEEDBACK_MAX) if kind is ReceiptKind.FEEDBACK else None
        speaking_for = await own_terminals(session, directive, held, terminals)
        if not speaking_for or (terminals is not None and len(speaking_for) != len(set(terminals))):
            raise not_found(call, "terminals", "您的终端", "A terminal of yours")
        await directives.receive(
            session, directive.id, speaking_for, kind, at=call.now, by=call.viewer.principal, feedback=feedback
        )
        return await _done(session, call, directive.id, directive.version)

    if terminals is not None and len(terminals) > TERMINALS_AT_ONCE:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["terminals"],
            expected=f"最多 {TERMINALS_AT_ONCE} 个",
            expected_en=f"at most {TERMINALS_AT_ONCE}",
        )
    return await once.once(db, call, work)


async def own_terminals(
    session: Session, directive: DirectiveRow, held: Sequence[Post], named: Sequence[int] | None = None
) -> list[Terminal]:
    """Terminals of a directive that one speaks for: of those named, or all."""
    mine = [post for post in held if post.role in SPEAKERS[directive.terminals]]
    if named is None:
        grids = [post.grid_id for post in mine if post.grid_id is not None]
        found = await directives.terminals_among(session, directive, grids) if grids else []
        for path in sorted({post.path for post in mine if post.is_division}):
            found += await directives.terminals_at(session, directive, path, TERMINALS_AT_ONCE)
    else:
        found = await directives.terminals_among(session, directive, sorted(set(named)))
    spoken_for = {terminal for terminal in found if any(_speaks_for(post, directive, terminal) for post in mine)}
    return sorted(spoken_for)


def _speaks_for(post: Post, directive: DirectiveRow, terminal: Terminal) -> bool:
    if post.grid_id is not None:
        return directive.terminals is TerminalKind.GRID and post.grid_id == terminal.id
    return post.is_division and post.path == terminal.path


def concerns(directive: DirectiveRow, held: Sequence[Post]) -> bool:
    """`db.directives.concerns` for one row."""
    in_grids = [post for post in held if post.grid_id is not None]
    others = [post for post in held if post.is_division]
    return stands_in_line(others, directive.path) or (
        directive.terminals is TerminalKind.GRID and stands_in_line(in_grids, directive.path)
    )


def viewed_path(directive: DirectiveRow, held: Sequence[Post], asked: str | None) -> str | None:
    """The division whose figures are shown: the one asked for, or as much of the audience as lies below oneself.
    None where one does not stand at it or above it: how neighbours do is theirs and their superior's."""
    if asked is not None:
        path = (
            asked
            if asked.startswith(directive.path)
            else directive.path
            if directive.path.startswith(asked)
            else None
        )
        return path if path is not None and stands_over(held, path) else None
    if stands_over(held, directive.path):
        return str(directive.path)
    below = [post.path for post in held if post.is_division and post.path.startswith(directive.path)]
    return min(below, key=lambda path: (len(path), path), default=None)


async def _locked(session: Session, call: Call, directive_id: int) -> tuple[tuple[Post, ...], DirectiveRow]:
    held = await posts(session, call.viewer.scope)
    directive = await directives.lock(session, call.viewer.realm, directive_id)
    if directive is None or not concerns(directive, held):
        raise not_found(call, "directiveId", "该指令", "The directive")
    return held, directive


async def _done(session: Session, call: Call, directive_id: int, version: int) -> Result:
    result = Result(0, version, object_id=directive_id)
    await once.settle(session, call, result)
    return result
