"""Words of the ways in for a service provider's own system."""

from __future__ import annotations

from db.vocabulary.word import Word


class WorkOrderEventKind(Word):
    """What to do with an entry of `workOrderEvents`."""

    OFFERED = "OFFERED", "新委托", "A new order: take it up."
    CHANGED = "CHANGED", "变更", "The order changed: take it if its version is higher."
    LEFT_VIEW = "LEFT_VIEW", "离开视野", "The order is no longer yours: drop it; `action` says why."
    HEARTBEAT = "HEARTBEAT", "心跳", "Nothing happened; the position moves on."
    RESYNC_REQUIRED = "RESYNC_REQUIRED", "需重新取数", "Read `workOrders` anew; the stream ends."


class KeyScope(Word):
    """What a service account's key is good for beside reading the provider's own orders."""

    WORK = "WORK", "办理任务单", "Take actions on work orders and send updates."
    WEBHOOKS = "WEBHOOKS", "管理推送", "Register, change and end the provider's webhooks, and redeliver."


class WebhookDeliveryState(Word):
    """Where one message to a provider's system stands."""

    WAITING = "WAITING", "待送达", "To be sent, or sent again at its time."
    DELIVERED = "DELIVERED", "已送达", "The receiver answered 2xx."
    DEAD = "DEAD", "停止重试", "Given up after the last attempt; it can be redelivered by hand."
    DROPPED = "DROPPED", "已作废", "The webhook ended before it was delivered."


class WebhookMessage(Word):
    """What a message says."""

    OFFERED = "OFFERED", "新委托", "A new order."
    CHANGED = "CHANGED", "变更", "The order changed; the message holds it whole."
    LEFT_VIEW = "LEFT_VIEW", "离开视野", "The order is no longer yours."
    RESYNC_REQUIRED = "RESYNC_REQUIRED", "需重新取数", "Messages may be missing: read `workOrders` anew."


class WorkOrderUpdateKind(Word):
    """What a provider's system says of an order."""

    ACCEPT = "ACCEPT", "接单", "It takes the order."
    DECLINE = "DECLINE", "拒单", "It does not; `text` is the reason."
    SCHEDULE = "SCHEDULE", "排班预约", "Who comes and when: `crew`, `appointmentAt`; again for another time."
    START = "START", "开始作业", "The work begins."
    PROGRESS = "PROGRESS", "进展", "How the work goes; `text` says it."
    SUBMIT = "SUBMIT", "提交结果", "It is done; `text` is the result, `evidence` the photos."


class WorkOrderUpdateOutcome(Word):
    """What became of an update."""

    APPLIED = "APPLIED", "已执行", "It was done."
    REPEATED = "REPEATED", "重复", "This number was dealt with before; nothing was changed."
    LATE = "LATE", "迟到", "A higher number was dealt with before; nothing was changed."
    KEPT_AS_NOTE = "KEPT_AS_NOTE", "留作备注", "The order is in another state: kept as a note, and flagged."


class SandboxFault(Word):
    """What the sandbox breaks on purpose, in the exercise realm."""

    DUPLICATE = "DUPLICATE", "重复推送", "A message that was delivered is sent once more."
    OUT_OF_ORDER = "OUT_OF_ORDER", "乱序推送", "A message comes late, after those that follow it."
    GIVE_UP = "GIVE_UP", "放弃推送", "A message is not sent: it stands among the dead ones at once."
    FAIL = "FAIL", "更新失败", "An update is answered INTERNAL, and nothing was done."
    LOSE = "LOSE", "应答丢失", "An update is acted on, but answered TIMEOUT."
    REJECT = "REJECT", "验收退回", "A first result is rejected."
