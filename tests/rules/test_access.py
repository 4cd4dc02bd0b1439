"""What of a person an answer shows, and how far a point is moved for Chinese maps."""

from __future__ import annotations

from dataclasses import replace
from math import cos, hypot, radians
from types import SimpleNamespace

import pytest

from db.scope import CaseColumns, Grant, Masking, Scope, ScopeKind
from db.vocabulary import Realm, Role
from resolvers.rules import access
from resolvers.rules.coordinates import to_gcj02
from resolvers.rules.standing import Standing
from resolvers.viewer import masking_for


@pytest.mark.parametrize(("name", "shown"), [
    ("张三丰", "张**"), ("李四", "李*"), ("王", "王*"), ("欧阳娜娜", "欧***"), ("Li Lei", "L*****"), ("", None),
    (None, None),
])  # fmt: skip
def test_a_name_shows_its_first_character_only(name: str | None, shown: str | None) -> None:
    assert access.masked_name(name) == shown


@pytest.mark.parametrize(("phone", "shown"), [
    ("13812340000", "138****0000"), ("+86 13812340000", "+86****0000"), ("138-1234-0000", "138****0000"),
    ("0512-65123456", "051****3456"), ("110", "****"), ("", None), (None, None),
])  # fmt: skip
def test_a_phone_number_shows_its_ends_only(phone: str | None, shown: str | None) -> None:
    assert access.masked_phone(phone) == shown


@pytest.mark.parametrize("phone", ["65123456", "6512345", "651-2345", "6512 3456", "123456789", "1234567890"])
def test_a_short_number_keeps_at_least_four_digits_to_itself(phone: str) -> None:
    shown = access.masked_phone(phone) or ""

    hidden = sum(c.isdigit() for c in phone) - sum(c.isdigit() for c in shown)
    assert hidden >= 4


@pytest.mark.parametrize("number", [
    "13812340000", "138-1234-0000", "138 1234 0000", "138  1234  0000", "+8613812340000", "0512-65123456",
    "65123456", "320508199001011234", "32050819900101123X", "32050819900101123x", "6222 0212 3456 7890 123",
    "138.1234.0000", "138·1234·0000", "138—1234—0000", "138–1234–0000", "138_1234_0000", "138/1234/0000",
    "13812340000", "138\t1234\t0000", "138\n1234\n0000", "(0512)65123456", "(0512)6512-3456", "1 3 8 1 2 3 4 0 0 0 0",
])  # fmt: skip
def test_a_long_number_in_somebodys_words_is_masked_whatever_its_shape(number: str) -> None:
    shown = access.masked_words(f"请打我电话{number}，谢谢")

    assert sum(character.isdigit() for character in shown) <= 4
    assert "****" in shown
    assert shown.startswith("请打我电话") and shown.endswith("谢谢")


@pytest.mark.parametrize("words", ["12号楼3层", "3.5米宽", "2026年", "10 个人等了 20 分钟", "井盖碎了", ""])
def test_words_without_long_numbers_stay_as_they_are(words: str) -> None:
    assert access.masked_words(words) == words


@pytest.mark.parametrize(("address", "shown"), [
    ("干将东路178号", "干将东路*号"), ("干将东路178号5栋302室", "干将东路*号*栋*室"),
    ("二郎巷小区12幢3单元401", "二郎巷小区*幢*单元*"), (None, None), ("双塔街道", "双塔街道"),
])  # fmt: skip
def test_an_address_is_a_street_without_numbers(address: str | None, shown: str | None) -> None:
    assert access.masked_address(address) == shown


@pytest.mark.parametrize("address", ["12号302", "A座1201", "二郎巷5-302", "干将路178号", "3号楼2门501", "12#502"])
def test_no_house_number_is_left_in_an_address_of_any_shape(address: str) -> None:
    shown = access.masked_address(address) or ""

    assert not any(character.isdigit() for character in shown)


def test_a_place_is_rounded_to_about_a_hundred_metres() -> None:
    assert access.rough(120.627381) == 120.627
    assert access.rough(31.30251) == 31.303


# WGS-84, and GCJ-02 as the test suites of two published converters (coordtransform, eviltransform) give it.
KNOWN = [
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ((121.0917077, 30.6107779), (121.09626935575027, 30.608604331756705)),
]


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return hypot((a[0] - b[0]) * 111_320 * cos(radians(a[1])), (a[1] - b[1]) * 110_950)


@pytest.mark.parametrize(("point", "shifted"), KNOWN)
def test_the_shift_is_the_published_one(point: tuple[float, float], shifted: tuple[float, float]) -> None:
    assert metres(to_gcj02(*point), shifted) < 2


@pytest.mark.parametrize("point", [(2.3522, 48.8566), (139.6917, 35.6895), (-74.006, 40.7128), (0.0, 0.0)])
def test_points_outside_the_country_are_not_shifted(point: tuple[float, float]) -> None:
    assert to_gcj02(*point) == point


@pytest.mark.parametrize("point", [(120.62, 31.3), (118.8, 32.06), (116.4, 39.9), (104.06, 30.57)])
def test_a_shift_inside_the_country_is_some_hundred_metres(point: tuple[float, float]) -> None:
    assert 200 < metres(to_gcj02(*point), point) < 900


def columns(**differences: object) -> CaseColumns:
    usual: dict[str, object] = {
        "division_path": "32/3205/320508/", "grid_id": 1, "responsible_unit_id": 1, "service_provider_ids": (1, 2),
        "submitter_key": "RESIDENT:zhang", "state": "IN_PROGRESS", "kind": "PROBLEM", "matter_id": 1,
        "priority": "NORMAL",
    }  # fmt: skip
    return CaseColumns(**(usual | differences))  # type: ignore[arg-type]


def scope(*grants: Grant, masking: Masking = Masking.WORKING) -> Scope:
    return Scope(Realm.LIVE, frozenset(grants), masking, "zh")


def order(provider: int, *, is_visible: bool = True) -> SimpleNamespace:
    return SimpleNamespace(service_provider_id=provider, is_visible=is_visible)


PROVIDER = Grant(Role.PROVIDER_STAFF, ScopeKind.SERVICE_PROVIDER, "1")
RESIDENT = Grant(Role.RESIDENT, ScopeKind.SELF, "RESIDENT:zhang")


HERE = CaseColumns("32/3205/320508/", 1, 1, (1, 2), "RESIDENT:zhang", "IN_PROGRESS", "PROBLEM", 1, "NORMAL")


def test_a_service_provider_sees_its_own_orders_and_no_others() -> None:
    mine = scope(PROVIDER)

    assert access.may_see_order(mine, order(1), HERE)
    assert not access.may_see_order(mine, order(2), HERE)
    assert not access.may_see_order(mine, order(1, is_visible=False), HERE)


def test_a_resident_sees_no_work_orders_and_a_department_sees_all() -> None:
    assert not access.may_see_order(scope(RESIDENT), order(1), HERE)
    handler = scope(Grant(Role.HANDLER, ScopeKind.DEPARTMENT, "1"))
    assert access.may_see_order(handler, order(2, is_visible=False), HERE)


def test_a_second_role_somewhere_else_shows_no_other_providers_orders() -> None:
    both = scope(PROVIDER, Grant(Role.DISPLAY, ScopeKind.DIVISION, "32/3201/"))

    assert not access.may_see_order(both, order(2), HERE)


@pytest.mark.parametrize(
    ("roles", "masking"),
    [
        ({Role.PROVIDER_STAFF, Role.RESIDENT}, Masking.NONE_PERSONAL),
        ({Role.DISPLAY}, Masking.NONE_PERSONAL),
        ({Role.RESIDENT}, Masking.WORKING),
        ({Role.DISPLAY, Role.DISPATCHER}, Masking.WORKING),
    ],
)
def test_being_a_resident_too_unmasks_nobody(roles: set[Role], masking: Masking) -> None:
    assert masking_for(frozenset(roles)) is masking


@pytest.mark.parametrize("grants", [(PROVIDER,), (RESIDENT,), (PROVIDER, RESIDENT)])
def test_internal_notes_are_hidden_from_providers_and_submitters(grants: tuple[Grant, ...]) -> None:
    assert access.hides_notes(scope(*grants), columns())


def test_having_handed_a_case_in_gives_no_role_over_it() -> None:
    worker = scope(
        Grant(Role.GRID_WORKER, ScopeKind.GRID, "9"), Grant(Role.GRID_WORKER, ScopeKind.SELF, "RESIDENT:zhang")
    )

    found = access.standing(worker, columns())

    assert (found.roles, found.is_submitter) == (frozenset(), True)


@pytest.mark.parametrize("role", list(Role))
def test_only_these_roles_see_nothing_personal(role: Role) -> None:
    none = {"ANALYST", "DISPLAY", "PROVIDER_STAFF", "PROVIDER_ADMIN"}
    expected = Masking.NONE_PERSONAL if role.name in none else Masking.WORKING

    assert masking_for(frozenset({role})) is expected


def test_a_unit_a_case_is_shared_with_sees_it_and_holds_no_role_over_it() -> None:
    mine = scope(Grant(Role.HANDLER, ScopeKind.DEPARTMENT, "9"))
    shared = replace(HERE, shared_unit_ids=(9,))

    assert not mine.covers(HERE)
    assert mine.covers(shared)
    assert access.standing(mine, shared) == Standing(frozenset(), False, is_sharer=True, shared_with=frozenset({9}))
    assert not access.hides_notes(mine, shared)


def test_a_follower_sees_a_case_and_is_not_its_submitter() -> None:
    mine = scope(Grant(Role.RESIDENT, ScopeKind.SELF, "RESIDENT:li"))
    followed = replace(HERE, follower_keys=("RESIDENT:li",))

    assert not mine.covers(HERE)
    assert mine.covers(followed)
    assert not mine.handed_in(followed)
    assert access.standing(mine, followed) == Standing(frozenset(), False, is_follower=True)
    assert access.hides_notes(mine, followed)
    assert access.only_follows(mine, followed)
