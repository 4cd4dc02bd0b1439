"""Relay connections over keyset pages: forwards, 1 to 100 at a time, opaque cursors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry

from db.paging import CursorError, page_cursor, parse_id_cursor, parse_page_cursor
from resolvers.refusals import Code, Refusal
from schema.scalars import PageCursor

PAGE_DEFAULT = 20
PAGE_MAX = 100


@strawberry.type(description="Where a page of a list begins and ends.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follow after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether the page was asked for `after` something.")
    start_cursor: PageCursor | None = strawberry.field(description="Cursor of the first edge; null when empty.")
    end_cursor: PageCursor | None = strawberry.field(description="Cursor of the last edge; null when empty.")


def page_size(first: int) -> int:
    if not 1 <= first <= PAGE_MAX:
        raise Refusal(Code.BAD_USER_INPUT, detail=f"first: expected 1 to {PAGE_MAX}; came {first}")
    return first


def cursor(kind: str, key: int | str) -> PageCursor:
    return PageCursor(page_cursor(kind, key))


def id_after(cursor: str | None, kind: str) -> int | None:
    return None if cursor is None else _parsed(parse_id_cursor, cursor, kind)


def code_after(cursor: str | None, kind: str) -> str | None:
    return None if cursor is None else _parsed(parse_page_cursor, cursor, kind)


def _parsed(parser: Any, cursor: str, kind: str) -> Any:
    try:
        return parser(cursor, kind)
    except CursorError as error:
        raise Refusal(Code.CURSOR_INVALID, detail=str(error)) from error


@dataclass(frozen=True, slots=True)
class Slice:
    """One more row than asked for tells whether there is a next page."""

    rows: Sequence[Any]
    has_next: bool

    @staticmethod
    def of(rows: Sequence[Any], first: int) -> Slice:
        return Slice(rows[:first], len(rows) > first)


def page_info(cursors: Sequence[PageCursor], *, has_next: bool, after: str | None) -> PageInfo:
    return PageInfo(
        has_next_page=has_next,
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
