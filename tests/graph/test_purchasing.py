"""A task is bought by an item of the catalogue, from somebody who may take it on, or it is not bought at all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, update

from db.tables import (
    CatalogueItem,
    ProviderArea,
    ProviderQualification,
    ProviderTechnician,
    QualificationKind,
    ReservedTask,
    ServiceProvider,
)
from db.vocabulary import Role
from db.vocabulary.purchasing import InstitutionClass
from schema import ids
from tests.city import DISPUTE, GAS, POTHOLE, Speaker, Town, path_of
from tests.stories.walks import OTHER_UNIT, UNIT, Cast, bring_to, cast, outsourced, rows

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no statement of its own
ELIGIBLE = """query ($case: ID!, $item: ID) { eligibleProviders(case: $case, catalogueItem: $item) {
  catalogueItem { code ceilingCents } userErrors { code message }
  providers { isEligible points provider { code } reasons { reason isObstacle detail points sentence } } } }"""
ORDER = "workOrder { id state quantity unitPriceCents catalogueItem { code unit } }"


async def change(town: Town, table: Any, code: str, **values: Any) -> None:
    async with town.db.write() as session:
        await session.execute(update(table).where(table.code == code).values(**values))


async def add(town: Town, table: Any, **values: Any) -> None:
    async with town.db.write() as session:
        await session.execute(insert(table).values(**values))


async def ask_for(people: Cast, case: dict[str, Any], by: Speaker | None = None, **more: Any) -> Any:
    return (await (by or people.handler).ask(ELIGIBLE, case=case["id"], **more))["eligibleProviders"]


async def refused(people: Cast, case: dict[str, Any], provider: str = "SP-1", **more: Any) -> dict[str, Any]:
    """What an order is refused with; nothing is written and nothing announced."""
    before = await rows(people.town, "idempotency_records")
    payload = await people.handler.do(
        "caseOutsource", ORDER, caseId=case["id"], expectedVersion=case["version"], task="修补路面",
        serviceProvider=people.town.city.providers[provider], reason="HEAVY_LOAD", **more,
    )  # fmt: skip
    assert payload["workOrder"] is None
    assert await rows(people.town, "idempotency_records") == before
    [error] = payload["userErrors"]
    return error  # type: ignore[no-any-return]


@ON_SQLITE
async def test_an_order_names_the_item_its_quantity_and_its_price(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)

    payload = await people.handler.do(
        "caseOutsource", ORDER, caseId=case["id"], expectedVersion=case["version"], task="修补路面", quantity=3,
        serviceProvider=town.city.providers["SP-1"], reason="HEAVY_LOAD", unitPriceCents=79_999,
        catalogueItem=town.city.items["G-M-POTHOLE"],
    )  # fmt: skip

    assert payload["userErrors"] == []
    order = payload["workOrder"]
    assert (order["quantity"], order["unitPriceCents"]) == (3, 79_999)
    assert order["catalogueItem"] == {"code": "G-M-POTHOLE", "unit": "处"}


@ON_SQLITE
async def test_a_price_above_the_ceiling_is_refused(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)

    error = await refused(people, case, unitPriceCents=80_001)

    assert error["code"] == "PRICE_OVER_CEILING"
    assert error["message"] == "单价 800.01 元超过目录项「样例任务」的限价 800.00 元/处。"
    for quantity in (0, -1, 10_001):
        assert (await refused(people, case, quantity=quantity))["code"] == "INVALID_INPUT"
    assert (await refused(people, case, unitPriceCents=-1))["code"] == "INVALID_INPUT"


@ON_SQLITE
async def test_an_item_ends_at_local_midnight(town: Town) -> None:
    people = await cast(town)
    await change(town, CatalogueItem, "G-M-DISPUTE", valid_to=date(2026, 3, 11))
    case = await bring_to(people, "IN_PROGRESS")

    town.clock.now = datetime(2026, 3, 11, 15, 59, tzinfo=UTC)  # type: ignore[attr-defined]  # 23:59 in the province
    assert (await ask_for(people, case))["catalogueItem"]["code"] == "G-M-DISPUTE"
    town.clock.now = datetime(2026, 3, 11, 16, 0, tzinfo=UTC)  # type: ignore[attr-defined]

    error = await refused(people, case)
    assert error["code"] == "NOT_IN_CATALOGUE"
    assert "2026-03-12" in error["message"] and "2026-03-11" in error["message"]


async def test_the_item_of_the_nearest_division_holds(town: Town) -> None:
    people = await cast(town)
    async with town.db.write() as session:
        for number, (code, division, ceiling) in enumerate((("CITY", "3205", 600), ("FAR", "3201", 1)), 20):
            await session.execute(
                insert(CatalogueItem).values(
                    id=number, code=code, major_name="甲", middle_name="乙", minor_name="丙", division_code=division,
                    path=path_of(division), matter_id=2, task_kind="MEDIATION", unit="件", ceiling_cents=ceiling,
                    qualifications=[], needs_before_photo=False, needs_after_photo=False,
                    valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31),
                )
            )  # fmt: skip
    case = await bring_to(people, "IN_PROGRESS")

    found = await ask_for(people, case)

    assert found["catalogueItem"] == {"code": "CITY", "ceilingCents": 600}
    far = await refused(people, case, catalogueItem=ids.global_id("CatalogueItem", 21))
    assert far["code"] == "NOT_IN_CATALOGUE"
    held = await people.handler.ask(
        "query ($d: ID!, $m: ID!) { catalogueItems(division: $d, matter: $m) { edges { node { code majorName "
        "middleName minorName taskKind validTo isInForce division { code } } } } }",
        d=town.city.divisions["320508019044"], m=town.city.matters[DISPUTE],
    )  # fmt: skip
    codes = [edge["node"]["code"] for edge in held["catalogueItems"]["edges"]]
    assert codes == ["G-M-DISPUTE", "CITY"]


@ON_SQLITE
async def test_what_is_reserved_is_never_bought(town: Town) -> None:
    people = await cast(town)
    await add(town, ReservedTask, division_code="3205", task_kind="INSPECTION", matter_id=0, reason="由主管部门检查")
    await add(town, ReservedTask, division_code="320506", task_kind="", matter_id=2, reason="只在吴中区")
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)

    error = await refused(people, case)

    assert (error["code"], "由主管部门检查" in error["message"]) == ("NOT_DELEGABLE", True)
    told = await ask_for(people, case)
    assert [one["code"] for one in told["userErrors"]] == ["NOT_DELEGABLE"] and told["providers"] == []
    assert (await ask_for(people, await bring_to(people, "IN_PROGRESS")))["userErrors"] == []
    listed = await people.handler.ask(
        "query ($d: ID!) { reservedTasks(division: $d) { edges { node { taskKind reason matter { code } } } } }",
        d=town.city.divisions["320508"],
    )
    assert [edge["node"] for edge in listed["reservedTasks"]["edges"]] == [
        {"taskKind": "INSPECTION", "reason": "由主管部门检查", "matter": None}
    ]


OBSTACLES: list[tuple[dict[str, Any], str, str]] = [
    ({"uscc": "9132050000DEM02187"}, "USCC_INVALID", "9132050000DEM02187"),
    ({"uscc": None}, "USCC_INVALID", "—"),
    ({"licence_until": date(2026, 3, 10)}, "LICENCE_EXPIRED", "2026-03-10"),
    ({"institution_class": InstitutionClass.CLASS_ONE}, "INSTITUTION_BARRED", "公益一类"),
]


@pytest.mark.parametrize(("values", "code", "item"), OBSTACLES)
@ON_SQLITE
async def test_an_order_to_an_ineligible_provider_names_what_is_missing(
    town: Town, values: dict[str, Any], code: str, item: str
) -> None:
    people = await cast(town)
    await change(town, ServiceProvider, "SP-1", **values)
    case = await bring_to(people, "IN_PROGRESS")

    error = await refused(people, case)

    assert (error["code"], item in error["message"], "示范市政养护公司" in error["message"]) == (code, True, True)
    await outsourced(people, case, "SP-2")


@ON_SQLITE
async def test_a_qualification_is_there_and_valid_or_the_order_is_refused(town: Town) -> None:
    people = await cast(town)
    await add(town, QualificationKind, code="Q", name="安全生产许可证")
    await change(town, CatalogueItem, "G-M-DISPUTE", qualifications=["Q"])
    case = await bring_to(people, "IN_PROGRESS")

    missing = await refused(people, case)
    await add(
        town, ProviderQualification, service_provider_id=1, kind_code="Q", number="1", valid_from=date(2025, 1, 1),
        valid_to=date(2026, 3, 10),
    )  # fmt: skip
    expired = await refused(people, case)
    async with town.db.write() as session:
        await session.execute(update(ProviderQualification).values(valid_to=date(2026, 3, 11)))
    await outsourced(people, case)

    assert [(one["code"], "安全生产许可证" in one["message"]) for one in (missing, expired)] == [
        ("QUALIFICATION_MISSING", True), ("QUALIFICATION_EXPIRED", True)
    ]  # fmt: skip


@ON_SQLITE
async def test_a_provider_works_in_its_areas(town: Town) -> None:
    people = await cast(town)
    await add(town, ProviderArea, service_provider_id=1, division_code="320506", path=path_of("320506"))
    case = await bring_to(people, "IN_PROGRESS")

    assert (await refused(people, case))["code"] == "PROVIDER_OUT_OF_AREA"
    await add(town, ProviderArea, service_provider_id=1, division_code="320508", path=path_of("320508"))
    await outsourced(people, case)


@pytest.mark.parametrize("values", [{"blacklisted_until": date(2026, 3, 11)}, {"is_active": False}])
@ON_SQLITE
async def test_a_blacklisted_or_inactive_firm_never_appears(town: Town, values: dict[str, Any]) -> None:
    people = await cast(town)
    await change(town, ServiceProvider, "SP-1", **values)
    case = await bring_to(people, "IN_PROGRESS")

    found = await ask_for(people, case)
    error = await refused(people, case)

    assert [one["provider"]["code"] for one in found["providers"]] == ["SP-2"]
    assert error["code"] == "NOT_FOUND"


async def test_providers_are_ranked_with_reasons_and_the_others_say_why_not(town: Town) -> None:
    people = await cast(town)
    done = await bring_to(people, "IN_PROGRESS")
    order, done = await outsourced(people, done, "SP-2")
    other = await town.as_(Role.PROVIDER_STAFF, "SP-2")
    for speaker, mutation, given in (
        (other, "workOrderAccept", {}), (other, "workOrderSubmit", {"result": "已调解"}),
        (people.handler, "workOrderAcceptResult", {}),
    ):  # fmt: skip
        payload = await speaker.do(
            mutation, "case { id version }", workOrderId=order, expectedVersion=done["version"], **given
        )
        done = payload["case"]
    case = await bring_to(people, "IN_PROGRESS")
    await add(
        town, ServiceProvider, id=3, code="SP-3", name="示范过期公司", kind="ENTERPRISE", uscc=None,
        division_code="320508", path=path_of("320508"), is_active=True, licence_until=date(2025, 12, 31),
    )  # fmt: skip

    found = await ask_for(people, case)

    assert [(one["provider"]["code"], one["isEligible"], one["points"]) for one in found["providers"]] == [
        ("SP-2", True, 84), ("SP-1", True, 53), ("SP-3", False, 0)
    ]  # fmt: skip
    first, _, last = found["providers"]
    assert [(one["reason"], one["detail"], one["points"]) for one in first["reasons"]] == [
        ("ON_TIME", "1/1", 40), ("FIRST_TIME_RIGHT", "1/1", 20), ("FREE", "0", 20), ("NEAR", "3205", 3),
        ("EXPERIENCE", "1", 1),
    ]  # fmt: skip
    assert [(one["reason"], one["isObstacle"], one["sentence"]) for one in last["reasons"]] == [
        ("USCC_INVALID", True, "信用代码无效：—"), ("LICENCE_EXPIRED", True, "证照过期：2025-12-31")
    ]  # fmt: skip


@ON_SQLITE
async def test_only_who_works_on_the_case_chooses(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    _, case = await outsourced(people, case)
    expected = {
        "HANDLER:" + UNIT: True, "DISPATCHER:320508": True, "SHIFT_LEADER:3205": True, "COMMANDER:3205": True,
        "HANDLER:" + OTHER_UNIT: False, "DISPATCHER:3201": False, "PROVIDER_STAFF:SP-1": False,
        "RESIDENT:zhang": False, "ANALYST:3205": False, "DISPLAY:3205": False, "GRID_WORKER:320508019044001": False,
    }  # fmt: skip

    found = {}
    for name in expected:
        role, _, code = name.partition(":")
        found[name] = await ask_for(people, case, by=await town.as_(Role(role), code)) is not None

    assert found == expected


@ON_SQLITE
async def test_crews_are_for_the_provider_and_for_who_works_on_cases(town: Town) -> None:
    await add(
        town, ProviderTechnician, id=1, service_provider_id=1, code="T1", name="技工甲", crew_id=1, is_active=True
    )
    question = """query ($id: ID!) { node(id: $id) { ... on ServiceProvider { hasValidUscc qualifications { name }
      areas { code } crews { name technicians { name } } technicians { code } } } }"""
    expected = {
        "PROVIDER_STAFF:SP-1": 1, "HANDLER:" + UNIT: 1, "DISPATCHER:320508": 1, "PROVIDER_STAFF:SP-2": 0,
        "RESIDENT:zhang": 0, "DISPLAY:3205": 0, "ANALYST:3205": 0,
    }  # fmt: skip

    found = {}
    for name in expected:
        role, _, code = name.partition(":")
        speaker = await town.as_(Role(role), code)
        node = (await speaker.ask(question, id=town.city.providers["SP-1"]))["node"]
        assert (node["hasValidUscc"], node["areas"], node["qualifications"]) == (True, [], [])
        found[name] = len(node["crews"])
        assert len(node["technicians"]) == found[name]

    assert found == expected
