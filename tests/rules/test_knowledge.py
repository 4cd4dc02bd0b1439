"""Terms of Chinese without a dictionary, and answers that are given only when they fit."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from db.imports import DATA
from db.vocabulary.knowledge import KnowledgeState
from resolvers.rules.knowledge import SURE, confidence, state_of, terms

SHIPPED = list(csv.DictReader((DATA / "knowledge" / "knowledge.csv").read_text(encoding="utf-8").splitlines()))
TODAY = date(2026, 3, 11)


def best(question: str) -> tuple[float, str]:
    asked = terms(question)
    rated = [
        (confidence(asked, map(terms, (row["question"], *row["also_asked"].split("|"))), terms(row["answer"])), row)
        for row in SHIPPED
    ]
    found, row = max(rated, key=lambda pair: pair[0])
    return found, row["code"]


def test_terms_are_pairs_of_characters_words_and_numbers_without_what_every_question_has() -> None:
    assert terms("请问路灯坏了怎么办？") == ["路灯", "灯坏"]
    assert terms("12345是什么 Wi-Fi") == ["12345", "wi", "fi"]
    assert terms("123") == ["123"]
    assert terms("吗?😀!") == []
    assert terms('" OR * NEAR(x)--') == ["or", "near", "x"]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("路灯坏了怎么报", "report-how"),
        ("我上报的问题办到哪了", "progress-how"),
        ("社区周末上班吗", "office-hours"),
        ("着火了打什么电话", "emergency-call"),
        ("想撤回", "withdraw-how"),
        ("匿名可以吗", "report-anonymous"),
        ("网格员是谁", "grid-worker-who"),
        ("燃气漏了怎么办", "gas-leak"),
        ("编号忘了", "progress-number"),
        ("办理中是啥意思", "progress-stages"),
    ],
)
def test_what_people_really_ask_finds_its_answer(question: str, code: str) -> None:
    sure, found = best(question)

    assert found == code
    assert sure >= SURE


@pytest.mark.parametrize(
    "question",
    [
        "今天天气怎么样",
        "怎么办护照",
        "社保怎么转移",
        "办身份证要什么材料",
        "家里停水了",
        "公积金怎么提取",
        "我要结婚登记",
        "你好",
        "",
    ],
)
def test_what_nobody_has_written_down_goes_to_a_person(question: str) -> None:
    assert best(question)[0] < SURE


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_withdrawn", "state"),
    [
        (date(2026, 3, 11), date(2026, 3, 11), False, KnowledgeState.IN_FORCE),
        (date(2026, 3, 12), None, False, KnowledgeState.NOT_YET),
        (date(2026, 1, 1), date(2026, 3, 10), False, KnowledgeState.EXPIRED),
        (date(2026, 1, 1), None, True, KnowledgeState.WITHDRAWN),
    ],
)
def test_an_item_holds_from_its_first_day_to_its_last(
    valid_from: date, valid_to: date | None, is_withdrawn: bool, state: KnowledgeState
) -> None:
    assert state_of(valid_from, valid_to, is_withdrawn, TODAY) is state
