"""Scalars beyond GraphQL's own: two kinds of cursor that must not be mixed up, and money that outgrows an integer."""

from __future__ import annotations

from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from resolvers.refusals import Code, Refusal

EventCursor = NewType("EventCursor", str)
PageCursor = NewType("PageCursor", str)
Cents = NewType("Cents", int)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Refusal(Code.CURSOR_INVALID, detail="expected a cursor as text")
    return value


def _cents(value: object) -> Cents:
    if not isinstance(value, str) or not value.removeprefix("-").isdecimal():
        raise Refusal(Code.BAD_USER_INPUT, detail="expected whole cents as text")
    return Cents(int(value))


SCALARS: dict[object, ScalarDefinition] = {
    EventCursor: strawberry.scalar(
        name="EventCursor",
        description="A position in the journal, opaque: resume a stream after it. Not a page cursor.",
        serialize=str,
        parse_value=_text,
    ),
    PageCursor: strawberry.scalar(
        name="PageCursor",
        description="A position in a list, opaque: ask for the next page after it. Not an event cursor.",
        serialize=str,
        parse_value=_text,
    ),
    Cents: strawberry.scalar(
        name="Cents",
        description="A sum of money in cents of a yuan (分): a whole number as text, for sums outgrow an Int.",
        serialize=str,
        parse_value=_cents,
    ),
}
