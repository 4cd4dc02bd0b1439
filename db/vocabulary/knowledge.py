"""Words of the knowledge base."""

from __future__ import annotations

from db.vocabulary.word import Word


class KnowledgeState(Word):
    """Whether an item may be cited today."""

    IN_FORCE = "IN_FORCE", "现行有效", "Cited."
    NOT_YET = "NOT_YET", "尚未生效", "Its first day lies ahead."
    EXPIRED = "EXPIRED", "已失效", "Its last day is over: never cited."
    WITHDRAWN = "WITHDRAWN", "已撤下", "Taken back by its owner."
