"""A grid worker's day on which everything goes wrong: the line, the token, the grid, the server, the phone itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import FilePayload, Route, expect
from sqlalchemy import false, literal, null

from db.tables import Case
from db.vocabulary import Role
from tests.browser.conftest import SECONDS, Caller, OpenPage, Server
from tests.browser.many import again
from tests.browser.test_worker import PATIENCE, Phone, handed_in, open_phone, shot, worker
from tests.city import POTHOLE, add_worker
from tests.stories.walks import FAR_GRID, GRID, hand_in

pytestmark = pytest.mark.browser

NEIGHBOUR = "320508019044002"
DAY = ("楼道堆物🚲,消防通道只剩半米宽", "井盖松动，走上去会响", "东门路灯不亮：" + "夜里老人摔过一次，" * 20)
HERE = {"longitude": 120.6201, "latitude": 31.3156}
PLACED = """{ myCases(first: 100) { edges { node {
  number description isSelfHandled point { longitude latitude } evidence { kind } timeline { action } } } } }"""
LONG_AGO = {"state": literal("CLOSED"), "is_open": false(), "clock_runs": false(), "timer_at": null()}


async def says(server: Server, token: str) -> list[dict[str, Any]]:
    """Everything of theirs the server knows, oldest first."""
    edges = (await Caller(server.http, token).ask(PLACED))["myCases"]["edges"]
    return sorted((edge["node"] for edge in edges), key=lambda node: node["number"])


async def write(phone: Phone, description: str) -> None:
    await phone.go("new")
    await phone.by("photos-BEFORE").set_input_files(shot("前.png"))
    await expect(phone.by("photo")).to_have_count(1)
    await phone.by("description").fill(description)


async def settle(phone: Phone, description: str) -> None:
    await write(phone, description)
    await phone.by("matter").fill("道路")
    await phone.by("matter-choice").first.click()
    await phone.by("settled").check()
    await phone.by("photos-AFTER").set_input_files(shot("后.png"))
    await phone.by("disposition").fill(f"已处理：{description[:6]}")
    await expect(phone.by("photo")).to_have_count(2)


async def works(server: Server, token: str, grid: str) -> None:
    """Waits until the server knows whose grid it is now."""
    speaker = Caller(server.http, token)
    async with asyncio.timeout(SECONDS):
        while (await speaker.ask("{ myGrids { code } }"))["myGrids"] != [{"code": grid}]:  # noqa: ASYNC110  # it polls
            await asyncio.sleep(0.05)


async def is_cut_off(phone: Phone) -> None:
    await expect(phone.by("connection")).to_contain_text("没有连上服务器")


async def test_a_whole_day_without_a_line_arrives_once_and_in_order(standing: Server, open_page: OpenPage) -> None:
    token = worker(standing, "己")
    phone = await open_phone(open_page, standing, token)
    await phone.page.context.grant_permissions(["geolocation"], origin=standing.url)
    await phone.page.context.set_geolocation({"longitude": HERE["longitude"], "latitude": HERE["latitude"]})
    await phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    await phone.go("new")
    await phone.by("matter").click()
    await expect(phone.by("matter-choice").first).to_be_visible()
    await phone.loses_its_line()
    await is_cut_off(phone)

    for n, description in enumerate(DAY, 1):
        await settle(phone, description)
        if n == 1:
            await phone.by("locate").click()
            await expect(phone.by("spot")).to_have_attribute("data-known", "true")
        await phone.by("send").dblclick()
        await expect(phone.by("entry")).to_have_count(2 * n)
    await phone.go("today")
    await phone.keeps_its_promises()
    await phone.page.reload()  # it was put into a pocket and taken out again
    await is_cut_off(phone)
    await phone.go("outbox")
    await expect(phone.by("entry")).to_have_count(6)
    assert await says(standing, token) == []
    await phone.finds_its_line()

    await phone.delivers(6)
    cases = await says(standing, token)
    assert [case["description"] for case in cases] == list(DAY)
    for case in cases:
        assert case["isSelfHandled"]
        assert sorted(photo["kind"] for photo in case["evidence"]) == ["AFTER", "BEFORE"]
        assert [step["action"] for step in case["timeline"]][:2] == ["SUBMIT", "SELF_HANDLE"]
    assert cases[0]["point"] == HERE
    await phone.is_connected()
    await phone.keeps_its_promises()


async def test_a_token_that_ends_costs_nothing_that_was_written(standing: Server, open_page: OpenPage) -> None:
    token = worker(standing, "庚")
    phone = await open_phone(open_page, standing, token)
    await phone.loses_its_line()
    await write(phone, "写完时令牌到期")
    await phone.by("send").click()
    await expect(phone.by("entry")).to_have_count(1)
    await write(phone, "才写了一半")
    await standing.take_back(token)

    await phone.finds_its_line()

    box = phone.by("token-box")
    await expect(box).to_contain_text("填写的和待发送的内容都还在", timeout=PATIENCE)
    await phone.keeps_its_promises()
    token = worker(standing, "庚")
    await box.locator("input").fill(token)
    await box.get_by_role("button", name="进入").click()
    await expect(phone.by("description")).to_have_value("才写了一半")
    await expect(phone.by("photo")).to_have_count(1)
    await phone.go("outbox")
    await phone.delivers(1)
    assert len(await handed_in(standing, token, "写完时令牌到期")) == 1


async def test_a_grid_that_is_taken_away_takes_no_words_with_it(standing: Server, open_page: OpenPage) -> None:
    people = standing.cast()
    token = worker(standing, "辛")
    phone = await open_phone(open_page, standing, token)
    await expect(phone.page.locator("header")).to_contain_text("第1网格")
    case = await people.intake.act("caseAccept", await hand_in(people, matter=POTHOLE, description="请核实"))
    await people.intake.act("caseRequestVerification", case, assignee="GRID_WORKER")
    await phone.card(case["number"]).click()
    await phone.loses_its_line()
    await phone.by("answer-VERIFY").get_by_text("属实", exact=True).click()
    await phone.by("note").fill("坑深二十公分")
    await phone.by("answer").click()
    await expect(phone.by("case-pending")).to_contain_text("等待发送")
    await write(phone, "网格调整前发现的")
    await phone.by("send").click()
    await expect(phone.by("entry")).to_have_count(2)
    await standing.say(token, (Role.GRID_WORKER, GRID, False), (Role.GRID_WORKER, NEIGHBOUR, True))
    await works(standing, token, NEIGHBOUR)

    await phone.finds_its_line()

    await expect(phone.page.locator("header")).to_contain_text("第2网格", timeout=PATIENCE)
    await expect(phone.by("sent-one")).to_have_count(
        1, timeout=PATIENCE
    )  # whoever finds something may say so anywhere
    await expect(phone.by("entry")).to_have_attribute("data-state", "refused", timeout=PATIENCE)
    await expect(phone.by("why")).to_contain_text("已不在您的网格内")
    await expect(phone.by("written")).to_contain_text("坑深二十公分")
    await expect(phone.by("amend")).to_have_count(0)
    assert len(await handed_in(standing, token, "网格调整前发现的")) == 1
    await phone.keeps_its_promises()

    # No grid at all any more: nothing of it stays in sight, what was written does.
    await phone.go("mine")
    await standing.say(token, (Role.GRID_WORKER, NEIGHBOUR, False), (Role.RESIDENT, "xin", True))
    await expect(phone.by("no-role")).to_contain_text("没有网格员", timeout=PATIENCE)
    await expect(phone.by("case-card")).to_have_count(0)
    await expect(phone.by("change-token")).to_be_visible()
    await phone.keeps_its_promises()
    await phone.by("no-role").get_by_role("link").click()
    await expect(phone.by("written")).to_contain_text("坑深二十公分")


async def test_a_server_that_dies_in_a_submission_and_ten_thousand_cases(server: Server, open_page: OpenPage) -> None:
    await server.start()
    token = worker(server, "壬")
    phone = await open_phone(open_page, server, token)
    await expect(phone.by("empty")).to_contain_text("今天没有要做的事")
    await phone.keeps_its_promises()
    await phone.go("mine")
    await expect(phone.by("empty")).to_contain_text("您还没有上报过")
    await phone.keeps_its_promises()
    tries = []

    async def die(route: Route) -> None:
        if "mutation Submit" in (route.request.post_data or ""):
            tries.append((route.request.post_data_json or {})["variables"]["input"]["idempotencyKey"])
            if len(tries) == 1:
                await route.fetch()  # it is done, and nobody hears of it
                await server.kill()
                return await route.abort()
        await route.continue_()

    await phone.page.route("**/graphql", die)
    await write(phone, "服务器断电时发出的")
    await phone.by("send").dblclick()
    await is_cut_off(phone)
    await expect(phone.by("entry")).to_have_count(1)
    await again(server, Case.__table__, **LONG_AGO)  # type: ignore[attr-defined]
    await server.start()

    await phone.delivers(1)
    assert len(set(tries)) == 1
    await phone.is_connected()
    await phone.page.unroute("**/graphql")

    await phone.go("mine")
    await expect(phone.by("case-card")).to_have_count(30)
    for count in (60, 90):
        await phone.by("earlier").click()
        await expect(phone.by("case-card")).to_have_count(count)
    people = server.cast()
    case = await hand_in(people, by=Caller(server.http, token), matter=POTHOLE, description="刚又发现一处")
    await expect(phone.card(case["number"])).to_be_visible()  # by itself, and nobody is thrown back to the top
    await expect(phone.by("case-card")).to_have_count(91)
    await phone.by("case-card").last.click()
    await expect(phone.by("case")).to_be_visible()
    await phone.page.go_back()
    await expect(phone.by("case-card")).to_have_count(91)
    await phone.keeps_its_promises()
    phone.hold_its_promises()


async def test_a_phone_that_says_no_and_a_slow_line_are_no_obstacle(standing: Server, open_page: OpenPage) -> None:
    token = worker(standing, "癸")
    phone = await open_phone(open_page, standing, token)
    await write(phone, "定位不开、照片选错、网络又慢👵🏼")
    await phone.by("locate").click()
    await expect(phone.by("spot-denied")).to_contain_text("不定位也能提交")
    await phone.by("photos-BEFORE").set_input_files(
        [
            FilePayload(name="说明.txt", mimeType="text/plain", buffer=b"words"),
            FilePayload(name="坏的.png", mimeType="image/png", buffer=b"no picture"),
        ]
    )
    await expect(phone.by("photo-trouble")).to_contain_text("「坏的.png」不是照片")
    await expect(phone.by("photo")).to_have_count(1)
    await phone.keeps_its_promises()
    await phone.go("today")
    await phone.page.go_back()
    await expect(phone.by("description")).to_have_value("定位不开、照片选错、网络又慢👵🏼")
    sent, may_go = [], asyncio.Event()

    async def crawl(route: Route) -> None:
        if "mutation Submit" in (route.request.post_data or ""):
            sent.append(route)
            await may_go.wait()
        await route.continue_()

    await phone.page.route("**/graphql", crawl)
    await phone.by("send").dblclick()
    await expect(phone.by("entry")).to_have_attribute("data-state", "sending")
    await phone.go("new")
    await expect(phone.by("description")).to_have_value("")
    await phone.go("outbox")
    may_go.set()

    await phone.delivers(1)
    assert len(sent) == 1
    [case] = await says(standing, token)
    assert case["point"] is None
    assert [photo["kind"] for photo in case["evidence"]] == ["BEFORE"]
    phone.hold_its_promises()


async def test_who_takes_over_from_somebody_sees_what_they_handed_in(standing: Server, open_page: OpenPage) -> None:
    people = standing.cast()
    old = worker(standing, "老周")
    new = standing.person((Role.GRID_WORKER, FAR_GRID), name="小吴")
    async with standing.behind_its_back() as town:
        for code, grid, token in (("W-OLD", GRID, old), ("W-NEW", FAR_GRID, new)):
            await add_worker(town, code, grid, account=standing.tokens.read(token).subject, name="周工")
    case = await hand_in(people, by=Caller(standing.http, old), matter=POTHOLE, description="交接前上报的")
    phone = await open_phone(open_page, standing, new)
    await phone.go("mine")
    await expect(phone.by("empty")).to_be_visible()

    payload = await people.leader.do(
        "workerHandOver", "__typename", **{"from": "W-OLD", "to": "W-NEW", "reason": "调离"}
    )

    assert payload["userErrors"] == []
    await expect(phone.card(case["number"])).to_be_visible()
    await phone.keeps_its_promises()
