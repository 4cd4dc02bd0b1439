"""Filling responses in: a fixed set of words, none of which is about a person. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDERS = frozenset({"number", "title", "matter", "unit", "outcome", "submitted", "due", "promised", "today"})
"""Number and title of the case, its matter, responsible unit and outcome; when it was handed in, is due, is promised;
today."""

_PLACE = re.compile(r"\{([^{}]*)\}")
UNKNOWN = "……"  # for a person to fill in


def unknown_words(text: str) -> list[str]:
    """What stands in braces and is no placeholder of ours."""
    return [word for word in _PLACE.findall(text) if word not in PLACEHOLDERS]


def fill_in(text: str, words: Mapping[str, str | None]) -> str:
    return _PLACE.sub(lambda place: words.get(place[1]) or UNKNOWN, text)
