"""Driving walls from the duty desk."""

from __future__ import annotations

import strawberry

from db.vocabulary.screens import FocusKind
from resolvers import screens
from resolvers.refusals import Code, Refusal
from resolvers.screens import RELEASE, Target
from schema import ids
from schema.context import Ask
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of
from schema.screens import ScreenFocus, focus_now

TARGETS = {"Case": FocusKind.CASE, "Division": FocusKind.DIVISION, "Grid": FocusKind.GRID}


@strawberry.type(description="Answer of screenFocus.")
class ScreenFocusPayload:
    focus: ScreenFocus | None = strawberry.field(description="What the walls show now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Let the walls of a division show something for 60 s.")
class ScreenFocusInput(KeyedInput):
    screen: strawberry.ID = strawberry.field(
        description="The division whose walls are meant: one's own or one below."
    )
    target: strawberry.ID | None = strawberry.field(
        default=None, description="A case, division or grid in that division; left out, the walls are let go."
    )


@strawberry.type
class ScreenMutation:
    @strawberry.mutation(description="大屏聚焦: let the walls of a division show a case, division or grid.")
    async def screen_focus(self, info: Ask, input: ScreenFocusInput) -> ScreenFocusPayload:
        context = info.context
        code = ids.code_or_nothing(input.screen, "Division")
        try:
            await screens.focus(context.db, call_of(info, input), code, _target(info, input.target))
        except Refusal as refusal:
            return ScreenFocusPayload(focus=None, user_errors=[error_of(refusal, info)])
        context.renew()
        division = await context.loaders.division.load(code)
        return ScreenFocusPayload(focus=await focus_now(context, division), user_errors=[])


def _target(info: Ask, given: strawberry.ID | None) -> Target:
    if given is None:
        return RELEASE
    missing = Refusal(
        Code.NOT_FOUND,
        field=["target"],
        what="聚焦目标" if info.context.viewer.language == "zh" else "The target",
    )
    try:
        kind, key = ids.parse(given)
    except Refusal:
        raise missing from None
    if kind not in TARGETS or not key.isdecimal() or ids.number(given, kind) is None:
        raise missing
    return TARGETS[kind], key
