"""Words of a case's way between levels."""

from __future__ import annotations

from db.vocabulary.word import Word


class HopDirection(Word):
    """Which way a case went between two centres."""

    UP = "UP", "上交", "To the centre above."
    DOWN = "DOWN", "下派", "To a centre below."
