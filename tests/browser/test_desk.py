"""A shift at its desk: a real server, a real browser, real clicks."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FilePayload, Route, expect

from db.vocabulary import Role
from tests.browser.conftest import OpenDesk, OpenWall, Server
from tests.browser.test_wall import GLYPHS, SCROLLS
from tests.city import GAS, POTHOLE
from tests.stories.walks import FAR_GRID, NEXT_GRID, OTHER_UNIT, UNIT, bring_to, cast, hand_in

pytestmark = pytest.mark.browser

OUT = Path(__file__).parent / "out"
COUNTY = "320508"
WHOLE_SHIFT = ((Role.INTAKE_OFFICER, COUNTY), (Role.DISPATCHER, COUNTY), (Role.SHIFT_LEADER, COUNTY))
LONG = "门口的路坑越来越深，下雨天积水看不见，昨天晚上骑车的老人摔了一跤，请尽快来人修补，已经是第三次反映了。" * 6
DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
LOOK = "query ($id: ID!) { case(id: $id) { version state timeline { action } } }"


async def on_server(people: Any, case: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await people.leader.ask(LOOK, id=case["id"]))["case"]
    return found


def later(case: dict[str, Any]) -> dict[str, Any]:
    """The case after a step that took it out of sight of who took it."""
    return case | {"version": case["version"] + 1}


async def test_a_case_goes_to_its_unit_by_clicking(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    desk = await open_desk(standing, standing.person(*WHOLE_SHIFT))
    await desk.follows()
    before = int(await desk.by("queue-intake").get_attribute("data-count") or 0)

    case = await hand_in(people, matter=POTHOLE)
    await desk.queue("intake", before + 1)
    await desk.by("queue-intake").click()
    await desk.line(case["number"]).click()
    await desk.shows_case(case["number"], "SUBMITTED", 1)
    await expect(desk.by("description")).to_have_text("请来看看")

    await desk.by("action-ACCEPT").dblclick()
    await desk.shows_case(case["number"], "ACCEPTED", 2)
    await desk.queue("intake", before)
    await expect(desk.line(case["number"])).to_have_count(0)  # it waits in another queue now
    await desk.press("REGISTER")
    await desk.shows_case(case["number"], "REGISTERED", 3)
    await desk.press("DISPATCH")
    form = desk.by("action-form")
    await desk.by("send").click()
    await expect(form).to_contain_text("请填写标红的内容")
    await form.get_by_role("combobox").fill("城管")
    await form.get_by_text("姑苏区城管局").click()
    await form.get_by_label("备注").fill("请今天内处理")
    await desk.by("send").click()

    await desk.shows_case(case["number"], "DISPATCHED", 4)
    await expect(desk.by("notice")).to_contain_text("已派遣")
    await expect(form).to_have_count(0)
    assert await desk.steps() == ["SUBMIT", "ACCEPT", "REGISTER", "DISPATCH"]
    assert (await on_server(people, case))["version"] == 4
    desk.hold_its_promises()


async def test_whoever_comes_second_is_told_and_shown_how_it_stands(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    case = await bring_to(people, "REGISTERED")
    desk = await open_desk(standing, standing.person(*WHOLE_SHIFT), address=f"#queue=dispatch&case={case['id']}")
    await desk.shows_case(case["number"], "REGISTERED", 2)
    held, let_go = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        if "mutation Act" in (route.request.post_data or ""):
            held.set()
            await let_go.wait()
        await route.continue_()

    await desk.page.route("**/graphql", hold)
    await desk.press("DISPATCH")
    form = desk.by("action-form")
    await form.get_by_role("combobox").fill("住建")
    await form.get_by_text("姑苏区住建局").click()
    await form.get_by_label("备注").fill("写了半天的话")
    await desk.by("send").click()
    async with asyncio.timeout(60):
        await held.wait()
    await people.dispatcher.act("caseAmend", case, priority="IMPORTANT")
    let_go.set()

    await expect(desk.by("action-trouble")).to_contain_text("没有派遣：该事件刚被他人更新，已为您刷新")
    await desk.shows_case(case["number"], "REGISTERED", 3)
    await expect(form.get_by_label("备注")).to_have_value("写了半天的话")
    await desk.by("send").click()
    await desk.shows_case(case["number"], "DISPATCHED", 4)
    assert (await on_server(people, case))["version"] == 4
    desk.hold_its_promises()


async def test_a_refusal_is_a_sentence_and_changes_nothing(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    address = f"#queue=handle&case={case['id']}"
    desk = await open_desk(standing, standing.person((Role.HANDLER, UNIT)), address=address)
    await desk.shows_case(case["number"], "IN_PROGRESS", 5)

    await desk.press("COMPLETE")
    form = desk.by("action-form")
    await form.get_by_text("已解决", exact=True).click()
    await form.get_by_label("处理意见 Disposition").fill("路面已补平。")
    await desk.by("send").click()
    await expect(desk.by("action-trouble")).to_contain_text("该事项的标准要求上传处置后照片。")
    assert (await on_server(people, case))["version"] == 5

    picture = FilePayload(name="现场.png", mimeType="image/png", buffer=DOT)
    await form.locator("input[type=file]").set_input_files(picture)
    await expect(form).to_contain_text("现场.png")
    await desk.by("send").click()

    await desk.shows_case(case["number"], "HANDLED", 6)
    await expect(desk.page.get_by_role("img", name="处置后")).to_be_visible()
    await expect(desk.by("case-panel")).to_contain_text("路面已补平。")
    await expect(desk.by("action-CLOSE")).to_have_count(0)  # closing is the shift leader's
    desk.hold_its_promises()


async def test_a_server_that_went_away_comes_back_and_nothing_is_done_twice(
    server: Server, open_desk: OpenDesk
) -> None:
    await server.start()
    people = server.cast()
    case = await hand_in(people)
    desk = await open_desk(server, server.person(*WHOLE_SHIFT))
    await desk.follows()
    await desk.queue("intake", 1)
    await desk.line(case["number"]).click()
    await desk.shows_case(case["number"], "SUBMITTED", 1)

    await server.kill()
    await expect(desk.by("line-broken")).to_contain_text("与服务器的连接已中断，正在自动重连")
    await desk.press("ACCEPT")
    await expect(desk.by("action-trouble")).to_contain_text("没有收到服务器的答复，还不知道「受理」是否办成")
    async with server.behind_its_back() as town:
        other = await hand_in(await cast(town), grid=NEXT_GRID, matter=GAS)
    await server.start()
    await desk.follows(2)
    await expect(desk.by("line-broken")).to_have_count(0)
    await desk.queue("intake", 2)
    await desk.queue("urgent", 1)
    await expect(desk.line(other["number"])).to_be_visible()
    await desk.by("again").click()

    await desk.shows_case(case["number"], "ACCEPTED", 2)
    await expect(desk.by("action-trouble")).to_have_count(0)
    await expect(desk.by("replayed")).to_have_text("补回 1 条，无遗漏")
    assert [step["action"] for step in (await on_server(people, case))["timeline"]] == ["SUBMIT", "ACCEPT"]
    desk.hold_its_promises()


async def test_somebody_whose_token_ends_goes_on_where_they_were(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    case = await bring_to(people, "REGISTERED")
    token = standing.person(*WHOLE_SHIFT, seconds=600)
    desk = await open_desk(standing, token, address=f"#queue=dispatch&case={case['id']}")
    await desk.shows_case(case["number"], "REGISTERED", 2)
    await expect(desk.by("token-ends")).to_contain_text("到期")
    await desk.press("RESPOND")
    await desk.by("action-form").get_by_label("给上报人的回应").fill("写到一半的回应")
    await standing.take_back(token)

    box = desk.by("token-box")
    await expect(box).to_contain_text("令牌已到期或被收回")
    await box.locator("input").fill(standing.person(*WHOLE_SHIFT))
    await box.get_by_role("button", name="进入值班台").click()

    await expect(box).to_have_count(0)
    await expect(desk.by("action-form").get_by_label("给上报人的回应")).to_have_value("写到一半的回应")
    await desk.by("send").click()
    await desk.shows_case(case["number"], "REGISTERED", 3)
    assert standing.url in desk.page.url
    assert "token" not in desk.page.url
    desk.hold_its_promises()


async def test_the_keyboard_is_enough(server: Server, open_desk: OpenDesk) -> None:
    await server.start()
    people = server.cast()
    first, second = await hand_in(people), await hand_in(people, grid=NEXT_GRID)
    desk = await open_desk(server, server.person(*WHOLE_SHIFT))
    await desk.queue("intake", 2)

    await desk.by("case-list").focus()
    await desk.page.keyboard.press("ArrowDown")
    await desk.shows_case(first["number"], "SUBMITTED", 1)
    await desk.page.keyboard.press("ArrowDown")
    await desk.shows_case(second["number"], "SUBMITTED", 1)
    await desk.page.keyboard.press("Enter")
    await expect(desk.by("action-ACCEPT")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await desk.shows_case(second["number"], "ACCEPTED", 2)
    await desk.page.keyboard.press("Escape")
    await expect(desk.by("case-list")).to_be_focused()
    await desk.page.keyboard.press("ArrowUp")

    await desk.shows_case(first["number"], "SUBMITTED", 1)
    desk.hold_its_promises()


MISFITS = """() => [...document.querySelectorAll(
    'nav button, header, [data-testid="case-row"], [data-testid^="action-"]')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'hidden')
  .map(one => one.dataset.testid ?? one.className)"""


async def test_the_desk_fits_its_screens(server: Server, open_desk: OpenDesk) -> None:
    await server.start()
    people = server.cast()
    case = await hand_in(
        people, matter=GAS, grid=NEXT_GRID, description=LONG, address="双塔街道唐家巷七号东侧非机动车道" * 3
    )
    for state in ("SUBMITTED", "ACCEPTED", "REGISTERED", "DISPATCHED", "IN_PROGRESS", "HANDLED"):
        await bring_to(people, state)
    desk = await open_desk(server, server.person(*WHOLE_SHIFT), address=f"#queue=all&case={case['id']}")
    await desk.follows()
    await desk.shows_case(case["number"], "SUBMITTED", 1)
    await desk.queue("all", 7)
    await desk.press("DECLINE")
    OUT.mkdir(exist_ok=True)

    for width, height in ((1366, 768), (1920, 1080)):
        await desk.page.set_viewport_size({"width": width, "height": height})
        await expect(desk.by("send")).to_be_visible()
        await desk.page.screenshot(path=OUT / f"desk-{width}x{height}.png", animations="disabled")

        assert await desk.page.evaluate(MISFITS) == []
        assert not await desk.page.evaluate(SCROLLS)
        assert len(set(await desk.page.evaluate(GLYPHS))) == 3
    desk.hold_its_promises()


async def test_what_a_desk_shows_depends_on_who_sits_there(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    far = await hand_in(people, grid=FAR_GRID)
    address = f"#queue=all&case={far['id']}"

    desk = await open_desk(standing, standing.person((Role.HANDLER, UNIT)), address=address)
    await desk.follows()
    await expect(desk.by("case-gone")).to_contain_text("没有找到该事件，或已不在您的权限范围内")
    await expect(desk.page.get_by_role("navigation")).to_contain_text("我的待办")
    titles = await desk.page.locator("nav section:nth-of-type(2) .name").all_text_contents()
    assert titles == ["督办待复", "待签收", "处理中"]
    for panel in ("staffing", "consultations"):  # of a place, and a unit has none
        await expect(desk.by(f"panel-{panel}")).to_have_count(0)
    await desk.by("panel-costs").click()
    await expect(desk.by("costs-none")).to_have_text("请选择您的部门。")
    unit = desk.page.get_by_label("委托部门")
    await unit.fill("姑苏区住建局")
    await desk.by("choice").filter(has_text="姑苏区住建局").click()
    await expect(desk.by("costs-none")).to_contain_text("您没有查看该项费用的权限。")
    await unit.fill("姑苏区城管局")
    await desk.by("choice").filter(has_text="姑苏区城管局").click()
    await expect(desk.by("cost-months").get_by_test_id("cost-total")).to_contain_text("合计")
    desk.hold_its_promises()


async def test_the_desk_points_and_the_wall_follows(server: Server, open_desk: OpenDesk, open_wall: OpenWall) -> None:
    await server.start()
    people = server.cast()
    case = await hand_in(people, matter=GAS)
    wall = await open_wall(server)
    await wall.follows()
    desk = await open_desk(
        server, server.person((Role.SHIFT_LEADER, "3205")), address=f"#queue=urgent&case={case['id']}"
    )
    await desk.shows_case(case["number"], "SUBMITTED", 1)
    await expect(wall.by("focus-strip")).to_have_count(0)

    await desk.by("focus").click()
    strip = wall.by("focus-strip")
    await expect(strip).to_contain_text("值班台聚焦：燃气泄漏 · 姑苏区双塔街道二郎巷社区 第1网格")
    await expect(strip).to_contain_text("已上报 · 尚未派遣")
    await expect(wall.by("urgent-card")).to_have_class(re.compile("pointed"))
    await expect(wall.by("tile-320508019")).to_have_class(re.compile("pointed"))
    await expect(desk.by("wall-shows")).to_contain_text("大屏聚焦：燃气泄漏")

    await server.kill()
    await expect(wall.by("connection")).not_to_have_attribute("data-state", "open")
    await server.start()
    await wall.follows(2)
    await expect(strip).to_have_attribute("data-version", "1")  # told again how it stands

    await desk.follows(2)
    await desk.by("focus-more").click()
    await desk.page.get_by_label("双塔街道", exact=True).check()
    await desk.by("focus-send").click()
    await expect(strip).to_have_attribute("data-kind", "DIVISION")
    await expect(strip).to_contain_text("值班台聚焦：苏州市姑苏区双塔街道")
    await expect(wall.by("urgent-card")).not_to_have_class(re.compile("pointed"))
    await desk.by("wall-shows").get_by_role("button", name="收回").click()
    await expect(strip).to_have_count(0)
    await expect(desk.by("wall-shows")).to_have_count(0)
    wall.hold_its_promises()
    desk.hold_its_promises()


async def test_a_shift_is_handed_over_from_one_desk_to_the_next(server: Server, open_desk: OpenDesk) -> None:
    await server.start()
    people = server.cast()
    case = await people.intake.act("caseRegister", await hand_in(people, matter=GAS))
    going = await open_desk(
        server, server.person((Role.SHIFT_LEADER, COUNTY), name="早班"), address="#queue=handover"
    )
    coming = await open_desk(
        server, server.person((Role.SHIFT_LEADER, COUNTY), name="中班"), address="#queue=handover"
    )
    await going.page.get_by_role("button", name="开始值班").click()
    await expect(coming.by("handover")).to_have_attribute("data-state", "ON_DUTY")
    await expect(coming.by("handover")).to_contain_text("早班")

    await going.page.get_by_role("button", name="签名交班").click()
    await expect(going.by("handover-trouble")).to_contain_text("还有 1 件紧急事件无人确认")
    await going.by("handover-item").first.click()
    await going.shows_case(case["number"], "REGISTERED", 2)
    await going.press("ACKNOWLEDGE")
    await going.shows_case(case["number"], "REGISTERED", 3)
    await going.page.get_by_label("交班说明").fill("燃气事件等待派遣")
    await going.page.get_by_role("button", name="签名交班").click()

    await expect(coming.by("handover")).to_have_attribute("data-state", "HANDED_OVER")
    await expect(coming.by("handover")).to_contain_text("燃气事件等待派遣")
    await expect(coming.by("handover-item").first).to_have_attribute("data-case-number", case["number"])
    await coming.page.get_by_role("button", name="签名接班").click()

    await expect(going.by("handover")).to_have_attribute("data-state", "ON_DUTY")
    await expect(going.by("handover")).to_contain_text("中班")
    going.hold_its_promises()
    coming.hold_its_promises()


async def test_a_case_is_expedited_and_its_unit_replies(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    case = await bring_to(people, "IN_PROGRESS")
    address = f"#queue=all&case={case['id']}"
    leader = await open_desk(standing, standing.person((Role.SHIFT_LEADER, COUNTY)), address=address)
    unit = await open_desk(standing, standing.person((Role.HANDLER, UNIT)), address="#queue=expedited")
    await leader.shows_case(case["number"], "IN_PROGRESS", 5)
    await unit.follows()
    await unit.queue("expedited", 0)

    await leader.press("EXPEDITE")
    await leader.by("action-form").get_by_text("重点督办").click()
    await leader.by("action-form").get_by_label("原因").fill("临近学校，今天必须恢复通行")
    await leader.by("send").click()
    await leader.shows_case(case["number"], "IN_PROGRESS", 6)
    await expect(leader.by("expedite-order")).to_contain_text("待答复")

    await unit.queue("expedited", 1)
    await unit.line(case["number"]).click()
    await expect(unit.by("expedite-order")).to_contain_text("临近学校，今天必须恢复通行")
    await unit.by("reply-expedite").click()
    await unit.by("action-form").get_by_label("督办答复").fill("今晚封闭施工，明早放行")
    await unit.by("send").click()

    await unit.queue("expedited", 0)
    await expect(leader.by("expedite-order")).to_contain_text("答复：今晚封闭施工，明早放行")
    leader.hold_its_promises()
    unit.hold_its_promises()


async def test_a_commander_rules_between_two_units(standing: Server, open_desk: OpenDesk) -> None:
    people = standing.cast()
    units = standing.city.departments
    case = await bring_to(people, "DISPATCHED")
    await people.handler.act("caseReturn", case, reason="不归我们管", proposedDepartment=units[OTHER_UNIT])
    case = await people.dispatcher.act("caseDispatch", later(case), department=units[OTHER_UNIT])
    await people.other_handler.act("caseReturn", case, reason="应由城管办", proposedDepartment=units[UNIT])
    desk = await open_desk(standing, standing.person((Role.COMMANDER, COUNTY)), address="#queue=breaks")

    found = desk.by("loop-break").filter(has_text="退回分歧")
    await expect(found).to_contain_text("姑苏区城管局：应由姑苏区住建局办；姑苏区住建局：应由姑苏区城管局办")
    await found.get_by_role("button", name="裁定").click()
    await expect(desk.by("action-form")).to_have_attribute("data-action", "RULE")
    await expect(desk.by("ruling-due")).to_contain_text("须由姑苏区指挥长或其上级裁定")
    await expect(desk.by("unit-view")).to_have_count(2)
    await desk.page.get_by_role("button", name="裁定由姑苏区城管局承办").click()
    form = desk.by("action-form")
    await expect(form.get_by_role("combobox")).to_have_value("姑苏区城管局")
    await form.get_by_label("原因").fill("路面养护在城管职责清单内")
    await desk.by("send").click()

    await desk.shows_case(
        case["number"], "DISPATCHED", case["version"] + 3
    )  # the return, its expedite order, the ruling
    await expect(found).to_have_count(0)  # repaired
    await expect(desk.by("ruling")).to_contain_text("姑苏区裁定：由姑苏区城管局承办")
    desk.hold_its_promises()


async def test_a_template_fills_the_response_and_is_completed_by_a_person(
    standing: Server, open_desk: OpenDesk
) -> None:
    people = standing.cast()
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    address = f"#queue=handle&case={case['id']}"
    desk = await open_desk(standing, standing.person((Role.HANDLER, UNIT)), address=address)
    await desk.shows_case(case["number"], "IN_PROGRESS", 5)

    await desk.press("RESPOND")
    form = desk.by("action-form")
    await desk.by("send").click()
    await expect(form).to_contain_text("请填写标红的内容")
    assert (await on_server(people, case))["version"] == 5

    await form.get_by_label("给上报人的回应").fill("正在处理，预计……前完成。")
    await desk.by("send").click()
    await expect(form).to_contain_text("把“……”处补充完整")
    await form.get_by_label("给上报人的回应").fill("正在处理，预计今晚八点前完成。")
    await desk.by("send").click()

    await desk.shows_case(case["number"], "IN_PROGRESS", 6)
    await expect(desk.by("case-panel")).to_contain_text("正在处理，预计今晚八点前完成。")
    desk.hold_its_promises()
