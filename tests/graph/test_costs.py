"""What outsourcing cost: to the cent, by local months, items and providers, for who may read the figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from db.tables import Case, WorkOrder
from db.vocabulary import CaseOutcome, Realm, Role
from resolvers.rules.rounding import nearest
from schema import ids
from tests.city import DISPUTE, Speaker, Town
from tests.graph.test_work_orders import act
from tests.stories.walks import OTHER_UNIT, UNIT, Cast, bring_to, cast, outsourced

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no statement of its own
COST = "orders settledCents agreedCents deductedCents resolvedCases centsPerResolvedCase"
REPORT = f"""query ($division: ID, $department: ID, $from: Date, $to: Date) {{
  costReport(division: $division, department: $department, from: $from, to: $to) {{
    period {{ from to }} total {{ {COST} }} months {{ first last {COST} }} itemCount providerCount
    items(first: 5) {{ catalogueItem {{ code }} {COST} }} providers(first: 5) {{ serviceProvider {{ code }} {COST} }}
  }} }}"""
TOTAL = """query ($division: ID, $department: ID) {
  costReport(division: $division, department: $department, from: "2026-09-01", to: "2026-10-31") {
    total { orders settledCents } } }"""


def cost(orders: int, settled: int, agreed: int, deducted: int, resolved: int, each: int | None) -> dict[str, Any]:
    return {
        "orders": orders, "settledCents": str(settled), "agreedCents": str(agreed), "deductedCents": str(deducted),
        "resolvedCases": resolved, "centsPerResolvedCase": None if each is None else str(each),
    }  # fmt: skip


async def settled(town: Town, order: str, at: str, cents: int, price: tuple[int, int], **more: Any) -> None:
    """As if it had been settled then; `price` is quantity and price of one unit."""
    values = {"settled_at": datetime.fromisoformat(at), "settled_cents": cents, "quantity": price[0]}
    number = ids.number(order, "WorkOrder")
    async with town.db.write() as session:
        table = WorkOrder.__table__
        statement = update(WorkOrder).where(table.c.id == number)
        await session.execute(statement.values(**values, unit_price_cents=price[1], **more))


@pytest.fixture
async def people(town: Town) -> Cast:
    """Two cases that were resolved. Of the first two orders, settled in the last second of September and the first
    of October; of the second one in the last second of October, from before the catalogue, and one in November."""
    people = await cast(town)
    first, second = await bring_to(people, "IN_PROGRESS"), await bring_to(people, "IN_PROGRESS")
    a, first = await outsourced(people, first)
    b, _ = await outsourced(people, first)
    c, second = await outsourced(people, second, "SP-2")
    d, _ = await outsourced(people, second, "SP-2")
    dear = (10_000, 200_000)
    await settled(town, a, "2026-09-30T15:59:59+00:00", 2_000_000_000, dear)
    await settled(town, b, "2026-09-30T16:00:00+00:00", 1_999_999_999, dear)
    await settled(town, c, "2026-10-31T15:59:59+00:00", 1_500_000_000, dear, catalogue_item_id=None)
    await settled(town, d, "2026-10-31T16:00:00+00:00", 1, (1, 1))
    async with town.db.write() as session:
        await session.execute(update(Case).values(outcome=CaseOutcome.RESOLVED))
    return people


async def ask(who: Speaker, document: str = TOTAL, **given: Any) -> Any:
    return (await who.ask(document, **given))["costReport"]


async def test_costs_add_up_to_the_cent_by_local_month_item_and_provider(people: Cast) -> None:
    city = people.town.city

    found = await ask(
        people.commander, REPORT, division=city.divisions["3205"], **{"from": "2026-09-01", "to": "2026-10-31"}
    )

    # 2,000,000,000 + 1,999,999,999 + 1,500,000,000 = 5,499,999,999; by 2 cases 2,749,999,999.5
    assert found["period"] == {"from": "2026-09-01", "to": "2026-10-31"}
    assert found["total"] == cost(3, 5_499_999_999, 6_000_000_000, 500_000_001, 2, 2_750_000_000)
    october = cost(2, 3_499_999_999, 4_000_000_000, 500_000_001, 2, 1_750_000_000)  # 1,749,999,999.5 each
    assert found["months"] == [
        {"first": "2026-09-01", "last": "2026-09-30", **cost(1, 2_000_000_000, 2_000_000_000, 0, 1, 2_000_000_000)},
        {"first": "2026-10-01", "last": "2026-10-31", **october},
    ]  # fmt: skip
    first = cost(2, 3_999_999_999, 4_000_000_000, 1, 1, 3_999_999_999)
    second = cost(1, 1_500_000_000, 2_000_000_000, 500_000_000, 1, 1_500_000_000)
    assert (found["itemCount"], found["providerCount"]) == (2, 2)
    assert [{**one, "catalogueItem": one["catalogueItem"] is None} for one in found["items"]] == [
        {"catalogueItem": False, **first}, {"catalogueItem": True, **second},
    ]  # fmt: skip
    assert found["providers"] == [
        {"serviceProvider": {"code": "SP-1"}, **first}, {"serviceProvider": {"code": "SP-2"}, **second},
    ]  # fmt: skip


@ON_SQLITE
async def test_costs_are_read_by_the_scope_and_of_one_realm(people: Cast) -> None:
    town, city = people.town, people.town.city
    nobody = {"department": ids.global_id("Department", 9_999)}
    county, other = {"division": city.divisions["320508"]}, {"division": city.divisions["320506"]}
    unit, next_unit = {"department": city.departments[UNIT]}, {"department": city.departments[OTHER_UNIT]}
    all_of_it = {"total": {"orders": 3, "settledCents": "5499999999"}}
    none_of_it = {"total": {"orders": 0, "settledCents": "0"}}
    played = await town.as_(Role.COMMANDER, "3205", Realm.EXERCISE)

    assert await ask(people.commander, **county) == all_of_it
    assert await ask(people.commander, **other) == none_of_it
    assert await ask(people.commander, **county, **unit) == all_of_it
    assert await ask(people.commander, **county, **next_unit) == none_of_it
    assert await ask(people.handler, **unit) == all_of_it
    assert await ask(played, **county) == none_of_it
    for who, given in (
        (people.handler, county), (people.handler, next_unit), (people.handler, {**county, **unit}),
        (people.provider, county), (people.provider, unit), (people.resident, county),
        (await town.as_(Role.COMMANDER, "320506"), county), (people.commander, nobody),
    ):  # fmt: skip
        assert await ask(who, **given) is None, (who.viewer.principal, given)


@ON_SQLITE
async def test_a_report_names_whose_and_is_not_too_long(people: Cast) -> None:
    county = people.town.city.divisions["320508"]
    short = {"from": "2025-11-01", "to": "2026-10-31"}
    long = {"from": "2025-10-30", "to": "2026-10-31"}

    year = await ask(people.commander, REPORT, division=county, **short)
    refused = [
        await people.commander.answer(REPORT, division=county, **long),
        await people.commander.answer(REPORT, **short),
    ]

    assert len(year["months"]) == 12
    assert year["months"][0] == {"first": "2025-11-01", "last": "2025-11-30", **cost(0, 0, 0, 0, 0, None)}
    assert [one.errors[0].original_error.code for one in refused] == ["BAD_USER_INPUT"] * 2


@ON_SQLITE
async def test_what_is_settled_stands_in_the_report_of_the_day(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=DISPUTE)
    order, _ = await outsourced(people, case)
    for who, mutation, given in (
        (people.provider, "workOrderAccept", {}),
        (people.provider, "workOrderSubmit", {"result": "已调解"}),
        (people.handler, "workOrderAcceptResult", {}),
        (people.handler, "workOrderSettle", {"amountCents": 70_000, "note": "扣减一次返工"}),
    ):  # fmt: skip
        await act(who, mutation, order, **given)

    found = await ask(people.handler, REPORT, department=town.city.departments[UNIT])

    assert found["total"] == cost(1, 70_000, 80_000, 10_000, 0, None)


def test_money_is_divided_exactly_and_rounded_half_up() -> None:
    assert [nearest(number, 3) for number in (0, 1, 2, 4, 5)] == [0, 0, 1, 1, 2]
    assert [nearest(1, 2), nearest(9_007_199_254_740_993, 2), nearest(5, 0)] == [1, 4_503_599_627_370_497, None]
