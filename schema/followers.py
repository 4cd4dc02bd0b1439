"""Cases of others that may be followed, and who has urged."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import PlainStage
from resolvers import followers
from resolvers.followers import Place
from resolvers.refusals import Code, Refusal
from resolvers.rules import access, clocks
from schema import ids
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, hides_person, is_in_view, own

TheMatter = Annotated[strawberry.ID, strawberry.argument(description="What it is about.")]
AMatter = Annotated[strawberry.ID | None, strawberry.argument(description="What it is about, where known.")]
InGrid = Annotated[strawberry.ID | None, strawberry.argument(description="The grid; or give longitude and latitude.")]
East = Annotated[float | None, strawberry.argument(description="Degrees east, WGS-84.")]
North = Annotated[float | None, strawberry.argument(description="Degrees north, WGS-84.")]


@strawberry.type(description="An open case of somebody else that may be followed: nothing of who handed it in.")
class CaseToFollow(Shown):
    row: strawberry.Private[CaseRow]

    @strawberry.field(description="Id of the case, for caseFollow; it is readable once it is followed.")
    def case_id(self) -> strawberry.ID:
        return global_id("Case", self.row.id)

    @strawberry.field(description="Number to quote.")
    def number(self) -> str:
        return cases.number_of(self.row)

    title: str = own("Matter and place; never a person.")
    submitted_at: datetime = own("When it was handed in.")

    @strawberry.field(description="Where it is, in four plain stages.")
    def plain_stage(self) -> PlainStage:
        return clocks.plain_stage(self.row)

    @strawberry.field(description="How many people follow it.")
    def followers(self) -> int:
        return len(self.row.follower_keys or ())

    @strawberry.field(description="Whether the viewer follows it or handed it in.")
    def is_in_view(self, info: Ask) -> bool:
        return info.context.viewer.scope.covers(cases.columns_of(self.row))

    @strawberry.field(description="Whether the viewer may follow it with caseFollow.")
    def may_follow(self, info: Ask) -> bool:
        return followers.following_role(info.context.viewer) is not None and not self.is_in_view(info)


@strawberry.type(description="催办: somebody asked that something be done.")
class Urge(Shown):
    row: strawberry.Private[Any]
    hides_note: strawberry.Private[bool]

    round: int = own("Round of the case it belongs to.")
    at: datetime = own("When.")
    is_follower: bool = own("Whether a follower urged; else who handed it in.")

    @strawberry.field(
        description="Their words, long numbers masked, for who works on the case; null for everybody else and on "
        "events."
    )
    def note(self) -> str | None:
        return None if self.hides_note or self.row.note is None else access.masked_words(self.row.note)


@strawberry.type
class FollowedCase:
    """What a case shows of its followers."""

    row: strawberry.Private[CaseRow]

    @strawberry.field(description="How often it was urged, over all rounds.")
    def urges(self) -> int:
        return self.row.urges or 0

    @strawberry.field(description="When it was last urged; null when never.")
    def urged_at(self) -> datetime | None:
        return self.row.urged_at  # type: ignore[no-any-return]

    @strawberry.field(description="How many people follow it without having handed it in.")
    def follower_count(self) -> int:
        return len(self.row.follower_keys or ())

    @strawberry.field(description="Whether the viewer follows it.")
    def is_followed(self, info: Ask) -> bool:
        return info.context.viewer.scope.follows(cases.columns_of(self.row))

    @strawberry.field(description="Every urge, oldest first; unpaged, one a day of each person at most.")
    async def urgings(self, info: Ask) -> list[Urge]:
        if not await is_in_view(info, self.row):
            return []
        hidden = access.hides_notes(info.context.viewer.scope, cases.columns_of(self.row))
        hides = hidden or hides_person(info, self.row)
        return [Urge(row=row, hides_note=hides) for row in await info.context.loaders.urgings.load(self.row.id)]


@strawberry.type
class FollowersQuery:
    @strawberry.field(
        description="Open problems of the same matter in the community of a place that residents and enterprises may "
        "follow instead of handing the same in again; those of the grid first, then the newest; at most 10."
    )
    async def cases_to_follow(
        self, info: Ask, matter: TheMatter, grid: InGrid = None, longitude: East = None, latitude: North = None
    ) -> list[CaseToFollow]:
        place = place_of(grid, longitude, latitude)
        context = info.context
        found = await followers.cases_to_follow(
            context.db, context.viewer, context.policy, ids.number(matter, "Matter") or 0, place
        )
        return [CaseToFollow(row=row) for row in found]

    @strawberry.field(
        description="报事前查重: open problems that somebody may be about to hand in again, for everybody who may "
        "hand in, with an account or without one: of the matter in the community of the place, without a matter "
        "those of its grid; those of the grid first, then the newest; at most 10."
    )
    async def duplicate_hints(
        self,
        info: Ask,
        matter: AMatter = None,
        grid: InGrid = None,
        longitude: East = None,
        latitude: North = None,
    ) -> list[CaseToFollow]:
        matter_id = None if matter is None else ids.number(matter, "Matter") or 0
        context = info.context
        place = place_of(grid, longitude, latitude)
        found = await followers.duplicate_hints(context.db, context.viewer, context.policy, matter_id, place)
        return [CaseToFollow(row=row) for row in found]


def place_of(grid: strawberry.ID | None, longitude: float | None, latitude: float | None) -> Place:
    if (grid is None) == (longitude is None) or (longitude is None) != (latitude is None):
        raise Refusal(Code.BAD_USER_INPUT, detail="expected either grid or longitude and latitude")
    point = None if longitude is None or latitude is None else (longitude, latitude)
    return Place(None if grid is None else ids.number(grid, "Grid") or 0, point)
