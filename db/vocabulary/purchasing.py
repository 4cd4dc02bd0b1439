"""Words of buying routine work: what may be bought, and from whom."""

from __future__ import annotations

from db.vocabulary.word import Word


class TaskKind(Word):
    """Kinds of task. The last four are acts of authority."""

    MAINTENANCE = "MAINTENANCE", "养护维修", "Repairing and keeping up facilities."
    CLEANING = "CLEANING", "保洁清运", "Cleaning, clearing and carrying away."
    INSPECTION = "INSPECTION", "巡查检测", "Looking after places, testing and appraising."
    MEDIATION = "MEDIATION", "矛盾调解", "Mediation of disputes."
    CARE = "CARE", "上门服务", "Help at people's homes."
    COUNSELLING = "COUNSELLING", "心理服务", "Psychological counselling."
    LEGAL_SERVICE = "LEGAL_SERVICE", "法律服务", "Legal advice and publicity."
    COLLECTION = "COLLECTION", "信息采集", "Collecting information on the spot."
    PUBLICITY = "PUBLICITY", "宣传引导", "Telling people and guiding behaviour."
    PENALTY = "PENALTY", "行政处罚", "Administrative penalty."
    LICENCE = "LICENCE", "行政许可", "Administrative licence."
    RULING = "RULING", "行政裁决", "Administrative ruling."
    COERCION = "COERCION", "行政强制", "Administrative coercive measure."


class InstitutionClass(Word):
    """Classes of public institutions, by the reform that sorted them."""

    ADMINISTRATIVE = "ADMINISTRATIVE", "承担行政职能类", "Does the work of an authority."
    CLASS_ONE = "CLASS_ONE", "公益一类", "Public good, paid by the budget; takes no bought work."
    CLASS_TWO = "CLASS_TWO", "公益二类", "Public good, paid in part by the budget."
    OPERATING = "OPERATING", "生产经营类", "Earns its living."


class EligibilityReason(Word):
    """Why a service provider stands where it stands among those asked for a case."""

    NEAR = "NEAR", "就近", "Its area is close around the place."
    ON_TIME = "ON_TIME", "按期", "Share of its finished orders that were submitted in time."
    FIRST_TIME_RIGHT = "FIRST_TIME_RIGHT", "一次合格", "Share of its finished orders that were never sent back."
    EXPERIENCE = "EXPERIENCE", "同类经验", "Orders of the same catalogue item that it has finished."
    FREE = "FREE", "在办量", "Orders it has open; fewer is better."
    OUT_OF_AREA = "OUT_OF_AREA", "不在服务区域", "Its areas do not hold the place."
    USCC_INVALID = (
        "USCC_INVALID",
        "信用代码无效",
        "No unified social credit code, or one that does not agree with itself.",
    )
    LICENCE_EXPIRED = "LICENCE_EXPIRED", "证照过期", "Its licence or registration has run out."
    INSTITUTION_CLASS = (
        "INSTITUTION_CLASS",
        "机构类别不符",
        "A public institution of a class that takes no bought work.",
    )
    QUALIFICATION_MISSING = "QUALIFICATION_MISSING", "缺少资质", "It lacks a qualification the item asks for."
    QUALIFICATION_EXPIRED = (
        "QUALIFICATION_EXPIRED",
        "资质过期",
        "A qualification the item asks for is not valid today.",
    )
