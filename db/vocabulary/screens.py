"""Words of screens."""

from __future__ import annotations

from db.vocabulary.word import Word


class FocusKind(Word):
    """What a wall is asked to show."""

    NOTHING = "NOTHING", "无", "Nothing in particular: the wall shows its own picture."
    CASE = "CASE", "事件", "One case."
    DIVISION = "DIVISION", "行政区划", "One division."
    GRID = "GRID", "网格", "One grid."
