"""What several people spoke of, found without a dictionary. Pure.

Chinese has no spaces, and any two neighbouring characters would be half a word as often as a word. A run of
characters counts as a phrase where several people wrote it and it stood among different neighbours on both sides: in
老人晚上健身 and 希望老人方便 that is so of 老人, and not of 人晚. Of phrases inside each other the longer stays where
everybody who wrote the shorter wrote the longer.
Source: accessor variety (Feng, Chen, Deng and Zheng, Computational Linguistics 30(1), 2004).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

LONGEST = 8  # characters; longer ones are sentences
READ_MOST = 200  # characters of one person: enough to say what it is about
LOOKED_THROUGH = 20_000  # characters phrases are looked for in: a second of work at the worst; counted in all of it
PEOPLE_LEAST = 2  # what one person said is nobody's topic
EMPTY = frozenset(
    {
        "希望", "可以", "我们", "你们", "他们", "大家", "觉得", "认为", "应该", "建议",
        "还是", "就是", "没有", "需要", "如果", "因为", "所以", "但是", "而且", "或者",
        "以及", "比较", "非常", "一个", "一点", "一些", "一下", "这个", "那个", "这里",
        "那里", "这样", "现在", "时候", "什么", "怎么", "能够", "不要", "不能", "不用",
        "最好", "谢谢", "支持", "同意", "赞成", "反对", "选择", "问题", "方面", "进行",
        "情况", "自己", "已经", "可能", "真的", "都是", "也是", "不是", "很多", "更多",
    }
)  # fmt: skip
"""Said about everything: no topic by themselves."""

_RUN = re.compile(r"[a-z0-9]+|[^\W\d_a-z]+")
_LOOSE = frozenset("的了吗呢啊呀吧和与及就也都很太再又把被让给到在是有不更最想要能会可我你他她它们这那")
"""Characters that begin or end no topic: they hang on to the words beside them."""


def topics(said: Iterable[str], most: int) -> list[tuple[str, int]]:
    """Phrases and how many people used them, most people first; `said` holds one text a person."""
    plain = [unicodedata.normalize("NFKC", text[:READ_MOST]).casefold() for text in said]
    found = _phrases([_RUN.findall(text) for text in _first(plain)])
    within = {
        part for phrase, people in found.items() for part in _parts(phrase) if part in found and found[part] == people
    }
    kept = {phrase: people for phrase, people in found.items() if phrase not in within}
    likely = sorted(kept, key=lambda phrase: (-len(kept[phrase]), -len(phrase), phrase))[: 3 * most]
    counted = [(phrase, sum(phrase in text for text in plain)) for phrase in likely]
    return sorted(counted, key=lambda pair: (-pair[1], -len(pair[0]), pair[0]))[:most]


def _first(texts: Sequence[str]) -> Iterable[str]:
    left = LOOKED_THROUGH
    for text in texts:
        if left <= 0:
            return
        left -= len(text)
        yield text


def _parts(phrase: str) -> Iterable[str]:
    for length in range(2, len(phrase)):
        for place in range(len(phrase) - length + 1):
            yield phrase[place : place + length]


def _phrases(runs: Sequence[Sequence[str]]) -> dict[str, frozenset[int]]:
    """Who used each phrase. Grown by one character at a time, and only from what several people wrote."""
    found: dict[str, frozenset[int]] = {}
    words: dict[str, set[int]] = defaultdict(set)
    for person, parts in enumerate(runs):
        for run in parts:
            if run.isascii() and not run.isdigit() and len(run) > 1:
                words[run].add(person)
    found.update((word, frozenset(people)) for word, people in words.items() if len(people) >= PEOPLE_LEAST)
    shorter: set[str] | None = None
    for length in range(2, LONGEST + 1):
        people_of: dict[str, set[int]] = defaultdict(set)
        sides: dict[str, tuple[set[object], set[object]]] = defaultdict(lambda: (set(), set()))
        for person, parts in enumerate(runs):
            for at, run in enumerate(parts):
                if run.isascii():
                    continue
                for place in range(len(run) - length + 1):
                    phrase = run[place : place + length]
                    if shorter is not None and not (phrase[:-1] in shorter and phrase[1:] in shorter):
                        continue
                    people_of[phrase].add(person)
                    left, right = sides[phrase]
                    # An edge of a run is a neighbour unlike every other.
                    left.add(run[place - 1] if place else (person, at))
                    right.add(run[place + length] if place + length < len(run) else (person, at))
        shorter = {phrase for phrase, people in people_of.items() if len(people) >= PEOPLE_LEAST}
        if not shorter:
            break
        for phrase in shorter:
            left, right = sides[phrase]
            if min(len(left), len(right)) >= PEOPLE_LEAST and not _is_empty(phrase):
                found[phrase] = frozenset(people_of[phrase])
    return found


def _is_empty(phrase: str) -> bool:
    return phrase in EMPTY or phrase[0] in _LOOSE or phrase[-1] in _LOOSE
