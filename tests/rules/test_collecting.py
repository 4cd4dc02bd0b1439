"""Names that mean the same, values that are none, and how little is shown of a personal one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.vocabulary.collecting import FieldValueKind
from resolvers.rules.collecting import is_fresh, masked, name_key, read_value

NOW = datetime(2026, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize("name", ["联系电话", " 联系 电话", "居民联系电话", "联系电话（本人）", "联系电话信息"])
def test_a_name_that_says_the_same_is_the_same(name: str) -> None:
    assert name_key(name) == name_key("联系电话")


def test_other_names_and_names_of_nothing_else_stay_apart() -> None:
    assert name_key("紧急联系电话") != name_key("联系电话")
    assert name_key("居民信息") == "居民信息"
    assert name_key("WiFi") == "wifi"


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (FieldValueKind.TEXT, " 张三 ", "张三"),
        (FieldValueKind.TEXT, "", None),
        (FieldValueKind.TEXT, "a\x00b", None),
        (FieldValueKind.TEXT, "长" * 201, None),
        (FieldValueKind.NUMBER, "12.5", "12.5"),
        (FieldValueKind.NUMBER, "NaN", None),
        (FieldValueKind.NUMBER, "十二", None),
        (FieldValueKind.DATE, "2026-02-28", "2026-02-28"),
        (FieldValueKind.DATE, "2026-02-30", None),
        (FieldValueKind.YES_NO, "true", "true"),
        (FieldValueKind.YES_NO, "是", None),
        (FieldValueKind.CHOICE, "自住", "自住"),
        (FieldValueKind.CHOICE, "空置", None),
    ],
)
def test_a_value_is_kept_as_its_kind_asks_or_not_at_all(kind: FieldValueKind, given: str, kept: str | None) -> None:
    assert read_value(kind, ["自住", "出租"], given) == kept


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (FieldValueKind.TEXT, "13812340000", "138****0000"),
        (FieldValueKind.TEXT, "320508199001011234", "320****1234"),
        (FieldValueKind.TEXT, "张三丰", "张**"),
        (FieldValueKind.TEXT, "二郎巷8号2单元301室", "二**"),
        (FieldValueKind.CHOICE, "残疾", "***"),
        (FieldValueKind.DATE, "1990-01-01", "***"),
    ],
)
def test_a_personal_value_shows_enough_to_ask_and_too_little_to_keep(
    kind: FieldValueKind, value: str, shown: str
) -> None:
    assert masked(kind, value) == shown


def test_a_value_is_fresh_until_its_days_are_over() -> None:
    assert is_fresh(NOW, 30, NOW + timedelta(days=30) - timedelta(seconds=1))
    assert not is_fresh(NOW, 30, NOW + timedelta(days=30))
