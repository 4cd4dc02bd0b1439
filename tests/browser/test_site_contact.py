"""Whom to ask for at the place: given at the desk, seen on phone and link, gone when the order is over."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from db.vocabulary import Role
from tests.browser.conftest import Desk, OpenDesk, OpenPage, Server
from tests.browser.orders import OUT, PATIENCE, STAFF, fits, offer, shows
from tests.stories.walks import UNIT

pytestmark = pytest.mark.browser


async def test_a_department_says_whom_to_ask_for_and_the_provider_can_call_until_the_order_is_over(
    standing: Server, open_desk: OpenDesk, open_provider: OpenDesk, open_page: OpenPage
) -> None:
    people = standing.cast()
    case = await offer(people)
    link = (await people.handler.do("workOrderLinkCreate", "token", workOrderId=case["order"]))["token"]
    await people.provider.do("workOrderAccept", workOrderId=case["order"])
    phone = await open_provider(standing, standing.person(STAFF), address=f"#order={case['order']}")
    await shows(phone, "ACCEPTED")
    await expect(phone.by("site-contact")).to_have_count(0)
    desk = await open_desk(standing, standing.person((Role.HANDLER, UNIT)), address=f"#queue=all&case={case['id']}")

    await desk.by("order-WORK_ORDER_SET_CONTACT").click()
    form = desk.by("action-form")
    await form.get_by_label("找谁").fill("物业服务中心")
    await form.get_by_label("电话").fill("0512-65001234")
    await form.get_by_label("何时联系").fill("工作日 9 时至 17 时")
    await desk.by("send").click()

    await expect(desk.by("work-order").get_by_test_id("site-contact")).to_contain_text("0512-65001234")
    there = phone.by("site-contact")
    await expect(there).to_contain_text("物业服务中心", timeout=PATIENCE)
    await expect(there.get_by_role("link")).to_have_attribute("href", "tel:051265001234")
    OUT.mkdir(exist_ok=True)
    await fits(phone, "contact")
    firm: Desk = await open_page(lambda page: Desk(page, standing.url), width=390, height=844)
    await firm.page.goto(f"{standing.url}/provider/order#{link}")
    await expect(firm.by("site-contact").get_by_role("link")).to_have_attribute("href", "tel:051265001234")

    await people.provider.do("workOrderSubmit", workOrderId=case["order"], result="已修补", evidence=[])
    await shows(phone, "SUBMITTED")
    await expect(there).to_contain_text("物业服务中心")
    await people.handler.do("workOrderAcceptResult", workOrderId=case["order"])
    await shows(phone, "ACCEPTED_DONE")
    await expect(there).to_have_count(0)
    await expect(desk.by("work-order").get_by_test_id("site-contact")).to_have_count(0, timeout=PATIENCE)
    await expect(firm.by("site-contact")).to_have_count(0, timeout=PATIENCE)
    phone.hold_its_promises()
    desk.hold_its_promises()
