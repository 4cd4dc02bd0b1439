"""Words of collecting: the register of fields, the unified form, a worker's day."""

from __future__ import annotations

from db.vocabulary.word import Word


class CollectionPart(Word):
    """A part of the unified collection form, and the line of business that uses it."""

    BASE = "BASE", "基础信息", "What every line of business needs, asked once."
    SOCIAL_SECURITY = "SOCIAL_SECURITY", "社会保障", "Social security."
    EMERGENCY = "EMERGENCY", "应急管理", "Emergency management."
    GOVERNANCE = "GOVERNANCE", "综合治理", "Comprehensive social governance."
    OTHER = "OTHER", "其他业务", "Another line of business."


class CollectedKind(Word):
    """Whom or what a collected value describes."""

    PERSON = "PERSON", "人", "Somebody who lives or works in the grid."
    HOUSEHOLD = "HOUSEHOLD", "户", "A household."
    PREMISES = "PREMISES", "场所", "A shop, a site, a building."


class FieldValueKind(Word):
    """What a value of a field looks like."""

    TEXT = "TEXT", "文字", "At most 200 characters."
    NUMBER = "NUMBER", "数字", "A decimal number."
    DATE = "DATE", "日期", "A day, YYYY-MM-DD."
    YES_NO = "YES_NO", "是否", "true or false."
    CHOICE = "CHOICE", "单选", "One of the field's choices."


class TodayKind(Word):
    """Why something stands on a grid worker's list of today."""

    VERIFICATION = "VERIFICATION", "待核实", "A verification was asked for."
    COMPLETION_CHECK = "COMPLETION_CHECK", "待核查", "A completion check was asked for."
    OWN_SUBMISSION = (
        "OWN_SUBMISSION",
        "待现场处置",
        "Handed in by the worker, not taken up yet.",
    )
