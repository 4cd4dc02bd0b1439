"""Words of the linkage of grids and police beats."""

from __future__ import annotations

from db.vocabulary.word import Word


class PoliceTaskKind(Word):
    """How the police are brought in."""

    NOTIFY = "NOTIFY", "通报警格", "The beat is told."
    JOINT = "JOINT", "网格警格联动", "Grid and beat go together; one visit counts for both."
    TRANSFER = "TRANSFER", "移交公安", "The matter is for the police; the case stays until they have answered."


class PoliceTaskState(Word):
    """Where something asked of the police stands."""

    SENT = "SENT", "待签收", "Sent, not yet received."
    RECEIVED = "RECEIVED", "已签收", "The beat has it."
    ANSWERED = "ANSWERED", "已反馈", "The beat has answered."
