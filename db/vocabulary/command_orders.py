"""Words of command orders."""

from __future__ import annotations

from db.vocabulary.word import Word


class CommandOrderState(Word):
    """Where a command order stands."""

    ISSUED = "ISSUED", "待签收", "Issued; not every unit has signed."
    SIGNED = "SIGNED", "全部签收", "Every unit has signed."
    DONE = "DONE", "全部完成", "Every unit has reported it done."
    WITHDRAWN = "WITHDRAWN", "已撤销", "Taken back by who issued it."


class CommandUnitState(Word):
    """Where one unit of a command order stands."""

    UNSIGNED = "UNSIGNED", "未签收", "Has not signed."
    SIGNED = "SIGNED", "已签收", "Has signed; not done yet."
    DONE = "DONE", "已完成", "Has reported it done."
