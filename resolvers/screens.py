"""The duty desk lets the walls of a division show something for a minute."""

from __future__ import annotations

from datetime import timedelta

from db import cases, journal, places, screens
from db.database import Database, Session
from db.posts import Post, posts
from db.vocabulary import Role, SubjectKind
from db.vocabulary.screens import FocusKind
from resolvers import once
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal

DRIVERS = frozenset({Role.SHIFT_LEADER, Role.DISPATCHER, Role.COMMANDER})
FOCUS = timedelta(seconds=60)  # long enough to read a card aloud; then the wall is everybody's again

Target = tuple[FocusKind, str]
"""What is meant, and its id or code."""

RELEASE: Target = (FocusKind.NOTHING, "")


async def focus(db: Database, call: Call, division_code: str, target: Target) -> Result:
    """Let all walls of a division show a case, division or grid that lies in it, or their own picture again."""

    async def work(session: Session) -> Result:
        if not call.viewer.roles & DRIVERS:
            raise Refusal(Code.FORBIDDEN, action="大屏聚焦", action_name="SCREEN_FOCUS")
        division = await places.division(session, division_code)
        post = None if division is None else driving_post(await posts(session, call.viewer.scope), division.path)
        if division is None or post is None:
            raise not_found(call, "screen", "该大屏", "The screen")
        if target is not RELEASE:
            path = await _path_of(session, call, target)
            if path is None or not path.startswith(division.path):
                raise not_found(call, "target", "聚焦目标", "The target")
        screen = await screens.lock(session, call.viewer.realm, division.code, division.path)
        kind, key = target
        columns = {
            "version": screen.version + 1,
            "kind": kind,
            "target": key,
            "at": call.now,
            "ends_at": call.now if kind is FocusKind.NOTHING else call.now + FOCUS,
            "set_by": call.viewer.principal,
            "set_role": post.role,
        }
        await screens.change(session, screen.id, columns)
        result = Result(0, screen.version + 1, object_id=screen.id)
        await once.settle(session, call, result)
        told = journal.notice(
            call.viewer.realm,
            SubjectKind.SCREEN,
            screen.id,
            screen.version + 1,
            path=division.path,
            role=post.role,
            at=call.now,
            columns={"kind": kind, "target": key},
        )
        await journal.append(session, [told])
        return result

    return await once.once(db, call, work)


def driving_post(held: tuple[Post, ...], path: str) -> Post | None:
    """In which of one's roles one lets those walls show something: the nearest one at or above their division."""
    mine = [post for post in held if post.is_division and post.role in DRIVERS and path.startswith(post.path)]
    return max(mine, key=lambda post: len(post.path), default=None)


async def _path_of(session: Session, call: Call, target: Target) -> str | None:
    """Where it lies; None for what is not there, or a case the viewer may not see."""
    kind, key = target
    match kind:
        case FocusKind.CASE:
            found = (await cases.by_ids(session, call.viewer.scope, [int(key)])).get(int(key))
            return None if found is None else str(found.division_path)
        case FocusKind.GRID:
            grid = (await places.grids_by_id(session, [int(key)])).get(int(key))
            return None if grid is None else str(grid.path)
        case FocusKind.DIVISION:
            division = await places.division(session, key)
            return None if division is None else str(division.path)
        case FocusKind.NOTHING:
            return None
