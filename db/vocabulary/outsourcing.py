"""Words of work orders: what a service provider may ask of the department."""

from __future__ import annotations

from db.vocabulary.word import Word


class OrderRequestKind(Word):
    """What a service provider asks the department that gave it the order."""

    QUESTION = "QUESTION", "提问", "It asks something back."
    ACCESS = (
        "ACCESS",
        "联系现场",
        "It asks the department to arrange with the place, or whom to ask for there: never the submitter.",
    )
    EXTENSION = "EXTENSION", "申请延期", "It asks for a later due time."
    PRICE_CHANGE = "PRICE_CHANGE", "申请调价", "It asks for another price of one unit."
