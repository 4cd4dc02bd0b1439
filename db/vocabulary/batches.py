"""Words of one decision for a class of cases."""

from __future__ import annotations

from db.vocabulary.word import Word


class BatchKind(Word):
    """What is decided for every case of a class."""

    DISPOSE = "DISPOSE", "统一处置", "Report each handled, with disposition and response."
    DECLINE = "DECLINE", "统一不予受理", "Decline each, with disposition and response."
    RESPOND = "RESPOND", "统一回应", "Tell each submitter the same."
    CLOSE = "CLOSE", "统一结案", "Close each."


class BatchItemState(Word):
    """What became of one case of a class."""

    PENDING = "PENDING", "待处理", "Its turn has not come yet."
    DONE = "DONE", "已完成", "Decided: it has its own event, step and words."
    REFUSED = "REFUSED", "未完成", "Refused, as the single action would have been; nothing was changed."
