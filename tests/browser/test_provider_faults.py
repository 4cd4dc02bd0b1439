"""A service provider's desk when everything goes wrong: line, socket, token, role, server, link."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Route, WebSocketRoute, expect
from sqlalchemy import String, cast, literal, null

from db.clock import now
from db.tables import Case, WorkOrder
from db.vocabulary import Role
from tests.browser.accessible import barriers
from tests.browser.conftest import SECONDS, Caller, Desk, OpenDesk, OpenPage, Server
from tests.browser.many import MANY, N, again
from tests.browser.orders import AFTER, BEFORE, PATIENCE, STAFF, look, offer, row, shows, steps
from tests.browser.test_provider_firm import item_with_proof, proofs_of
from tests.browser.test_wall import SCROLLS
from tests.stories.walks import Cast

pytestmark = pytest.mark.browser


async def is_fit(desk: Desk) -> None:
    assert await barriers(desk.page) == []
    assert not await desk.page.evaluate(SCROLLS)
    assert desk.foreign == []


async def sign_in(desk: Desk, token: str) -> None:
    box = desk.by("token-box")
    await box.locator("input").fill(token)
    await box.get_by_role("button", name="进入工作台").click()
    await expect(box).to_have_count(0)


async def test_ten_thousand_orders_and_a_server_that_dies_in_a_submission(
    server: Server, open_provider: OpenDesk
) -> None:
    await server.start()
    people = server.cast()
    case = await offer(people, "修补东门路面")
    cases, orders = Case.__table__, WorkOrder.__table__  # type: ignore[attr-defined]
    await again(server, cases, timer_at=null())
    task = literal("修补第 ") + cast(N, String) + " 处"
    await again(server, orders, case_id=orders.c.case_id + N, task=task, offer_until=null())
    office = await open_provider(
        server, server.person(STAFF), width=1366, height=768, address=f"#group=offered&order={case['order']}"
    )
    await shows(office, "OFFERED")  # long before the list is whole
    tries = []

    async def die(route: Route) -> None:
        if "workOrderAccept" in (route.request.post_data or ""):
            tries.append((route.request.post_data_json or {})["variables"]["input"]["idempotencyKey"])
            if len(tries) == 1:
                await route.fetch()  # it is done, and nobody hears of it
                await server.kill()
                return await route.abort()
        await route.continue_()

    await office.page.route("**/graphql", die)
    await office.by("action-WORK_ORDER_ACCEPT").dblclick()
    await expect(office.by("line-broken")).to_contain_text("恢复后自动发出一次")
    await expect(office.by("kept")).to_have_count(1)
    await is_fit(office)
    await server.start()

    await shows(office, "ACCEPTED")
    await expect(office.by("kept")).to_have_count(0, timeout=PATIENCE)
    assert len(set(tries)) == 1
    assert await steps(people, case) == ["WORK_ORDER_ACCEPT"]
    await office.page.unroute("**/graphql")
    await expect(office.by("group-offered")).to_have_attribute(
        "data-count", re.compile(r"\d{4,}"), timeout=2 * PATIENCE
    )
    assert await office.by("order-row").count() < 30  # only those in sight are drawn, and more come in below them
    await office.by("order-list").evaluate("box => { box.scrollTop = 499 * box.querySelector('li').offsetHeight; }")
    await expect(office.page.locator('[aria-posinset="500"]')).to_be_visible()
    await office.page.get_by_label("查找").fill(f"第 {MANY - 10} 处")
    await expect(office.by("order-row")).to_have_count(1)
    await is_fit(office)
    await office.page.get_by_label("查找").fill("哪里都没有")
    await expect(office.by("list-empty")).to_contain_text("没有与“哪里都没有”相符的任务")
    await is_fit(office)
    office.hold_its_promises()


async def test_a_net_that_forbids_sockets_is_borne_and_left_again(standing: Server, open_page: OpenPage) -> None:
    people = standing.cast()
    phone: Desk = await open_page(lambda page: Desk(page, standing.url), width=390, height=844)
    page, is_shut = phone.page, True
    await page.clock.install()

    async def shut_streams(route: Route) -> None:
        if is_shut and route.request.headers.get("accept") == "text/event-stream":
            return await route.abort()
        await route.continue_()

    async def shut_sockets(line: WebSocketRoute) -> None:
        if is_shut:
            await line.close()
        else:
            line.connect_to_server()

    await page.route("**/graphql", shut_streams)
    await page.route_web_socket("**/graphql", shut_sockets)
    await page.goto(f"{standing.url}/provider#group=offered")
    await sign_in(phone, standing.person(STAFF))
    await until_it_goes_by(phone, "polling")
    await expect(phone.by("line-slow")).to_contain_text("不影响办理")
    await is_fit(phone)
    first = await offer(people, "轮询时派来的")
    await page.clock.fast_forward(5_000)
    await expect(row(phone, first)).to_be_visible()

    is_shut = False
    await until_it_goes_by(phone, "socket")

    await expect(phone.by("line-slow")).to_have_count(0)
    second = await offer(people, "恢复后派来的")
    await expect(row(phone, second)).to_be_visible()
    await expect(row(phone, first)).to_be_visible()


async def until_it_goes_by(phone: Desk, way: str) -> None:
    """Minutes go by on the phone while it looks for a line that it may use."""
    for _ in range(100):
        if await phone.by("line").get_attribute("data-way") == way:
            break
        await phone.page.clock.fast_forward(3_000)
        await phone.page.evaluate("() => fetch('/readyz')")  # what has been asked meanwhile is answered
    await expect(phone.by("line")).to_have_attribute("data-way", way)
    await expect(phone.by("line")).to_have_attribute("data-state", "open")


async def test_who_is_no_longer_with_the_firm_loses_sight_and_nothing_written(
    standing: Server, open_provider: OpenDesk
) -> None:
    people = standing.cast()
    case = await offer(people, "清洗外墙")
    token = standing.person(STAFF, name="赵师傅")
    phone = await open_provider(standing, token, address=f"#order={case['order']}")
    await shows(phone, "OFFERED")
    await phone.page.context.set_offline(True)
    await expect(phone.by("line-broken")).to_be_visible()
    await phone.by("action-WORK_ORDER_ACCEPT").click()
    await expect(phone.by("kept")).to_have_count(1)
    await standing.take_back(token)

    await phone.page.context.set_offline(False)

    await expect(phone.by("token-box")).to_contain_text("令牌已到期或被收回", timeout=PATIENCE)
    assert await barriers(phone.page) == []
    token = standing.person(STAFF, name="赵师傅")
    await sign_in(phone, token)
    await shows(phone, "ACCEPTED")
    assert await steps(people, case) == ["WORK_ORDER_ACCEPT"]

    await standing.say(token, (*STAFF, False), (Role.RESIDENT, "zhao", True))

    await expect(phone.by("no-role")).to_contain_text("请联系贵单位管理员或委托部门", timeout=PATIENCE)
    await expect(phone.by("order-panel")).to_have_count(0)
    await is_fit(phone)
    await standing.say(token, (*STAFF, True))
    speaker = Caller(standing.http, token)
    async with asyncio.timeout(SECONDS):
        while "PROVIDER_STAFF" not in (await speaker.ask("{ viewer { roles } }"))["viewer"]["roles"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await phone.page.get_by_role("button", name="再看一次").click()
    await shows(phone, "ACCEPTED")


async def open_link(open_page: OpenPage, server: Server, token: str) -> Desk:
    phone: Desk = await open_page(lambda page: Desk(page, server.url), width=390, height=844)
    await phone.page.goto(f"{server.url}/provider/order#{token}")
    return phone


async def link_to(people: Cast, case: dict[str, Any], **more: Any) -> str:
    made = await people.handler.do("workOrderLinkCreate", "token", workOrderId=case["order"], **more)
    assert made["userErrors"] == [], made
    return str(made["token"])


async def test_a_link_proves_by_photos_and_says_when_it_is_over(standing: Server, open_page: OpenPage) -> None:
    people = standing.cast()
    case = await offer(people, "热补坑槽", catalogueItem=await item_with_proof(standing))
    phone = await open_link(open_page, standing, await link_to(people, case))
    await phone.page.context.grant_permissions(["geolocation"], origin=standing.url)
    await phone.page.context.set_geolocation({"longitude": 120.6201, "latitude": 31.3156})
    await phone.by("say-ACCEPT").click()
    await phone.by("say-START").click()
    await expect(phone.by("order-state")).to_have_attribute("data-state", "IN_PROGRESS", timeout=PATIENCE)
    await phone.by("say-SUBMIT").click()
    await phone.by("send").click()
    await expect(phone.by("action-form")).to_contain_text("还缺处置前、处置后照片")
    await is_fit(phone)
    started = now()
    await phone.by("action-form").get_by_label("完成情况").fill("已切割清底并热补🚧")
    await phone.by("photo-BEFORE").set_input_files([BEFORE])
    await phone.by("photo-AFTER").set_input_files([AFTER])
    await expect(phone.by("photo")).to_have_count(2)
    await phone.by("send").dblclick()

    await expect(phone.by("order-state")).to_have_attribute("data-state", "SUBMITTED", timeout=PATIENCE)
    proofs = await proofs_of(standing, case)
    assert [(one.kind, one.longitude, one.latitude) for one in proofs] == [
        ("AFTER", 120.6201, 31.3156), ("BEFORE", 120.6201, 31.3156),
    ]  # fmt: skip
    assert all(one.taken_at >= started - timedelta(minutes=1) for one in proofs)
    await is_fit(phone)

    # Ended, tampered with, missing: each time the same plain sentence, and nothing of the order.
    token = await link_to(people, case)
    claims = standing.tokens.read(token)
    ended = standing.tokens.issue(claims.subject, claims.realm, claims.grants, name="", lifetime=timedelta(hours=-1))
    for bad in (ended, token[:-3], ""):
        over = await open_link(open_page, standing, bad)
        await expect(over.by("link-over")).to_contain_text("请联系委托部门")
        await expect(over.by("order-state")).to_have_count(0)
    version = (await look(people, case))["version"]
    done = await people.handler.do(
        "workOrderAcceptResult", "__typename", workOrderId=case["order"], expectedVersion=version
    )
    assert done["userErrors"] == []
    used = await open_link(open_page, standing, token)
    await expect(used.by("order-state")).to_have_attribute("data-state", "ACCEPTED_DONE")
    await expect(used.by("nothing-to-do")).to_contain_text("已经结束")
    await is_fit(used)
    used.hold_its_promises()
