"""What several people spoke of."""

from __future__ import annotations

import pytest

from resolvers.rules.topics import READ_MOST, topics

SAID = (
    "希望多装充电桩，电动车上楼太危险",
    "电动车充电不方便，充电桩太少",
    "充电桩要装在北门",
    "停车位不够，晚上没地方停车，电话13812340000",
    "停车位太少了，晚上回来没地方停车。13812340000 😀",
)


def test_topics_are_phrases_that_several_people_wrote_not_halves_of_words() -> None:
    found = topics(SAID, 10)

    assert found[0] == ("充电桩", 3)
    assert set(found[1:]) == {("没地方停车", 2), ("停车位", 2), ("电动车", 2), ("晚上", 2)}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([], []),
        (["老人要健身"], []),
        (["老人老人老人老人"], []),
        (["希望大家支持", "我们希望可以"], []),
        (["13812340000", "13812340000"], []),
        (["Wifi 慢", "楼道的 WIFI 太慢"], [("wifi", 2)]),
        (["老人晚上要健身", "希望老人方便"], [("老人", 2)]),
        (["!" * READ_MOST + "充电桩", "!" * READ_MOST + "充电桩"], []),
    ],
)
def test_what_one_person_said_or_says_nothing_is_no_topic(said: list[str], found: list[tuple[str, int]]) -> None:
    assert topics(said, 10)[: len(found) + 1] == found


def test_everybody_is_counted_also_beyond_what_is_looked_through() -> None:
    said = [f"{('要装', '想要', '多建', '缺')[n % 4]}充电桩{'!' * 150}" for n in range(2_000)]

    assert dict(topics(said, 10))["充电桩"] == 2_000
