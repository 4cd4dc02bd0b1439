"""Words of loop breaks: points at which the loop is blocked, broken or divergent."""

from __future__ import annotations

from db.vocabulary.word import Word


class BreakKind(Word):
    """What is wrong with the loop at a case."""

    BLOCKED = "BLOCKED", "堵点", "It stands in its link far longer than cases there usually do."
    BROKEN = "BROKEN", "断点", "Nobody has it, or something on its way never arrived."
    DIVERGENT = "DIVERGENT", "分歧点", "Units contradict each other."


class BreakCause(Word):
    """What exactly was found."""

    SLOW_LINK = "SLOW_LINK", "环节滞留", "Longer in its link than a multiple of the usual time."
    NO_OWNER = "NO_OWNER", "无人承办", "No unit has it, for longer than dispatch may take."
    NO_RECEIPT = "NO_RECEIPT", "流转未签收", "A centre has not signed for it in time."
    NOT_DELIVERED = "NOT_DELIVERED", "回应未送达", "The answer could not be brought to who asked, by any channel."
    RETURNS = "RETURNS", "退回分歧", "Returned twice, each unit naming another one."
    DISPOSITIONS = "DISPOSITIONS", "意见分歧", "Units of one round come to different outcomes."


class BreakRemedy(Word):
    """What mends it."""

    EXPEDITE = "EXPEDITE", "督办", "Demand action (`caseExpedite`)."
    REASSIGN = "REASSIGN", "改派", "Give it to somebody (`caseDispatch`, `caseReassign`, `caseReceiveHop`)."
    RULE = "RULE", "裁定", "Let the superior decide (`caseRule`)."
