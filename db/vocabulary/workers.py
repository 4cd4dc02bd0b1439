"""Words of the people who work a grid."""

from __future__ import annotations

from db.vocabulary.word import Word


class WorkerKind(Word):
    """What somebody is to a grid."""

    GRID_LEADER = "GRID_LEADER", "网格长", "Answers for the grid."
    FULL_TIME = "FULL_TIME", "专职网格员", "Works the grid and nothing else."
    PART_TIME = "PART_TIME", "兼职网格员", "Works the grid beside another post."
    SUPERVISOR = "SUPERVISOR", "网格督导员", "Supervises the work of grids."
    VOLUNTEER = "VOLUNTEER", "网格志愿者", "Helps without a post."
    POLICE = "POLICE", "网格民警", "Police officer linked to the grid."


class GridTaskState(Word):
    """Where a task given to a grid stands."""

    OPEN = "OPEN", "待完成", "Given and not yet answered."
    DONE = "DONE", "已完成", "Answered by whoever was there."
    CANCELLED = "CANCELLED", "已取消", "Taken back, or the case ended."


class HandedOver(Word):
    """What one worker left to another."""

    ASSIGNMENT = "ASSIGNMENT", "岗位", "A grid they worked."
    TASK = "TASK", "任务", "A task they had been given and not yet done."
    SUBMISSION = "SUBMISSION", "上报件", "An open case they handed in: it stays theirs, the new worker follows it."
