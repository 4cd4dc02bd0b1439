"""What stands on a desk beside its cases: orders to many units, what outsourcing cost, what people were asked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from db.clock import now
from db.consultations import consultations
from db.vocabulary import Role
from schema import ids
from tests.browser.accessible import barriers
from tests.browser.conftest import Caller, Desk, OpenDesk, Server
from tests.browser.test_desk import COUNTY, OUT
from tests.browser.test_wall import GLYPHS, SCROLLS
from tests.graph.test_costs import settled
from tests.stories.walks import Cast, bring_to, outsourced

pytestmark = pytest.mark.browser

ERLANG = "320508019044"
DEAR = (10_000, 200_000)  # quantity and price of one: 20 million yuan
NO_CALM = """() => { const every = window.setInterval;
  window.setInterval = (act, ms, ...given) => ms < 15_000 ? every(act, ms, ...given) : 0; }"""


async def two_settled(standing: Server, people: Cast) -> None:
    """Two dear orders, settled in March of 2024, when nothing else was."""
    case = await bring_to(people, "IN_PROGRESS")
    first, case = await outsourced(people, case)
    second, _ = await outsourced(people, case, "SP-2")
    async with standing.behind_its_back() as town:
        await settled(town, first, "2024-03-15T02:00:00+00:00", 2_000_000_000, DEAR)
        await settled(town, second, "2024-03-31T15:59:59+00:00", 1_999_999_999, DEAR)


async def asked(standing: Server, title: str, answer_in: timedelta) -> dict[str, Any]:
    """A consultation with one vote that closed a day ago; called overdue already where it is."""
    worker = Caller(standing.http, standing.token(Role.COMMUNITY_WORKER, ERLANG))
    made = await worker.do(
        "consultationOpen", "consultation { id version }", division=standing.city.divisions[ERLANG], title=title,
        text="请选一项，也可以说说理由。", options=["健身角", "停车位"],
        closesAt=(now() + timedelta(days=1)).isoformat(), answerBy=(now() + timedelta(days=2)).isoformat(),
    )  # fmt: skip
    found: dict[str, Any] = made["consultation"]
    vote = await standing.cast().resident.do(
        "consultationVote", "consultation { id }", id=found["id"], choice=1, words="停车太难"
    )
    assert vote["userErrors"] == []
    times = {"opens_at": now() - timedelta(days=9), "closes_at": now() - timedelta(days=1)}
    late = now() if answer_in < timedelta(0) else None
    async with standing.behind_its_back() as town, town.db.write() as session:
        wanted = consultations.c.id == ids.number(found["id"], "Consultation")
        columns = {**times, "answer_by": now() + answer_in, "flagged_at": late}
        await session.execute(update(consultations).where(wanted).values(**columns))
    return found


async def lines(desk: Desk, table: str) -> list[str]:
    """What the lines of a table of costs say, cell by cell."""
    rows = await desk.by(table).locator("tbody tr, tfoot tr").all()
    return [
        " | ".join(filter(None, [text.strip() for text in await row.locator("td").all_inner_texts()])) for row in rows
    ]


async def fits(desk: Desk, name: str) -> None:
    """Nothing sticks out on either screen, and axe finds nothing."""
    OUT.mkdir(exist_ok=True)
    for width, height in ((1366, 768), (1920, 1080)):
        await desk.page.set_viewport_size({"width": width, "height": height})
        await desk.page.screenshot(path=OUT / f"desk-{name}-{width}x{height}.png", animations="disabled")
        assert not await desk.page.evaluate(SCROLLS)
        assert len(set(await desk.page.evaluate(GLYPHS))) == 3
    assert await barriers(desk.page) == [], name


async def test_an_order_goes_to_many_units_and_is_followed_live(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    desk = await open_desk(standing, standing.person((Role.COMMANDER, COUNTY)), address="#queue=orders")
    await desk.follows()

    await desk.by("order-issue").click()
    form = desk.by("deed-form")
    await desk.by("send").click()
    await expect(form).to_contain_text("请填写标红的内容")
    await form.get_by_label("指挥令标题").fill("今晚暴雨，请到岗")
    await form.get_by_label("要求 Requirement").fill("排查低洼路段，一小时一报。")
    for unit in ("城管", "住建"):
        await form.get_by_label("承办部门").fill(unit)
        await form.get_by_text(f"姑苏区{unit}局").click()
    await desk.by("send").click()
    order = desk.by("order").filter(has_text="今晚暴雨，请到岗")
    await expect(order).to_contain_text("签收 0/2")

    find = "{ commandOrders(first: 1) { edges { node { id title } } } }"
    [edge] = (await people.handler.ask(find))["commandOrders"]["edges"]
    await people.handler.ask(
        "mutation ($i: CommandOrderSignInput!) { commandOrderSign(input: $i) { userErrors { code } } }",
        i={"idempotencyKey": "browser-signs", "orderId": edge["node"]["id"]},
    )

    await expect(order).to_contain_text("签收 1/2")
    await expect(desk.by("order-units").get_by_role("row").filter(has_text="姑苏区城管局")).to_contain_text("已签收")
    assert edge["node"]["title"] == "今晚暴雨，请到岗"
    desk.hold_its_promises()


async def test_a_commander_reads_what_was_paid_and_asks_the_people(  # noqa: PLR0915  # one desk
    standing: Server, open_desk: OpenDesk
) -> None:
    await two_settled(standing, standing.cast())
    late = await asked(standing, "小广场怎么改", timedelta(hours=-3))
    await asked(standing, "停车怎么收费", timedelta(days=5))
    desk = await open_desk(standing, standing.person((Role.COMMANDER, COUNTY)), address="#queue=costs")
    await desk.follows()
    await desk.page.evaluate(NO_CALM)  # what changes from here on was told, not asked for again

    await desk.by("period-own").click()
    await desk.by("cost-from").fill("2024-03-01")
    await desk.by("cost-to").fill("2024-04-02")
    await expect(desk.by("costs")).to_have_attribute("data-to", "2024-04-02")
    figures = desk.by("cost-figures")
    for figure in ("结算¥39,999,999.99", "约定¥40,000,000.00", "扣减¥0.01", "结算的任务单2 单", "每件已解决事件—"):
        await expect(figures).to_contain_text(figure)
    assert await lines(desk, "cost-months") == [
        "2024年3月 | 2 | 40,000,000.00 | 0.01 | 39,999,999.99",
        "2024年4月\n1 日至 2 日 | 0 | 0.00 | 0.00 | 0.00",
        "合计 Total | 2 | 40,000,000.00 | 0.01 | 39,999,999.99",
    ]
    assert await lines(desk, "cost-providers") == [
        "1 | 示范市政养护公司\n企业 | 1 | 20,000,000.00 | 0.00 | 20,000,000.00",
        "2 | 示范物业公司\n企业 | 1 | 20,000,000.00 | 0.01 | 19,999,999.99",
        "合计 Total | 2 | 40,000,000.00 | 0.01 | 39,999,999.99",
    ]
    await fits(desk, "costs")
    await desk.by("cost-from").fill("2024-04-01")
    await expect(desk.by("costs-empty")).to_contain_text("这一期间没有结算的任务单。")

    await desk.by("panel-consultations").click()
    waiting = desk.by("consultation")
    overdue = waiting.filter(has_text="小广场怎么改")
    await expect(overdue).to_contain_text("▲ 逾期未答复")
    await expect(waiting.filter(has_text="停车怎么收费")).to_contain_text("待答复")
    await expect(desk.by("only-overdue")).to_have_attribute("data-count", re.compile(r"\d"))
    before = int(await desk.by("only-overdue").get_attribute("data-count") or 0)
    await desk.by("only-overdue").click()
    await expect(waiting.filter(has_text="停车怎么收费")).to_have_count(0)
    await expect(overdue).to_have_count(1)
    worker = Caller(standing.http, standing.token(Role.COMMUNITY_WORKER, ERLANG))
    said = await worker.do("consultationAnswer", "", id=late["id"], expectedVersion=1, text="改为健身角。")
    assert said["userErrors"] == []
    await expect(overdue).to_have_count(0)
    await expect(desk.by("only-overdue")).to_have_attribute("data-count", str(before - 1))

    await desk.by("only-overdue").click()
    await waiting.filter(has_text="停车怎么收费").click()
    await expect(desk.by("option").filter(has_text="停车位")).to_contain_text("1")
    await expect(desk.by("voices")).to_contain_text("停车太难")
    await fits(desk, "consultations")
    await desk.by("consultation-answer").click()
    await desk.by("deed-form").get_by_label("答复").fill("白天免费，夜间按次。")
    await desk.by("send").click()
    await expect(waiting.filter(has_text="停车怎么收费")).to_have_attribute("data-state", "ANSWERED")
    await expect(desk.by("consultations")).to_contain_text("白天免费，夜间按次。")

    await desk.by("consultation-open").click()
    form = desk.by("deed-form")
    await form.get_by_label("议题").fill("菜市场几点开门")
    await form.get_by_label("征求什么意见").fill("请选一项。")
    await form.get_by_label("选项").fill("五点\n\n六点\n")
    await desk.by("send").click()

    found = desk.by("consultation").filter(has_text="菜市场几点开门")
    await expect(found).to_have_attribute("data-state", "OPEN")
    await found.click()
    await expect(desk.by("option")).to_have_text([re.compile("五点"), re.compile("六点")])
    await desk.by("consultation-withdraw").dblclick()
    await expect(desk.by("deed-form")).to_contain_text("菜市场几点开门")
    await expect(found).to_have_attribute("data-state", "OPEN")
    await desk.by("send").click()

    await expect(found).to_have_attribute("data-state", "WITHDRAWN")
    desk.hold_its_promises()
