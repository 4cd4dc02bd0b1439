"""Words of promises."""

from __future__ import annotations

from db.vocabulary.word import Word


class CommitmentState(Word):
    """What became of a promise."""

    OPEN = "OPEN", "履行中", "Its date has not come."
    KEPT = "KEPT", "已兑现", "Done by the date."
    BROKEN = "BROKEN", "未兑现", "The date passed and it was not done; it stays so when it is done later."
    LAPSED = "LAPSED", "已失效", "The case ended before the date."
