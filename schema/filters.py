"""Filters and arguments that several fields share: ids become rows' keys here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

import strawberry

from db import places
from db.cases import CaseFilter as Narrowed
from db.cases import CaseListFilter
from db.database import Database
from db.paging import EventPosition, event_cursor
from db.vocabulary import CaseKind, CaseSource, CaseStage, CaseState, Priority
from resolvers.refusals import Code, Refusal
from schema import ids
from schema.context import Ask
from schema.enums import Crs
from schema.scalars import PageCursor

LIST_MAX = 100
TEXT_MAX = 60

T = TypeVar("T")

From = Annotated[
    date | None,
    strawberry.argument(name="from", description="First local day; `to` where left out, today where both are."),
]
To = Annotated[
    date | None, strawberry.argument(description="Last local day; today where left out. At most 366 days.")
]
First = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[PageCursor | None, strawberry.argument(description="Go on after this edge or `endCursor`.")]
InCrs = Annotated[Crs, strawberry.argument(description="Coordinates to answer in.")]
Text = Annotated[str | None, strawberry.argument(description="Words of the name; at most 60 characters.")]
Of = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this division and below.")]
OneMatter = Annotated[strawberry.ID | None, strawberry.argument(description="Only cases of this matter.")]


@strawberry.input(description="Narrows a stream of case events. Lists hold at most 100; all given parts must match.")
class CaseEventFilter:
    divisions: list[strawberry.ID] | None = strawberry.field(
        default=None, description="In one of these divisions or below."
    )
    grids: list[strawberry.ID] | None = strawberry.field(default=None, description="In one of these grids.")
    states: list[CaseState] | None = strawberry.field(default=None, description="In one of these states.")
    kinds: list[CaseKind] | None = strawberry.field(default=None, description="Of one of these kinds.")
    matters: list[strawberry.ID] | None = strawberry.field(default=None, description="About one of these matters.")
    priorities: list[Priority] | None = strawberry.field(default=None, description="Of one of these priorities.")
    departments: list[strawberry.ID] | None = strawberry.field(
        default=None, description="With one of these responsible departments."
    )
    service_providers: list[strawberry.ID] | None = strawberry.field(
        default=None, description="With a work order of one of these service providers."
    )


@strawberry.input(description="Narrows a list of cases. Lists hold at most 100; all given parts must match.")
class CaseFilter(CaseEventFilter):
    stages: list[CaseStage] | None = strawberry.field(default=None, description="In one of these links of the loop.")
    sources: list[CaseSource] | None = strawberry.field(default=None, description="From one of these sources.")
    is_open: bool | None = strawberry.field(default=None, description="Only open ones, or only ended ones.")
    is_overdue: bool | None = strawberry.field(default=None, description="Only overdue ones, or only others.")
    is_pressing: bool | None = strawberry.field(default=None, description="Only 急难愁盼, or only others.")
    outsourced: bool | None = strawberry.field(
        default=None, description="Only with an open work order, or only without."
    )
    submitted_from: datetime | None = strawberry.field(default=None, description="Handed in at or after.")
    submitted_to: datetime | None = strawberry.field(default=None, description="Handed in before.")
    text: str | None = strawberry.field(
        default=None, description="Words of the title, or a whole case number; at most 60 characters."
    )


ListFilter = Annotated[CaseFilter | None, strawberry.argument(description="Narrows the list.")]
StreamFilter = Annotated[CaseEventFilter | None, strawberry.argument(description="Narrows the stream.")]


async def case_filter(db: Database, given: CaseEventFilter | None) -> Narrowed:
    """Refuses NOT_FOUND for an id of another kind of thing, or a division that is not there."""
    if given is None:
        return Narrowed()
    return Narrowed(
        paths=await _paths(db, given.divisions),
        grids=_numbers(given.grids, "Grid", "grids"),
        states=_words(given.states, "states"),
        kinds=_words(given.kinds, "kinds"),
        matters=_numbers(given.matters, "Matter", "matters"),
        priorities=_words(given.priorities, "priorities"),
        departments=_numbers(given.departments, "Department", "departments"),
        service_providers=_numbers(given.service_providers, "ServiceProvider", "serviceProviders"),
    )


async def case_list_filter(info: Ask, given: CaseFilter | None) -> CaseListFilter:
    if given is None:
        return CaseListFilter()
    return CaseListFilter(
        base=await case_filter(info.context.db, given),
        stages=_words(given.stages, "stages"),
        sources=frozenset(_capped(given.sources, "sources")),
        is_open=given.is_open,
        is_overdue=given.is_overdue,
        is_pressing=given.is_pressing,
        outsourced=given.outsourced,
        submitted_from=aware(given.submitted_from, "submittedFrom"),
        submitted_to=aware(given.submitted_to, "submittedTo"),
        text=words(given.text),
    )


def words(text: str | None) -> str | None:
    """Words to look for; SQLite refuses patterns of tens of thousands of characters in its own way."""
    if text is not None and len(text) > TEXT_MAX:
        raise Refusal(Code.BAD_USER_INPUT, detail=f"text: expected at most {TEXT_MAX} characters")
    return text


def aware(moment: datetime | None, name: str) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise Refusal(Code.BAD_USER_INPUT, detail=f"{name}: expected a time with an offset, e.g. +08:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # the first or last hours of the calendar
        raise Refusal(Code.BAD_USER_INPUT, detail=f"{name}: expected a year from 1 to 9999") from error


async def matter_key(matter: strawberry.ID | None) -> str:
    """Database id of a matter as the tallies know it; empty where none is asked for."""
    if matter is None:
        return ""
    found = ids.number(matter, "Matter")
    return "0" if found is None else str(found)


def event_cursor_at(info: Ask, seq: int) -> str:
    context = info.context
    return event_cursor(EventPosition(context.epoch, seq, context.viewer.scope.digest))


async def _paths(db: Database, given: Sequence[strawberry.ID] | None) -> tuple[str, ...]:
    codes = [ids.code(one, "Division") for one in _capped(given, "divisions")]
    if not codes:
        return ()
    async with db.read() as session:
        found = await places.divisions_by_code(session, [code for code in codes if code is not None])
    if len(found) < len(set(codes)):
        raise _not_found("divisions")
    return tuple(sorted(row.path for row in found.values()))


def _numbers(given: Sequence[strawberry.ID] | None, kind: str, name: str) -> frozenset[int]:
    numbers = [ids.number(one, kind) for one in _capped(given, name)]
    if None in numbers:
        raise _not_found(name)
    return frozenset(number for number in numbers if number is not None)


def _words(given: Iterable[Any] | None, name: str) -> frozenset[str]:
    return frozenset(str(word) for word in _capped(given, name))


def _capped(given: Iterable[T] | None, name: str) -> list[T]:
    found = list(given or ())
    if len(found) > LIST_MAX:
        raise Refusal(Code.BAD_USER_INPUT, detail=f"{name}: expected at most {LIST_MAX}; came {len(found)}")
    return found


def _not_found(name: str) -> Refusal:
    return Refusal(Code.NOT_FOUND, what=name)
