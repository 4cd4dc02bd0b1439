"""Words of task permits: what a grid may be given, who decided it, and what it costs the worker."""

from __future__ import annotations

from db.vocabulary.word import Word


class PermitKind(Word):
    """How a matter came onto the permit list."""

    REGULAR = "REGULAR", "常规准入", "Applied for, reviewed jointly, admitted."
    EMERGENCY = "EMERGENCY", "紧急准入", "Let in at once by a commander; reviewed afterwards."


class PermitState(Word):
    """Where an application for a task permit stands."""

    PENDING = "PENDING", "联审中", "Waiting for the opinions of its reviewers."
    APPROVED = "APPROVED", "联审通过", "Every reviewer agreed; waiting for admission."
    REJECTED = "REJECTED", "未通过", "A reviewer disagreed, or it was not admitted."
    ADMITTED = "ADMITTED", "已准入", "On the permit list, from and until a day."
    ENDED = "ENDED", "已退出", "Taken off the permit list."


class PermitOpinion(Word):
    """What a reviewer says."""

    APPROVE = "APPROVE", "同意", "Grids may be given it."
    REJECT = "REJECT", "不同意", "Grids may not be given it."


class PermitFrequency(Word):
    """How often a grid is given the task."""

    ONCE = "ONCE", "一次性", "Once."
    DAILY = "DAILY", "每日", "Every day."
    WEEKLY = "WEEKLY", "每周", "Every week."
    MONTHLY = "MONTHLY", "每月", "Every month."
    QUARTERLY = "QUARTERLY", "每季度", "Every quarter."
    YEARLY = "YEARLY", "每年", "Every year."
    AS_NEEDED = "AS_NEEDED", "按需", "When a case asks for it."


class PermitAction(Word):
    """What was done with an application for a task permit."""

    APPLY = "APPLY", "申请准入", "A department applied."
    REVIEW = "REVIEW", "联审", "A reviewer gave its opinion."
    ADMIT = "ADMIT", "准入", "Put on the permit list."
    REFUSE = "REFUSE", "不予准入", "Not put on the permit list."
    BYPASS = "BYPASS", "紧急准入", "Put on the permit list at once, to be reviewed afterwards."
    END = "END", "退出", "Taken off the permit list."
