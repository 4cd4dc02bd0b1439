"""A firm at its desk: whom it sends out, where its photos were taken, what its own system was told."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import insert, select, update

from db.cases import attachments
from db.clock import now
from db.database import Database
from db.purchasing import items
from db.vocabulary import Role
from db.vocabulary.purchasing import TaskKind
from db.webhooks import deliveries
from schema import ids
from tests.browser.conftest import Caller, Desk, OpenDesk, Server
from tests.browser.orders import AFTER, BEFORE, PATIENCE, fits, offer, shows
from tests.city import POTHOLE, path_of
from tests.live.test_webhooks import Receiver
from tests.stories.walks import Cast

pytestmark = pytest.mark.browser

OFFICE = {"width": 1366, "height": 768}
SCHEDULED = "query ($id: ID!) { node(id: $id) { ... on WorkOrder { state crew { code } technician { code } } } }"


def manager(server: Server, firm: str = "SP-1") -> str:
    return server.person((Role.PROVIDER_ADMIN, firm), (Role.PROVIDER_STAFF, firm), name="管理员")


async def add(desk: Desk, kind: str, code: str, name: str, crew: str = "") -> None:
    await desk.by(f"add-{kind}").click()
    form = desk.by(f"form-{kind}")
    await form.get_by_label("编号").fill(code)
    await form.get_by_label("名称" if kind == "crew" else "姓名").fill(name)
    if crew:
        await form.get_by_label("班组").select_option(crew)
    await desk.by("staff-save").dblclick()


def line(desk: Desk, kind: str, code: str) -> Any:
    return desk.page.locator(f'[data-testid="{kind}"][data-code="{code}"]')


async def taken_on(people: Cast, **more: Any) -> dict[str, Any]:
    case = await offer(people, **more)
    accepted = await people.provider.do("workOrderAccept", "__typename", workOrderId=case["order"])
    assert accepted["userErrors"] == []
    return case


async def test_a_manager_keeps_the_crews_and_an_order_is_scheduled_by_name(
    standing: Server, open_provider: OpenDesk
) -> None:
    people = standing.cast()
    case = await taken_on(people)
    desk = await open_provider(standing, manager(standing), **OFFICE, address="#tab=crews")

    await add(desk, "crew", "B7", "抢修班🚧")
    await expect(line(desk, "crew", "B7")).to_have_count(1)
    await add(desk, "crew", "B7", "另一个班")
    await expect(desk.by("staff-trouble")).to_have_text("编号「B7」已是「抢修班🚧」的，请换一个。")
    await desk.by("form-crew").get_by_label("编号").fill("B8")
    await desk.by("staff-save").click()
    await expect(line(desk, "crew", "B8")).to_be_visible()
    await add(desk, "technician", "T71", "李工", "抢修班🚧（B7）")
    await expect(line(desk, "technician", "T71")).to_be_visible()
    await add(desk, "technician", "T72", "周工")
    await expect(line(desk, "technician", "T72")).to_be_visible()
    await line(desk, "crew", "B8").get_by_role("button", name="修改").click()
    await fits(desk, "crews")
    await desk.by("staff-turn").click()
    await expect(line(desk, "crew", "B8")).to_have_attribute("data-active", "false")

    await desk.page.goto(f"{standing.url}/provider#order={case['order']}&act=WORK_ORDER_SCHEDULE")
    form = desk.by("action-form")
    crew, technician = form.get_by_label("班组"), form.get_by_label("技工")
    await expect(crew.locator("option")).to_have_text(["请选择", "抢修班🚧（B7）", "一班（C1）"])
    await crew.select_option("抢修班🚧（B7）")
    await technician.select_option("李工（T71）")
    await crew.select_option("一班（C1）")
    await expect(technician.locator("option")).to_have_text(["不填", "周工（T72）"])
    await expect(technician).to_have_value("")
    await crew.select_option("抢修班🚧（B7）")
    await technician.select_option("李工（T71）")
    await form.get_by_label("预约开始").fill("2099-06-01T09:00")
    await desk.by("send").dblclick()

    await shows(desk, "SCHEDULED")
    await expect(desk.by("appointment")).to_contain_text("抢修班🚧 · 李工")
    order = (await people.handler.ask(SCHEDULED, id=case["order"]))["node"]
    assert order == {"state": "SCHEDULED", "crew": {"code": "B7"}, "technician": {"code": "T71"}}
    desk.hold_its_promises()

    worker = await open_provider(standing, standing.person((Role.PROVIDER_STAFF, "SP-1")), address="#tab=crews")
    await expect(line(worker, "technician", "T71")).to_contain_text("李工")
    await expect(worker.by("add-crew")).to_have_count(0)


async def test_a_photo_proves_when_and_where_it_was_taken(standing: Server, open_provider: OpenDesk) -> None:
    people = standing.cast()
    case = await taken_on(people, catalogueItem=await item_with_proof(standing))
    phone = await open_provider(standing, manager(standing), address=f"#order={case['order']}")
    await phone.by("action-WORK_ORDER_SUBMIT").click()
    await phone.by("action-form").get_by_label("完成情况").fill("已修补")
    await phone.by("photo-BEFORE").set_input_files([BEFORE])
    denied = phone.by("action-form").get_by_text("没有取得拍摄位置")
    await expect(denied).to_be_visible()  # the phone may not say where it is
    await phone.page.get_by_role("button", name="移除处置前照片").click()

    await phone.page.context.grant_permissions(["geolocation"], origin=standing.url)
    await phone.page.context.set_geolocation({"longitude": 120.6201, "latitude": 31.3156})
    started = now()
    await phone.by("photo-BEFORE").set_input_files([BEFORE])
    await phone.by("photo-AFTER").set_input_files([AFTER])
    await expect(phone.by("photo")).to_have_count(2)
    await expect(denied).to_have_count(0)
    await phone.by("send").click()

    await shows(phone, "SUBMITTED")
    proofs = await proofs_of(standing, case)
    assert [(one.kind, one.longitude, one.latitude) for one in proofs] == [
        ("AFTER", 120.6201, 31.3156), ("BEFORE", 120.6201, 31.3156),
    ]  # fmt: skip
    assert all(one.taken_at >= started - timedelta(minutes=1) for one in proofs)


async def proofs_of(server: Server, case: dict[str, Any]) -> list[Any]:
    db = Database(server.database_url)
    async with db.read() as session:
        order = ids.number(case["order"], "WorkOrder")
        rows = list(await session.execute(select(attachments).where(attachments.c.work_order_id == order)))
    await db.close()
    return sorted(rows, key=lambda row: str(row.kind))


async def item_with_proof(server: Server) -> str:
    """A catalogue item whose results have to show place and time; it may be there already."""
    db = Database(server.database_url)
    async with db.write() as session:
        known = (await session.execute(select(items.c.id).where(items.c.code == "G-PROOF"))).scalar_one_or_none()
        if known is None:
            row = {
                "code": "G-PROOF", "major_name": "公共服务", "middle_name": "样例", "minor_name": "道路修补（留痕）",
                "division_code": "32", "path": path_of("32"), "task_kind": TaskKind.MAINTENANCE, "unit": "处",
                "matter_id": ids.number(server.city.matters[POTHOLE], "Matter"), "ceiling_cents": 80_000,
                "qualifications": [], "needs_before_photo": True, "needs_after_photo": True,
                "valid_from": date(2024, 1, 1), "valid_to": date(2030, 12, 31),
            }  # fmt: skip
            known = (await session.execute(insert(items).values(row).returning(items.c.id))).scalar_one()
    await db.close()
    return ids.global_id("CatalogueItem", known)


async def test_a_dead_message_is_sent_again_by_one_press(standing: Server, open_provider: OpenDesk) -> None:
    people = standing.cast()
    owner = Caller(standing.http, manager(standing, "SP-2"))
    system = Receiver(answers=[500, 500])
    async with await asyncio.start_server(system.serve, "127.0.0.1", 0) as receiving:
        system.port = receiving.sockets[0].getsockname()[1]
        firm = standing.city.providers["SP-2"]
        made = await owner.do("webhookCreate", "webhook { id }", serviceProvider=firm, url=system.url)
        await offer(people, "清运垃圾", provider="SP-2")
        desk = await open_provider(standing, owner.token, **OFFICE, address="#tab=log")
        message = desk.by("delivery")
        await expect(message).to_contain_text("HTTP 500")
        await expect(message).to_contain_text("试过 1 次")
        await skip_to_the_last_attempt(standing)

        await expect(message).to_have_attribute("data-state", "DEAD", timeout=PATIENCE)
        await desk.page.get_by_label("状态").select_option("停止重试")
        await expect(message).to_have_count(1)
        await fits(desk, "log-dead")
        await message.get_by_role("button", name="再推送一次").dblclick()

        await desk.page.get_by_label("状态").select_option("全部")
        await expect(message).to_have_attribute("data-state", "DELIVERED", timeout=PATIENCE)
        assert len({one.delivery for one in system.told}) == 1
        assert len(system.told) == 3
        await owner.do("webhookEnd", "__typename", webhook=made["webhook"]["id"])
    desk.hold_its_promises()


async def skip_to_the_last_attempt(server: Server) -> None:
    """As if it had been tried for five hours."""
    db = Database(server.database_url)
    async with db.write() as session:
        await session.execute(update(deliveries).values(attempts=13, next_at=now()))
    await db.close()
