"""Who may be given a bought task, and who is asked first; codes that agree with themselves."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from db.vocabulary.purchasing import EligibilityReason, InstitutionClass
from resolvers.rules.purchasing import REFUSED_WITH, Fitness, Reason, area_of, merits, obstacles, ranked
from resolvers.rules.uscc import check_value, is_valid_uscc

PLACE = "32/3205/320508/320508019/320508019044/"
CITY, COUNTY, NEIGHBOUR = "32/3205/", "32/3205/320508/", "32/3205/320506/"
DAY = date(2026, 3, 11)
GOOD = "9132050000DEM02186"
NOTHING_DONE = SimpleNamespace(finished=0, on_time=0, first_time_right=0, of_item=0, open=0)


def provider(code: str = "P", **more: Any) -> Any:
    known = {"path": CITY, "uscc": GOOD, "institution_class": None, "licence_until": None}
    return SimpleNamespace(code=code, **(known | more))


def against(
    firm: Any, *, areas: tuple[str, ...] = (), held: Any = None, required: Any = None
) -> list[tuple[str, str]]:
    found = obstacles(
        firm, areas=areas, held=held or {}, required=required or {}, place=PLACE, day=DAY,
        barred=frozenset({InstitutionClass.CLASS_ONE}),
    )  # fmt: skip
    return [(one.reason.name, one.detail) for one in found]


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [
        (GOOD, True),
        ("91350100M000100Y43", True),
        ("9132050000DEM02187", False),  # another check character
        ("9132050000DEM2O186", False),  # a letter the standard does not use
        ("9132050000DEM0218", False),
        ("", False),
        ("９132050000DEM02186", False),  # a full-width digit
        (GOOD.lower(), False),
    ],
)
def test_a_social_credit_code_agrees_with_its_check_character(code: str, is_valid: bool) -> None:
    assert is_valid_uscc(code) is is_valid


def test_one_wrong_character_of_a_code_is_always_found() -> None:
    characters = "0123456789ABCDEFGHJKLMNPQRTUWXY"

    slips = [GOOD[:i] + one + GOOD[i + 1 :] for i in range(18) for one in characters if one != GOOD[i]]

    assert not any(map(is_valid_uscc, slips))
    assert characters[check_value(GOOD[:17])] == GOOD[17]


def test_everything_that_keeps_a_provider_out_is_named_at_once() -> None:
    firm = provider(
        uscc="9132050000DEM02187", institution_class=InstitutionClass.CLASS_ONE, licence_until=date(2026, 3, 10)
    )
    held = {"Q2": SimpleNamespace(valid_from=date(2025, 1, 1), valid_to=date(2026, 3, 10))}

    found = against(firm, areas=(NEIGHBOUR,), held=held, required={"Q1": "安全证", "Q2": "养护证"})

    assert found == [
        ("OUT_OF_AREA", "320508019044"),
        ("USCC_INVALID", "9132050000DEM02187"),
        ("INSTITUTION_CLASS", "公益一类"),
        ("LICENCE_EXPIRED", "2026-03-10"),
        ("QUALIFICATION_MISSING", "安全证"),
        ("QUALIFICATION_EXPIRED", "养护证 2025-01-01—2026-03-10"),
    ]


def test_on_the_last_day_everything_still_holds() -> None:
    firm = provider(institution_class=InstitutionClass.CLASS_TWO, licence_until=DAY)
    held = {"Q": SimpleNamespace(valid_from=DAY, valid_to=DAY)}

    assert against(firm, areas=(COUNTY, NEIGHBOUR), held=held, required={"Q": "养护证"}) == []


def test_the_closest_area_counts_and_without_areas_the_whole_division() -> None:
    assert area_of(provider(), (CITY, COUNTY), PLACE) == COUNTY
    assert area_of(provider(), (), PLACE) == CITY
    assert area_of(provider(), (NEIGHBOUR,), PLACE) is None


def fitness(code: str, areas: tuple[str, ...] = (), **done: int) -> Fitness:
    firm = provider(code)
    counts = SimpleNamespace(**(vars(NOTHING_DONE) | done))
    return Fitness(firm, tuple(merits(firm, areas=areas, place=PLACE, done=counts)))


def test_good_work_is_asked_first_and_who_may_not_comes_last() -> None:
    punctual = fitness("A", finished=10, on_time=10, first_time_right=9, of_item=4, open=3)
    new = fitness("B")
    near = fitness("C", (COUNTY,))
    late = fitness("D", finished=10, on_time=2, first_time_right=5, open=0)
    barred = Fitness(provider("0"), (Reason(EligibilityReason.LICENCE_EXPIRED, "2026-03-10"),))

    order = ranked([barred, late, new, near, punctual])

    assert [(one.provider.code, one.points) for one in order] == [
        ("A", 40 + 18 + 14 + 3 + 4), ("C", 20 + 10 + 20 + 6), ("B", 20 + 10 + 20 + 3),
        ("D", 8 + 10 + 20 + 3), ("0", 0),
    ]  # fmt: skip
    assert [(one.reason.name, one.detail, one.points) for one in punctual.reasons] == [
        ("ON_TIME", "10/10", 40), ("FIRST_TIME_RIGHT", "9/10", 18), ("FREE", "3", 14), ("NEAR", "3205", 3),
        ("EXPERIENCE", "4", 4),
    ]  # fmt: skip
    assert not any(reason in REFUSED_WITH for reason in (one.reason for one in punctual.reasons))
