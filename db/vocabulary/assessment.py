"""Words of performance reviews: indicators, who is assessed, how a value becomes a score."""

from __future__ import annotations

from db.vocabulary.word import Word


class IndicatorCode(Word):
    """Indicators of performance reviews; docs/assessment.md has their formulas."""

    DISCOVERY_COUNT = "DISCOVERY_COUNT", "问题发现数", "Valid, non-duplicate, non-split submissions of staff."
    VALID_SUBMISSION_RATE = "VALID_SUBMISSION_RATE", "有效上报率", "Discoveries among all submissions of staff."
    DECLARED_RESOLUTION_RATE = (
        "DECLARED_RESOLUTION_RATE",
        "问题解决率",
        "Closed as resolved and not reopened among problems due; as the units declare.",
    )
    CONFIRMED_RESOLUTION_RATE = (
        "CONFIRMED_RESOLUTION_RATE",
        "认可解决率",
        "Called solved by their submitters among the same problems whose submitters answered.",
    )
    REGISTRATION_RATE = "REGISTRATION_RATE", "立案率", "Registered against handed in."
    HANDLING_RATE = "HANDLING_RATE", "处置率", "Handled among those to be handled."
    ON_TIME_HANDLING_RATE = "ON_TIME_HANDLING_RATE", "按期处置率", "Handled in time among those to be handled."
    CLOSURE_RATE = "CLOSURE_RATE", "结案率", "Closed among those to be closed."
    ON_TIME_CLOSURE_RATE = "ON_TIME_CLOSURE_RATE", "按期结案率", "Closed in time among those to be closed."
    OVERDUE_CLOSURE_RATE = "OVERDUE_CLOSURE_RATE", "超期结案率", "Closed late among those to be closed."
    REWORK_RATE = "REWORK_RATE", "返工率", "Sent back among those reported handled."
    PATROL_SHARE = "PATROL_SHARE", "上报率", "Found by patrol officers among those registered."
    PUBLIC_SUBMISSION_RATE = "PUBLIC_SUBMISSION_RATE", "监督举报率", "Handed in by the public among those registered."
    SATISFACTION_RATE = "SATISFACTION_RATE", "满意率", "Satisfied among those who answered the survey."
    ON_TIME_REGISTRATION_RATE = (
        "ON_TIME_REGISTRATION_RATE",
        "按时立案率",
        "Registered in time among those registered.",
    )
    ACCURATE_REGISTRATION_RATE = (
        "ACCURATE_REGISTRATION_RATE",
        "准确立案率",
        "Not void by decision among those registered.",
    )
    ON_TIME_DISPATCH_RATE = "ON_TIME_DISPATCH_RATE", "按时派遣率", "Dispatched in time among those to be dispatched."
    ACCURATE_DISPATCH_RATE = (
        "ACCURATE_DISPATCH_RATE",
        "准确派遣率",
        "Dispatched and not sent back among those to be dispatched.",
    )
    EXTENSION_RATE = "EXTENSION_RATE", "延期率", "Given more time among those dispatched."
    ON_TIME_VERIFICATION_RATE = (
        "ON_TIME_VERIFICATION_RATE",
        "按时核实率",
        "Verified in time among those to be verified.",
    )
    ON_TIME_CHECK_RATE = "ON_TIME_CHECK_RATE", "按时核查率", "Checked in time among those to be checked."
    BREAK_RATE = "BREAK_RATE", "断环率", "With a loop break found among those open or closed."
    ON_TIME_REPAIR_RATE = "ON_TIME_REPAIR_RATE", "断环按期修复率", "Repaired in time among those whose loop broke."
    DISCOVERIES_PER_1000 = "DISCOVERIES_PER_1000", "千人问题发现数", "Discoveries for every 1,000 residents."
    REGISTERED_PER_GRID = "REGISTERED_PER_GRID", "单元网格立案数", "Registered cases for every active grid."


class IndicatorUnit(Word):
    """What the value of an indicator counts in."""

    PERCENT = "PERCENT", "百分比", "x100, two decimals half up."
    COUNT = "COUNT", "件", "Cases."
    PER_1000 = "PER_1000", "件/千人", "Cases for every 1,000 residents, two decimals half up."
    PER_GRID = "PER_GRID", "件/网格", "Cases for every active grid, two decimals half up."


class IndicatorSet(Word):
    """The sets of cases behind a figure."""

    NUMERATOR = "NUMERATOR", "分子", "Cases that count."
    DENOMINATOR = "DENOMINATOR", "分母", "Cases they are measured against."
    EXCLUDED = "EXCLUDED", "剔除", "Cases that were left out of both, with a reason."


class ExclusionReason(Word):
    """Why a case is left out of an indicator. The first reason that fits counts."""

    DUPLICATE = "DUPLICATE", "重复件", "The same as another case."
    INVALID = "INVALID", "无效件", "There was no problem."
    NOT_OURS = "NOT_OURS", "不属受理范围", "Outside what this system may handle."
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn by its submitter."
    VOIDED = "VOIDED", "已作废", "Void by decision."
    DECLINED = "DECLINED", "不予受理", "Declined after it was registered."
    SPLIT = "SPLIT", "疑似拆分", "Suspected part of a problem that was handed in in pieces."
    ON_HOLD = "ON_HOLD", "缓办挂账", "Put off by decision; its clock stands still."
    EXEMPT = "EXEMPT", "申诉免责", "Late, but exempted from the statistics on appeal."
    UNANSWERED = "UNANSWERED", "未评价", "Its submitter has not said whether it is solved."


class AssessedKind(Word):
    """Who or what is assessed."""

    DIVISION = "DIVISION", "行政区划", "A division with everything below it."
    GRID = "GRID", "网格", "A grid."
    DEPARTMENT = "DEPARTMENT", "责任部门", "A department, by the cases it is responsible for."
    WORKER = "WORKER", "基层工作人员", "A grid or community worker, by the cases they handed in."


class ScoreMethod(Word):
    """How the value of an indicator becomes a score from 0 to 100."""

    RATE = "RATE", "按比率", "The rate itself."
    INVERSE_RATE = "INVERSE_RATE", "按反向比率", "100 minus the rate."
    STEPS = "STEPS", "分档", "Looked up in the component's steps."
    PEERS = "PEERS", "同类比较", "Share of the peers' cap, multiplied by the valid submission rate."
