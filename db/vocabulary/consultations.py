"""Words of consultations."""

from __future__ import annotations

from db.vocabulary.word import Word


class ConsultationState(Word):
    """Where a consultation stands."""

    PLANNED = "PLANNED", "未开始", "It opens later."
    OPEN = "OPEN", "征集中", "People may vote and say something."
    CLOSED = "CLOSED", "待答复", "Over; those who took part wait for the answer."
    ANSWERED = "ANSWERED", "已答复", "Everybody who took part was answered."
    WITHDRAWN = "WITHDRAWN", "已撤回", "Taken back before it was over."
