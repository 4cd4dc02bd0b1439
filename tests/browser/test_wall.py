"""What a duty desk sees: a real server, a real browser, the whole loop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from playwright.async_api import expect

from db.clock import now
from db.vocabulary import Realm, Role
from resolvers.importing import import_assessment
from tests.browser.conftest import SECONDS, Caller, OpenWall, Server, Wall
from tests.city import GAS, POTHOLE
from tests.conftest import Clock
from tests.stories.walks import FAR_GRID, GRID, NEXT_GRID, OTHER_UNIT, UNIT, Cast, bring_to, cast, hand_in, outsourced

pytestmark = pytest.mark.browser

OUT = Path(__file__).parent / "out"
SCREENS = ((1920, 1080), (3840, 2160))
TOWNSHIP, FAR_TOWNSHIP = "320508019", "320506001"
STAGES = ("INTAKE", "REGISTRATION", "DISPATCH", "HANDLING", "FEEDBACK", "CHECK_AND_CLOSURE")
PERSONAL = {
    "name": "欧阳小满",
    "phone": "13812345678",
    "address": "二郎巷七号乙单元",
    "description": "门口的坑绊倒了老人",
}


async def shows_step(wall: Wall, case: dict[str, Any], action: str) -> None:
    """Waits for the newest line about a case, and for its link of the ring, which holds it alone."""
    row = wall.row(case["number"])
    await expect(row).to_have_attribute("data-action", action)
    await expect(row).to_have_attribute("data-state", case["state"])
    for stage in STAGES:
        await wall.counts(f"ring-{stage}", int(stage == case["stage"]))


async def order_step(people: Any, mutation: str, order: str, case: dict[str, Any], **given: Any) -> dict[str, Any]:
    selection = "case { id number version state stage }"
    payload = await people.do(mutation, selection, workOrderId=order, expectedVersion=case["version"], **given)
    assert payload["userErrors"] == [], payload
    found: dict[str, Any] = payload["case"]
    return found


async def test_the_loop_on_the_wall(server: Server, open_wall: OpenWall) -> None:  # noqa: PLR0915  # one long story
    await server.start()
    people = server.cast()
    wall = await open_wall(server)
    await wall.shows("ring-total", "0")
    await wall.follows()
    await expect(wall.page.locator("h1")).to_have_text("苏州市指挥中心")
    steps = []

    case = await hand_in(
        people,
        matter=POTHOLE,
        description=PERSONAL["description"],
        address=PERSONAL["address"],
        contact={"name": PERSONAL["name"], "phone": PERSONAL["phone"]},
    )
    number = case["number"]
    await shows_step(wall, case, "SUBMIT")
    await wall.tile(TOWNSHIP, 1)
    await wall.tile(FAR_TOWNSHIP, 0)
    await wall.shows("ring-total", "1")
    await wall.shows("counter-submitted", "1")

    for speaker, mutation, given in (
        (people.intake, "caseRegister", {}),
        (people.dispatcher, "caseDispatch", {"department": server.city.departments[UNIT]}),
        (people.handler, "caseSign", {}),
        (people.handler, "caseStart", {}),
    ):
        case = await speaker.act(mutation, case, **given)
        await shows_step(wall, case, mutation.removeprefix("case").upper())
    steps += [(number, action) for action in ("SUBMIT", "REGISTER", "DISPATCH", "SIGN", "START")]

    order, case = await outsourced(people, case)
    row = wall.by("outsourced-row")
    await expect(row).to_have_attribute("data-case-number", number)
    await expect(row).to_have_attribute("data-work-order-state", "OFFERED")
    await expect(row).to_contain_text("示范市政养护公司")
    await wall.shows("counter-outsourced", "1")
    case = await order_step(people.provider, "workOrderAccept", order, case)
    await expect(row).to_have_attribute("data-work-order-state", "ACCEPTED")
    case = await order_step(people.provider, "workOrderSubmit", order, case, result="已修补")
    await expect(row).to_have_attribute("data-work-order-state", "SUBMITTED")
    await shows_step(wall, case, "WORK_ORDER_SUBMIT")
    steps += [(number, action) for action in ("OUTSOURCE", "WORK_ORDER_ACCEPT", "WORK_ORDER_SUBMIT")]
    assert await wall.ticker() == steps
    await expect(wall.by("replayed")).to_have_count(0)

    await server.kill()
    await expect(wall.by("connection")).not_to_have_attribute("data-state", "open")
    async with server.behind_its_back() as town:
        away = await cast(town)
        case = await order_step(away.handler, "workOrderRejectResult", order, case, reason="不平", clause="第3条")
        case = await order_step(away.provider, "workOrderSubmit", order, case, result="已找平")
        case = await order_step(away.handler, "workOrderAcceptResult", order, case)
        other = await hand_in(away, grid=NEXT_GRID, matter=GAS)
        other = await away.intake.act("caseRegister", other)
    actions = ("WORK_ORDER_REJECT_RESULT", "WORK_ORDER_SUBMIT", "WORK_ORDER_ACCEPT_RESULT")
    steps += [(number, action) for action in actions]
    steps += [(other["number"], action) for action in ("SUBMIT", "REGISTER")]
    await server.start()
    await wall.follows(2)
    await expect(row).to_have_attribute("data-work-order-state", "ACCEPTED_DONE")
    await expect(wall.by("replayed")).to_have_text("补回 5 条，无遗漏")

    other = await people.dispatcher.act("caseDispatch", other, department=server.city.departments[UNIT])
    await expect(wall.row(other["number"])).to_have_attribute("data-action", "DISPATCH")
    steps.append((other["number"], "DISPATCH"))

    assert await wall.ticker() == steps  # none lost, none twice
    await wall.counts("replayed", 5)  # what is live is not replayed
    await expect(wall.by("urgent-card")).to_have_attribute("data-case-number", other["number"])
    await wall.shows("ring-total", "2")
    await wall.tile(TOWNSHIP, 2)
    await expect(wall.by("trouble")).to_have_count(0)
    text = await wall.page.content()
    assert [word for word in PERSONAL.values() if word in text] == []
    wall.hold_its_promises()


async def test_a_wall_whose_cursor_is_of_no_more_use_takes_a_fresh_picture(
    server: Server, open_wall: OpenWall
) -> None:
    await server.start()
    people = server.cast()
    wall = await open_wall(server)
    await wall.follows()
    old = await bring_to(people, "REGISTERED")
    ended = await bring_to(people, "HANDLED", grid=NEXT_GRID)
    await expect(wall.row(ended["number"])).to_have_attribute("data-action", "COMPLETE")

    await server.kill()
    async with server.behind_its_back() as town:
        away = await cast(town)
        await away.handler.act("caseRespond", ended, text="已处理，请查看。")
        ended = await away.handler.act("caseRespond", ended | {"version": ended["version"] + 1}, text="已复查。")
        await away.leader.act("caseClose", ended)
        new = await hand_in(away, matter=GAS)
    with closing(connect(server.var_dir / "gridcast.db")) as db:
        db.execute("UPDATE journal_counter SET epoch = 'restored'")  # as after a restore from a backup
        db.commit()
    await server.start()

    await wall.follows(2)
    await expect(wall.by("resynced")).to_have_text("已重新同步")
    await expect(wall.row(new["number"])).to_have_attribute("data-state", "SUBMITTED")
    await expect(wall.row(ended["number"])).to_have_count(0)
    assert await wall.ticker() == [(old["number"], None), (new["number"], None)]
    await wall.shows("ring-total", "2")
    await wall.counts("ring-EVALUATION", 1)
    await expect(wall.by("urgent-card")).to_have_count(1)

    await wall.follows(3)
    old = await people.dispatcher.act("caseDispatch", old, department=server.city.departments[UNIT])
    await expect(wall.row(old["number"])).to_have_attribute("data-action", "DISPATCH")
    wall.hold_its_promises()


async def test_a_development_wall_whose_token_ends_fetches_another(standing: Server, open_wall: OpenWall) -> None:
    token = standing.token(Role.DISPLAY, "3205")
    wall = await open_wall(standing, token=token)
    await wall.follows()
    await wall.page.unroute("**/dev/token")

    async with wall.page.expect_request("**/dev/token"):
        await standing.take_back(token)
    await wall.follows(2)

    case = await hand_in(standing.cast())
    await expect(wall.row(case["number"])).to_have_attribute("data-action", "SUBMIT")
    await expect(wall.by("token-box")).to_have_count(0)
    wall.complaints[:] = [said for said in wall.complaints if "401" not in said]  # of the old token
    wall.hold_its_promises()


async def test_a_wall_whose_token_ends_asks_for_another(standing: Server, open_wall: OpenWall) -> None:
    wall = await open_wall(standing, token="")
    box = wall.by("token-box")
    await expect(box).to_contain_text("请粘贴本屏的大屏令牌")
    token = standing.token(Role.DISPLAY, "3205")
    await box.locator("input").fill(f"Bearer {token}")
    await box.get_by_role("button").click()
    await wall.follows()
    await standing.take_back(token)

    await expect(box).to_contain_text("令牌已失效或被收回")
    await box.locator("input").fill(standing.token(Role.DISPLAY, "3205"))
    await box.get_by_role("button").click()

    await wall.follows(2)
    case = await hand_in(standing.cast())
    await expect(wall.row(case["number"])).to_have_attribute("data-action", "SUBMIT")
    assert wall.page.url == f"{standing.url}/wall"  # a token never stands in the address


async def test_a_rehearsal_and_the_city_never_meet(standing: Server, open_wall: OpenWall) -> None:
    city = await open_wall(standing)
    rehearsal = await open_wall(standing, token=standing.token(Role.DISPLAY, "3205", Realm.EXERCISE))
    await city.follows()
    await rehearsal.follows()

    exercise = await hand_in(standing.cast(Realm.EXERCISE), matter=GAS)
    live = await hand_in(standing.cast())
    second = await hand_in(standing.cast(Realm.EXERCISE))
    await expect(city.row(live["number"])).to_be_visible()
    await expect(rehearsal.row(second["number"])).to_be_visible()

    assert not {exercise["number"], second["number"]} & {number for number, _ in await city.ticker()}
    assert await rehearsal.ticker() == [(exercise["number"], "SUBMIT"), (second["number"], "SUBMIT")]
    await rehearsal.shows("ring-total", "2")
    await expect(rehearsal.by("urgent-card")).to_have_count(1)
    await expect(city.by("urgent-card")).to_have_count(0)
    await expect(city.by("realm")).to_have_text("实战")
    await expect(city.by("exercise-mark")).to_have_count(0)
    await expect(rehearsal.by("realm")).to_have_text("演练")
    await expect(rehearsal.by("exercise-mark")).to_be_visible()
    await expect(rehearsal.by("exercise-mark")).to_contain_text("演练数据")
    city.hold_its_promises()
    rehearsal.hold_its_promises()


async def _two_days(server: Server) -> None:
    """Yesterday and today in a few dozen steps: every link, late and urgent cases, work orders in three states."""
    yesterday = Clock(now() - timedelta(days=1))
    async with server.behind_its_back(yesterday) as town:
        people = await cast(town)
        for state in ("CLOSED", "CLOSED", "HANDLED", "IN_PROGRESS", "SIGNED", "REGISTERED"):
            await bring_to(people, state)
        for state in ("IN_PROGRESS", "DISPATCHED", "REGISTERED"):
            await bring_to(people, state, matter=GAS)  # two hours: late since long
    async with server.behind_its_back() as town:
        people = await cast(town)
        for state in ("CLOSED", "HANDLED", "DISPATCHED", "ACCEPTED", "SUBMITTED", "SUBMITTED"):
            await bring_to(people, state, grid=NEXT_GRID)
        for grid in (GRID, FAR_GRID):
            await hand_in(people, matter=GAS, grid=grid)
        await _orders(people)


async def _orders(people: Cast) -> None:
    for steps in ((), ("workOrderAccept",), ("workOrderAccept", "workOrderSubmit")):
        order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS", matter=POTHOLE))
        for mutation in steps:
            given = {"result": "已修补"} if mutation == "workOrderSubmit" else {}
            case = await order_step(people.provider, mutation, order, case, **given)


BOARDS = """query ($division: ID!) {
  unitBoard(division: $division) { units { unsigned overdue returned } returnPairs { count } }
  stageDwell(division: $division) { stage percentOfLimit }
  answerFunnel(division: $division) { accepted responded disposed delivered confirmed }
  unanswered(division: $division) { totalCount }
  metrics(division: $division) { declaredResolutionRate { percent } confirmedResolutionRate { percent } }
  assessments(scheme: "JIANGSU_DUAL", division: $division, level: TOWNSHIP) {
    dots { discoveryCount resolutionPercent suspectedUnderreporting } }
  permitRefusals(division: $division) { count }
  burden(division: $division) { overCeiling }
  shiftHandover(centre: $division) { parts { kind count } } }"""


async def _as_it_stands(people: Cast, case: dict[str, Any]) -> dict[str, Any]:
    found = await people.leader.ask("query ($id: ID!) { case(id: $id) { id number version } }", id=case["id"])
    return dict(found["case"])


async def _given_back(people: Cast, case: dict[str, Any] | None = None) -> dict[str, Any]:
    """A case that a unit has just returned, naming the other one."""
    units = people.town.city.departments
    speaker, other = (people.handler, OTHER_UNIT) if case is None else (people.other_handler, UNIT)
    case = case or await bring_to(people, "DISPATCHED")
    await speaker.act("caseReturn", case, reason="不归我们管", proposedDepartment=units[other])
    return await _as_it_stands(people, case)


async def test_the_panels_show_what_the_api_counts(server: Server, open_wall: OpenWall) -> None:
    async with server.behind_its_back() as town:
        await import_assessment(town.db)
    await server.start()
    people = server.cast()
    division = server.city.divisions["3205"]
    await people.leader.do(
        "shiftStart", "shift { id }", centre=division, plannedEndAt=(now() + timedelta(hours=8)).isoformat()
    )
    await bring_to(people, "DISPATCHED")
    await bring_to(people, "DISPATCHED", matter=GAS)
    await _given_back(people)
    closed = await bring_to(people, "CLOSED")
    await people.resident.act("caseConfirm", closed, isSolved=True)

    wall = await open_wall(server)
    await wall.follows()
    given = await Caller(server.http, server.token(Role.DISPLAY, "3205")).ask(BOARDS, division=division)

    units = wall.by("unit-row")
    await expect(units).to_have_count(len(given["unitBoard"]["units"]))
    for number, unit in enumerate(given["unitBoard"]["units"]):
        for name, count in unit.items():
            await expect(units.nth(number)).to_have_attribute(f"data-{name}", str(count))
    assert given["unitBoard"]["units"] == [{"unsigned": 2, "overdue": 0, "returned": 1}]
    await expect(wall.by("return-pair")).to_have_attribute("data-forth", "1")
    for stage in given["stageDwell"]:
        await expect(wall.by(f"ring-{stage['stage']}")).to_have_attribute("data-dwell-percent", re.compile(r"\d+"))
    assert [stage["stage"] for stage in given["stageDwell"]] == ["DISPATCH"]
    for step, count in given["answerFunnel"].items():
        await wall.counts(f"funnel-{step}", count)
    assert list(given["answerFunnel"].values()) == [4, 1, 1, 1, 1]
    await wall.shows("unanswered", str(given["unanswered"]["totalCount"]))
    for name in ("declared", "confirmed"):
        percent = given["metrics"][f"{name}ResolutionRate"]["percent"]
        await expect(wall.by(f"{name}-rate")).to_have_attribute("data-percent", str(round(percent)))
    for part in given["shiftHandover"]["parts"]:
        await wall.shows(f"handover-{part['kind']}", str(part["count"]))
    await expect(wall.by("on-duty")).to_contain_text("当班")
    placed = [dot for dot in given["assessments"]["dots"] if dot["resolutionPercent"] is not None]
    await expect(wall.by("discovery-dot")).to_have_count(len(placed))
    await wall.shows("underreporting", str(sum(dot["suspectedUnderreporting"] for dot in placed)))
    await wall.shows("permit-refusals", str(sum(one["count"] for one in given["permitRefusals"])))
    await wall.shows("over-ceiling", str(given["burden"]["overCeiling"]))

    await bring_to(people, "DISPATCHED")  # without a word from us the boards move
    await expect(units.first).to_have_attribute("data-unsigned", "3", timeout=SECONDS * 1_000)
    await wall.counts("funnel-accepted", 5)
    wall.hold_its_promises()


async def test_a_break_is_a_notch_on_the_ring_until_it_is_mended(server: Server, open_wall: OpenWall) -> None:
    await server.start()
    people = server.cast()
    units = server.city.departments
    wall = await open_wall(server)
    await wall.follows()
    await wall.shows("breaks-DIVERGENT", "0")
    await expect(wall.by("notch-DISPATCH-DIVERGENT")).to_have_count(0)

    case = await _given_back(people)
    case = await people.dispatcher.act("caseDispatch", case, department=units[OTHER_UNIT])
    case = await _given_back(people, case)

    await expect(wall.by("notch-DISPATCH-DIVERGENT")).to_have_attribute("data-count", "1", timeout=SECONDS * 1_000)
    await wall.shows("breaks-DIVERGENT", "1")
    await wall.shows("breaks-BLOCKED", "0")

    case = await _as_it_stands(people, case)
    await people.commander.act("caseRule", case, department=units[UNIT], reason="属城管职责")
    await expect(wall.by("notch-DISPATCH-DIVERGENT")).to_have_count(0, timeout=SECONDS * 1_000)
    await wall.shows("breaks-DIVERGENT", "0")
    wall.hold_its_promises()


async def test_a_digit_shows_a_panel_of_the_strip_and_a_wide_wall_shows_all(
    standing: Server, open_wall: OpenWall
) -> None:
    wall = await open_wall(standing)
    await wall.follows()

    panels = {"7": "基层在不在找问题？", "8": "外包值不值？", "9": "网格员累不累？", "0": "能交班吗？"}
    for key, panel in panels.items():
        await wall.page.keyboard.press(key)
        seen = [
            await one.get_attribute("aria-label") for one in await wall.page.locator(".bottom > section").all()
            if await one.is_visible()
        ]  # fmt: skip
        assert seen == [panel]

    await wall.page.set_viewport_size({"width": 3840, "height": 1080})
    for one in await wall.page.locator(".bottom > section").all():
        await expect(one).to_be_visible()
    assert await wall.page.evaluate(MISFITS) == []
    wall.hold_its_promises()


@pytest.fixture(scope="module", autouse=True)
def _out() -> Iterator[None]:
    OUT.mkdir(exist_ok=True)
    yield


MISFITS = """() => [...document.querySelectorAll(
    'section.panel, .figure, [data-testid^="ring-"] .track, [data-testid^="tile-"]')]
  .map(one => [one.getAttribute('aria-label') ?? one.dataset.testid ?? one.className, one.getBoundingClientRect()])
  .filter(([, box]) => !(box.width > 0 && box.height > 0 && box.left >= 0 && box.top >= 0
                         && box.right <= innerWidth && box.bottom <= innerHeight))
  .map(([name]) => name)"""
CHART_IS_WHOLE = """() => { const chart = document.querySelector('[data-testid="trend"]');
  const drawn = chart?.querySelector('canvas');
  return drawn && Math.abs(drawn.getBoundingClientRect().width - chart.clientWidth) < 2; }"""
SCROLLS = """() => { const page = document.documentElement;
  return page.scrollWidth > innerWidth || page.scrollHeight > innerHeight
    || page.clientWidth < innerWidth || page.clientHeight < innerHeight; }"""
GLYPHS = """() => { const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
  return [...'环闭办'].map(letter => { canvas.width = canvas.height = 48;
    pen.font = `40px ${getComputedStyle(document.body).fontFamily}`; pen.fillText(letter, 2, 40);
    return canvas.toDataURL(); }); }"""


async def test_the_wall_fits_its_screens(server: Server, open_wall: OpenWall) -> None:
    await _two_days(server)
    await server.start()
    wall = await open_wall(server)
    await wall.follows()

    await wall.shows("ring-total", "17")
    await wall.counts("ring-EVALUATION", 1)
    await wall.tile(TOWNSHIP, 16)
    await wall.tile(FAR_TOWNSHIP, 1)
    await expect(wall.by("counter-submitted").locator("xpath=following-sibling::dd")).to_have_text("昨日全天 9")
    await expect(wall.by("counter-closed").locator("xpath=following-sibling::dd")).to_have_text("昨日全天 2")
    await expect(wall.by("outsourced-row")).to_have_count(3)
    states = await wall.by("urgent-card").evaluate_all("cards => cards.map(card => card.dataset.state)")
    assert await wall.by("urgent-card").evaluate_all(
        "cards => cards.every(one => one.scrollHeight <= one.clientHeight)"
    )
    assert states == [
        "REGISTERED",
        "SUBMITTED",
        "SUBMITTED",
        "IN_PROGRESS",
        "DISPATCHED",
    ]  # nobody's before the latest

    for width, height in SCREENS:
        await wall.page.set_viewport_size({"width": width, "height": height})
        await wall.page.wait_for_function(f"({MISFITS})().length === 0 && ({CHART_IS_WHOLE})()")
        await wall.page.screenshot(path=OUT / f"wall-{width}x{height}.png", animations="disabled")

        assert await wall.page.evaluate(MISFITS) == []
        assert not await wall.page.evaluate(SCROLLS)
        assert len(set(await wall.page.evaluate(GLYPHS))) == 3  # without a Chinese font all letters are one box
    wall.hold_its_promises()
