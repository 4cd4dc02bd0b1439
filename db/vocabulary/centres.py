"""Words of centres and their shifts."""

from __future__ import annotations

from db.vocabulary.word import Word


class Capability(Word):
    """The seven functions of a command centre; a centre has some of them."""

    PLATFORM = "PLATFORM", "平台建设", "Builds and runs the platform."
    CONVERGENCE = "CONVERGENCE", "数据汇聚", "Brings data of many sources together."
    REGULATION = "REGULATION", "综合监管", "Comprehensive regulation of places and enterprises."
    EARLY_WARNING = "EARLY_WARNING", "监测预警", "Watches and warns early."
    ANALYSIS = "ANALYSIS", "分析研判", "Analyses and judges."
    COMMAND = "COMMAND", "指挥联动", "Commands several units at once."
    REVIEW = "REVIEW", "督查考核", "Expedites and assesses."


class ShiftState(Word):
    """Where a duty shift stands."""

    ON_DUTY = "ON_DUTY", "在班", "On duty."
    HANDED_OVER = "HANDED_OVER", "待接班", "Handed over by the outgoing leader, not yet taken over; still on duty."
    ENDED = "ENDED", "已交班", "Handed over and taken over: signed by both."


class HandoverKind(Word):
    """Why something stands in a handover."""

    URGENT = "URGENT", "未结紧急事件", "An open urgent case that the centre holds."
    DUE = "DUE", "下一班到期", "A case that the centre holds falls due before the next shift ends."
    UNSIGNED = "UNSIGNED", "未签收事件", "A unit has not signed for a case that the centre holds."
    HOP = "HOP", "待签收流转", "A case that came from another level waits for this centre's receipt."
    COMMITMENT = (
        "COMMITMENT",
        "下一班到期承诺",
        "A promise on a case it holds falls due before the next shift ends.",
    )
    ORDER = "ORDER", "未签收指挥令", "A command order of this level that some unit has not signed."
