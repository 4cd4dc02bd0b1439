"""Terms of Chinese text without a dictionary, and how sure an answer is. Pure.

Chinese has no spaces: two neighbouring characters make a term (a bigram), a run of letters or digits makes one. Both
databases index the same terms, so both find the same items.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from db.vocabulary.knowledge import KnowledgeState

SURE = 0.45  # below this a person is offered; tuned on tests/rules/test_knowledge.py
TERMS_MOST = 60  # of a question
NOT_ASKED = re.compile(
    "请问|你好|您好|怎么样|怎么办理|怎么办|怎么|如何|什么时候|什么|哪里|哪儿|哪些|多少|"
    "可以|能不能|能否|是不是|是否|我想|我要|想要|一下|的话|了吗|吗|呢|啊|呀|吧|的|了|是|我|在"
)
"""What questions are made of without being about it. 怎么办理 goes whole: else 办理 would find every item of the
base."""

_RUN = re.compile(r"[a-z0-9]+|[^\W\d_a-z]+")


def terms(text: str) -> list[str]:
    """Bigrams of Chinese, words and numbers of everything else, each once, in order of appearance."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: dict[str, None] = {}
    for part in NOT_ASKED.split(plain):
        for run in _RUN.findall(part):
            if run.isascii() or len(run) == 1:
                found[run] = None
            else:
                found.update(dict.fromkeys(run[place : place + 2] for place in range(len(run) - 1)))
    return list(found)


def confidence(asked: Iterable[str], question: Iterable[Iterable[str]], answer: Iterable[str]) -> float:
    """0 to 1: how much of what was asked an item covers, and how little else one of its ways to ask is about."""
    wanted = set(asked)
    if not wanted:
        return 0.0
    best = 0.0
    told = set(answer)
    for one in question:
        way = set(one)
        if not way:
            continue
        shared = wanted & way
        covered = (len(shared) + 0.3 * len((wanted - way) & told)) / len(wanted)
        alike = 2 * len(shared) / (len(wanted) + len(way))
        best = max(best, 0.5 * min(1.0, covered) + 0.5 * alike)
    return round(best, 2)


def state_of(valid_from: date, valid_to: date | None, is_withdrawn: bool, today: date) -> KnowledgeState:
    if is_withdrawn:
        return KnowledgeState.WITHDRAWN
    if valid_from > today:
        return KnowledgeState.NOT_YET
    return KnowledgeState.EXPIRED if valid_to is not None and valid_to < today else KnowledgeState.IN_FORCE
