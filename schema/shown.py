"""How a noun shows its row, and what of a case is shown to whom."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import OperationType

from db import cases
from db.cases import CaseRow
from db.scope import Masking
from resolvers.rules import access
from schema.context import Ask


def own(description: str) -> Any:
    """A column of the row, under the same name."""
    field = strawberry.field(description=description)
    field.init = False  # Strawberry would ask for it in the constructor; it is read from the row
    return field


class Shown:
    """Shows the columns of `row` as attributes."""

    row: Any

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the executor asks every object whether it can be awaited
            raise AttributeError(name)
        return getattr(object.__getattribute__(self, "row"), name)


DELIVERED = frozenset({"CaseEvent", "LoopBreakNews"})


def is_below_event(info: Ask) -> bool:
    """Whether a field hangs below an event: what a stream delivers holds nothing personal, however it is reached."""
    path: Any = info.path
    is_of_case = False
    while path is not None:
        is_of_case |= path.typename == "Case"
        # A provider is told the words of its own orders as they come; those of their cases it asks for.
        if path.typename in DELIVERED or (is_of_case and path.typename == "WorkOrderEvent"):
            return True
        path = path.prev
    return False


def is_streamed(info: Ask) -> bool:
    """Whether a field is delivered by a stream or hangs below an event, read by polling or not."""
    if info.operation.operation is OperationType.SUBSCRIPTION:
        return True
    path: Any = info.path
    while path is not None:
        if path.typename in DELIVERED or path.typename == "WorkOrderEvent":
            return True
        path = path.prev
    return False


def hides_words(info: Ask, row: CaseRow) -> bool:
    """On events, and for who may see nothing personal: not even what the submitter was told."""
    if hasattr(row, "is_snapshot") or is_below_event(info):
        return True
    scope = info.context.viewer.scope
    return scope.masking is Masking.NONE_PERSONAL and not scope.handed_in(cases.columns_of(row))


def hides_person(info: Ask, row: CaseRow) -> bool:
    """The same, and for followers: nothing that the submitter wrote, sent or is."""
    return hides_words(info, row) or access.only_follows(info.context.viewer.scope, cases.columns_of(row))


async def is_in_view(info: Ask, row: CaseRow) -> bool:
    """Whether what hangs on the case may be shown: since an event the case may have left the view."""
    return not hasattr(row, "is_snapshot") or await info.context.loaders.case.load(row.id) is not None
