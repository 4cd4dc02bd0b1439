"""Words of expedite orders."""

from __future__ import annotations

from db.vocabulary.word import Word


class ExpediteKind(Word):
    """Why action on a case is demanded."""

    TIMEOUT = "TIMEOUT", "超期督办", "It is late; raised by SYSTEM once its handling limit has passed."
    LEADER = "LEADER", "领导督办", "A commander demands it."
    KEY = "KEY", "重点督办", "The case is an important one."
    URGED = "URGED", "群众催办", "Several followers urged it; raised by SYSTEM."
    RETURNED = "RETURNED", "退回督办", "It was returned more than once; raised by SYSTEM."
