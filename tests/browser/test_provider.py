"""A service provider at work: a real server, a real browser the size of a phone, lines that break."""

from __future__ import annotations

import pytest
from playwright.async_api import Route, expect

from db.vocabulary import Role
from tests.browser.conftest import Desk, OpenDesk, OpenPage, Server
from tests.browser.orders import AFTER, BEFORE, LONG, OUT, PATIENCE, STAFF, fits, look, offer, row, shows, steps

pytestmark = pytest.mark.browser


A_BUSY_PHONE = "() => { const go = history.back.bind(history); history.back = () => setTimeout(go, 2000); }"


async def test_an_order_is_worked_from_a_phone_although_the_line_is_cut(
    standing: Server, open_provider: OpenDesk
) -> None:
    people = standing.cast()
    phone = await open_provider(standing, standing.person(STAFF))
    await expect(phone.by("order-list")).to_be_visible()
    case = await offer(people)
    await phone.by("group-offered").click()
    await row(phone, case).get_by_role("button").click()  # it came by itself
    await phone.by("action-WORK_ORDER_ACCEPT").dblclick()
    await shows(phone, "ACCEPTED")
    await phone.by("action-WORK_ORDER_SCHEDULE").hover()
    await phone.page.mouse.down(click_count=2)  # a slow double tap ends on what has come under the finger
    await phone.page.mouse.up(click_count=2)
    await expect(phone.by("action-form")).to_have_count(0)

    await phone.by("action-WORK_ORDER_SUBMIT").click()
    await phone.by("action-form").get_by_label("完成情况").fill("坑槽已切割清底并热补，标线已恢复。")
    await phone.page.go_back()
    await expect(phone.by("action-form")).to_have_count(0)
    await phone.by("action-WORK_ORDER_SUBMIT").click()
    await expect(phone.by("action-form").get_by_label("完成情况")).to_have_value("坑槽已切割清底并热补，标线已恢复。")
    await phone.by("photo-BEFORE").set_input_files([BEFORE])
    await phone.by("photo-AFTER").set_input_files([AFTER])
    await expect(phone.by("photo")).to_have_count(2)
    await phone.page.context.set_offline(True)
    await phone.page.evaluate(A_BUSY_PHONE)
    await phone.by("send").dblclick()
    await expect(phone.page.get_by_text("已保存在这台设备上")).to_be_visible()
    await phone.page.mouse.down(click_count=3)  # the form is still there, but has gone back already
    await phone.page.mouse.up(click_count=3)

    await expect(phone.by("kept")).to_have_attribute("data-action", "WORK_ORDER_SUBMIT")
    assert await steps(people, case) == ["WORK_ORDER_ACCEPT"]

    await phone.page.context.set_offline(False)
    await shows(phone, "SUBMITTED")
    await expect(phone.by("kept")).to_have_count(0)
    now = await look(people, case)
    assert await steps(people, case) == ["WORK_ORDER_ACCEPT", "WORK_ORDER_SUBMIT"]
    assert sorted(one["kind"] for one in now["evidence"]) == ["AFTER", "BEFORE"]

    # The department finds it wanting; that is on the phone by itself.
    rejected = await people.handler.do(
        "workOrderRejectResult",
        workOrderId=case["order"], expectedVersion=now["version"], reason="边缘未压实", clause="养护标准第4.2条",
    )  # fmt: skip
    assert rejected["userErrors"] == []
    await expect(phone.by("rejected")).to_contain_text("养护标准第4.2条")
    phone.hold_its_promises()


async def test_what_was_sent_and_never_answered_is_sent_again_and_done_once(
    standing: Server, open_provider: OpenDesk
) -> None:
    people = standing.cast()
    case = await offer(people)
    phone = await open_provider(standing, standing.person(STAFF), address=f"#order={case['order']}")
    await shows(phone, "OFFERED")
    keys = []

    async def swallow(route: Route) -> None:
        said = route.request.post_data or ""
        if "workOrderAccept" not in said:
            return await route.continue_()
        keys.append((route.request.post_data_json or {})["variables"]["input"]["idempotencyKey"])
        if len(keys) > 1:
            return await route.continue_()
        await route.fetch()  # it is done, and nobody hears of it
        await route.abort()

    await phone.page.route("**/graphql", swallow)
    await phone.by("action-WORK_ORDER_ACCEPT").click()
    await shows(phone, "ACCEPTED")
    await expect(phone.by("kept")).to_have_count(0, timeout=PATIENCE)

    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert await steps(people, case) == ["WORK_ORDER_ACCEPT"]


async def test_a_batch_is_accepted_and_one_that_was_cancelled_meanwhile_says_so(
    standing: Server, open_provider: OpenDesk
) -> None:
    people = standing.cast()
    cases = [await offer(people, f"批量任务 {n}") for n in range(3)]
    phone = await open_provider(standing, standing.person(STAFF), address="#group=offered")
    for case in cases:
        await row(phone, case).get_by_role("checkbox").check()
    await phone.page.context.set_offline(True)
    await phone.by("accept-batch").click()
    gone = cases[1]
    done = await people.handler.do(
        "workOrderCancel", workOrderId=gone["order"], expectedVersion=gone["version"], reason="改由自有队伍处置"
    )
    assert done["userErrors"] == []
    await phone.page.context.set_offline(False)

    await phone.by("tab-outbox").click()
    stuck = phone.page.locator('[data-testid="kept"][data-state="refused"]')
    await expect(stuck).to_have_count(1, timeout=PATIENCE)
    await expect(phone.by("kept")).to_have_count(1, timeout=PATIENCE)
    await expect(stuck).to_contain_text("批量任务 1")
    await stuck.get_by_test_id("discard").click()
    await stuck.get_by_test_id("discard-surely").click()
    await expect(phone.by("outbox-empty")).to_be_visible()
    assert [await steps(people, one) for one in cases] == [
        ["WORK_ORDER_ACCEPT"], ["WORK_ORDER_CANCEL"], ["WORK_ORDER_ACCEPT"],
    ]  # fmt: skip


async def test_what_one_person_has_written_is_not_sent_under_another_s_name(
    standing: Server, open_provider: OpenDesk
) -> None:
    people = standing.cast()
    case = await offer(people)
    chen = standing.person(STAFF, name="陈师傅")
    phone = await open_provider(standing, chen, address=f"#order={case['order']}")
    await shows(phone, "OFFERED")
    await phone.page.context.set_offline(True)
    await phone.by("action-WORK_ORDER_ACCEPT").click()
    await expect(phone.by("kept")).to_have_count(1)
    await standing.take_back(chen)
    await phone.page.context.set_offline(False)

    box = phone.by("token-box")
    await expect(box).to_contain_text("令牌已到期或被收回", timeout=PATIENCE)
    await box.locator("input").fill(standing.person(STAFF, name="王师傅"))
    await box.get_by_role("button", name="进入工作台").click()
    await expect(box).to_have_count(0)
    await expect(phone.by("action-WORK_ORDER_ACCEPT")).to_be_visible()
    assert await steps(people, case) == []

    # Whoever has no part in it is told so.
    await standing.take_back(chen)
    desk = await open_provider(standing, standing.person((Role.DISPATCHER, "320508")))
    await expect(desk.page.get_by_role("button", name="更换令牌")).to_be_visible()


async def test_the_pages_fit_phones_and_offices_and_axe_finds_nothing(
    server: Server, open_provider: OpenDesk
) -> None:
    await server.start()
    people = server.cast()
    phone = await open_provider(server, server.person(STAFF, name="陈师傅"))
    await expect(phone.by("list-empty")).to_contain_text("没有等待接单的任务")
    case = await offer(people, LONG, dueAt="2099-06-01T18:00:00+08:00")
    cut = await offer(people, "更换井盖")
    await expect(phone.by("group-offered")).to_have_attribute("data-count", "2")
    await row(phone, cut).get_by_role("button").click()
    await phone.by("action-WORK_ORDER_ACCEPT").click()
    await shows(phone, "ACCEPTED")
    await phone.by("action-WORK_ORDER_SUBMIT").click()
    await phone.by("photo-BEFORE").set_input_files([BEFORE])
    await phone.by("photo-AFTER").set_input_files([AFTER])
    await phone.by("send").click()  # the words are missing
    await expect(phone.by("photo")).to_have_count(2)
    OUT.mkdir(exist_ok=True)
    await fits(phone, "form")
    await phone.page.get_by_role("button", name="返回").last.click()
    await phone.by("back").click()
    await fits(phone, "list")
    await row(phone, case).get_by_role("button").click()
    await shows(phone, "OFFERED")
    await fits(phone, "order")
    await phone.page.set_viewport_size({"width": 1366, "height": 768})
    await phone.by("tab-log").click()
    await fits(phone, "log")
    await phone.by("tab-outbox").click()
    await fits(phone, "outbox")
    phone.hold_its_promises()


async def test_a_firm_without_an_account_works_one_order_by_its_link(standing: Server, open_page: OpenPage) -> None:
    people = standing.cast()
    case = await offer(people, "清运绿化垃圾")
    made = await people.handler.do("workOrderLinkCreate", "token", workOrderId=case["order"])
    phone: Desk = await open_page(lambda page: Desk(page, standing.url), width=390, height=844)
    await phone.page.goto(f"{standing.url}/provider/order#{made['token']}")
    await phone.by("say-ACCEPT").dblclick()
    await expect(phone.by("order-state")).to_have_attribute("data-state", "ACCEPTED")
    await phone.by("say-START").click()
    await expect(phone.by("order-state")).to_have_attribute("data-state", "IN_PROGRESS")
    await phone.by("say-SUBMIT").click()
    await phone.by("action-form").get_by_label("完成情况").fill("已清运，现场已冲洗。")
    await phone.by("photo-AFTER").set_input_files([AFTER])
    await expect(phone.by("photo")).to_have_count(1)
    OUT.mkdir(exist_ok=True)
    await fits(phone, "link")
    await phone.page.context.set_offline(True)
    await phone.by("send").dblclick()
    await expect(phone.by("kept")).to_have_count(1)
    await phone.page.context.set_offline(False)

    await expect(phone.by("order-state")).to_have_attribute("data-state", "SUBMITTED", timeout=PATIENCE)
    await expect(phone.by("kept")).to_have_count(0)
    assert await steps(people, case) == [
        "WORK_ORDER_NOTE", "WORK_ORDER_ACCEPT", "WORK_ORDER_START", "WORK_ORDER_SUBMIT"
    ]  # fmt: skip
    assert [one["kind"] for one in (await look(people, case))["evidence"]] == ["AFTER"]
    phone.hold_its_promises()

    gone: Desk = await open_page(lambda page: Desk(page, standing.url), width=390, height=844)
    await gone.page.goto(f"{standing.url}/provider/order#nonsense")
    await expect(gone.by("link-over")).to_contain_text("请联系委托部门")
