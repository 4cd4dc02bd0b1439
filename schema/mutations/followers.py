"""Following, and urging."""

from __future__ import annotations

import strawberry

from resolvers import followers, urging
from schema.context import Ask
from schema.mutations.payloads import CasePayload, CaseTouchInput, act_on_case


@strawberry.input(description="Follow a case that somebody else handed in.")
class CaseFollowInput(CaseTouchInput): ...


@strawberry.input(description="Follow a case no longer.")
class CaseUnfollowInput(CaseTouchInput): ...


@strawberry.input(description="Urge that something be done.")
class CaseUrgeInput(CaseTouchInput):
    note: str | None = strawberry.field(default=None, description="Why; personal; at most 200 characters.")


@strawberry.type
class FollowersMutation:
    @strawberry.mutation(
        description="关注: a resident or enterprise follows an open problem; it comes into view without what its "
        "submitter wrote."
    )
    async def case_follow(self, info: Ask, input: CaseFollowInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: followers.follow(info.context.db, call, case))

    @strawberry.mutation(description="取消关注: follow a case no longer; it leaves the view.")
    async def case_unfollow(self, info: Ask, input: CaseUnfollowInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: followers.unfollow(info.context.db, call, case))

    @strawberry.mutation(
        description="催办: who handed it in, or follows it, urges; QUIET_PERIOD names when the same person may again."
    )
    async def case_urge(self, info: Ask, input: CaseUrgeInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: urging.urge(info.context.db, call, case, input.note))
