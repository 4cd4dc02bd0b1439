"""Opaque positions. A page cursor says where a list goes on; an event cursor says where a stream goes on.

Each starts with its own mark, so that each one's error can name the other.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

PAGE_MARK = "pg1."
EVENT_MARK = "ev1."
_MAX_LENGTH = 200


class CursorError(ValueError):
    """Not a cursor of the kind asked for; the text says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class EventPosition:
    epoch: str
    seq: int
    rights: str  # digest of realm and scope


def page_cursor(kind: str, key: int | str) -> str:
    return _encode(PAGE_MARK, f"{kind}:{key}")


def parse_page_cursor(text: str, kind: str) -> str:
    """The key of a cursor of `kind`."""
    found, _, key = _decode(PAGE_MARK, text, "a page cursor").partition(":")
    if found != kind or not key:
        raise CursorError(f"expected a page cursor of {kind}; came one of {found[:20]!r}")
    return key


def parse_id_cursor(text: str, kind: str) -> int:
    key = parse_page_cursor(text, kind)
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        raise CursorError(f"expected a page cursor of {kind}")
    return int(key)


def event_cursor(position: EventPosition) -> str:
    return _encode(EVENT_MARK, f"{position.epoch}:{position.seq}:{position.rights}")


def parse_event_cursor(text: str) -> EventPosition:
    parts = _decode(EVENT_MARK, text, "an event cursor").split(":")
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdecimal() and len(parts[1]) < 19):
        raise CursorError("expected an event cursor")
    return EventPosition(parts[0], int(parts[1]), parts[2])


def _encode(mark: str, text: str) -> str:
    return mark + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(mark: str, text: str, expected: str) -> str:
    other = {PAGE_MARK: "a page cursor", EVENT_MARK: "an event cursor"}.get(text[:4])
    if not text.startswith(mark) or len(text) > _MAX_LENGTH:
        raise CursorError(f"expected {expected}; came {other or 'something else'}")
    body = text[len(mark) :]
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:  # not base64, not text, or not even ASCII
        raise CursorError(f"expected {expected}; came a damaged one") from error
