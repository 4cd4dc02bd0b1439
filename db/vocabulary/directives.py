"""Words of directives."""

from __future__ import annotations

from db.vocabulary.word import Word


class TerminalKind(Word):
    """What a directive goes down to."""

    CENTRE = "CENTRE", "指挥中心", "Every centre below the division that issues it."
    TOWNSHIP = "TOWNSHIP", "乡镇（街道）", "Every township and street."
    COMMUNITY = "COMMUNITY", "村（社区）", "Every village and residents' committee."
    GRID = "GRID", "网格", "Every grid in use."


class ReceiptKind(Word):
    """What a terminal says of a directive. READ says RECEIVED too, DONE and FEEDBACK say READ too."""

    RECEIVED = "RECEIVED", "已收到", "It has arrived."
    READ = "READ", "已阅", "Somebody has read it."
    DONE = "DONE", "已落实", "What it asks is done."
    FEEDBACK = "FEEDBACK", "已反馈", "Something was said about it."


class DirectiveState(Word):
    """Where a directive stands."""

    ISSUED = "ISSUED", "已下达", "In force: receipts are taken."
    WITHDRAWN = "WITHDRAWN", "已撤销", "Taken back by who issued it; no more receipts."
