"""Words of how an answer reaches somebody."""

from __future__ import annotations

from db.vocabulary.word import Word


class DeliveryState(Word):
    """Where one attempt on one channel stands."""

    PENDING = "PENDING", "待送达", "Waiting to be sent, called or handed over."
    SENT = "SENT", "已发出", "Given to the network that carries it; no receipt yet."
    DELIVERED = "DELIVERED", "已送达", "It reached them."
    FAILED = "FAILED", "未送达", "It did not reach them on this channel."
    CANCELLED = "CANCELLED", "不再需要", "A late receipt of another attempt came first."


class DeliveryReport(Word):
    """What is reported of an attempt."""

    DELIVERED = "DELIVERED", "已送达", "It reached them."
    FAILED = "FAILED", "未送达", "It did not; the note says what was tried."


OPEN_DELIVERY_STATES = frozenset({DeliveryState.PENDING, DeliveryState.SENT})
