"""Words of visits and of how much hangs on a case."""

from __future__ import annotations

from db.vocabulary.word import Word


class RiskLevel(Word):
    """How much harm a case may do if nothing is done."""

    LOW = "LOW", "低风险", "No harm to people is likely."
    MEDIUM = "MEDIUM", "一般风险", "Harm is possible."
    HIGH = "HIGH", "较大风险", "Harm is likely."
    GRAVE = "GRAVE", "重大风险", "Harm to many, or to life."
