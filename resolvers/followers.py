"""Following a case that somebody else handed in: told of it like its submitter, with no say over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from db import followers, places
from db.cases import CaseRow
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary import CaseAction, Role
from resolvers import once
from resolvers.advance import Change, advance, check_version, write
from resolvers.call import Call, not_found
from resolvers.gazetteer import REACH_DEGREES
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import lifecycle
from resolvers.rules.lifecycle import SUBMITTERS
from resolvers.rules.policy import Policy
from resolvers.rules.standing import Standing
from resolvers.submitting import submitter_key
from resolvers.tokens import is_anonymous
from resolvers.viewer import Viewer

FOUND_MOST = 10
FOLLOWERS = (Role.RESIDENT, Role.ENTERPRISE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands: a grid, or a point whose nearest grid is meant."""

    grid_id: int | None = None
    point: tuple[float, float] | None = None  # WGS-84 longitude, latitude


async def cases_to_follow(
    db: Database, viewer: Viewer, policy: Policy, matter_id: int, place: Place
) -> Sequence[CaseRow]:
    """Open cases of a matter in the community of a place, those of its grid first; at most ten."""
    if following_role(viewer) is None:
        raise Refusal(Code.FORBIDDEN, action=CaseAction.FOLLOW.label, action_name=CaseAction.FOLLOW.name)
    return await _open_there(db, viewer, policy, matter_id, place)


async def duplicate_hints(
    db: Database, viewer: Viewer, policy: Policy, matter_id: int | None, place: Place
) -> Sequence[CaseRow]:
    """What somebody may be about to hand in again, whether they may follow it or not; at most ten. Without a matter,
    whatever is open in the grid."""
    if not viewer.roles.intersection(SUBMITTERS):
        raise Refusal(Code.FORBIDDEN, action=CaseAction.SUBMIT.label, action_name=CaseAction.SUBMIT.name)
    return await _open_there(db, viewer, policy, matter_id, place)


async def _open_there(
    db: Database, viewer: Viewer, policy: Policy, matter_id: int | None, place: Place
) -> Sequence[CaseRow]:
    async with db.read() as session:
        grid = await _grid_at(session, place)
        if grid is None:
            return []
        return await followers.to_follow(
            session, viewer.realm, policy.followable_kinds, matter_id=matter_id, grid=grid, limit=FOUND_MOST
        )


async def _grid_at(session: Session, place: Place) -> places.GridRow | None:
    if place.grid_id is not None:
        return (await places.grids_by_id(session, [place.grid_id])).get(place.grid_id)
    return None if place.point is None else await places.nearest_grid(session, *place.point, REACH_DEGREES)


def following_role(viewer: Viewer) -> Role | None:
    """In which of their roles somebody may follow cases."""
    if is_anonymous(viewer):  # nobody could ever ask them to stop
        return None
    return next((role for role in FOLLOWERS if role in viewer.roles), None)


def own_keys(viewer: Viewer) -> frozenset[str]:
    """The accounts under which somebody hands in and follows."""
    return frozenset(grant.value for grant in viewer.grants if grant.kind is ScopeKind.SELF)


async def follow(db: Database, call: Call, case_id: int) -> Result:
    """Follow an open case out of one's own scope. Who follows it, or handed it in, stays as they are."""
    role = following_role(call.viewer)
    if role is None:
        raise Refusal(Code.FORBIDDEN, action=CaseAction.FOLLOW.label, action_name=CaseAction.FOLLOW.name)
    key = submitter_key(call, role)

    async def work(session: Session) -> Result:
        case = await followers.lock_to_follow(session, call.viewer.realm, case_id, call.policy.followable_kinds)
        if case is None:
            raise not_found(call, "caseId", "该事件", "The case")
        check_version(case, call)
        if key == case.submitter_key or key in (case.follower_keys or ()):
            result = Result(case.id, case.version)
            await once.settle(session, call, result)
            return result
        rule = lifecycle.decide(case, CaseAction.FOLLOW, Standing(frozenset({role}), is_submitter=False))
        return await write(session, call, case, rule, Change(await followed_by(session, call, case, [key])))

    return await once.once(db, call, work)


async def unfollow(db: Database, call: Call, case_id: int) -> Result:
    """Follow it no longer; it leaves one's view."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        keys = await followers.remove_followers(session, case, own_keys(call.viewer))
        return Change({"follower_keys": keys})

    return await advance(db, call, case_id, CaseAction.UNFOLLOW, prepare)


async def followed_by(
    session: Session, call: Call, case: CaseRow, keys: Iterable[str], *, merged_case_id: int | None = None
) -> dict[str, Any]:
    """Columns of a held case once `keys` follow it too. Refuses more than the policy's number."""
    after = await followers.add_followers(session, case, keys, at=call.now, merged_case_id=merged_case_id)
    if len(after) > call.policy.followers_per_case:
        raise Refusal(Code.TOO_MANY, limit=call.policy.followers_per_case, what="名关注人", what_en="followers")
    return {"follower_keys": after}
