"""Orders in the hands of a provider: how a test makes them, looks at them, and looks at their pages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import FilePayload, expect

from db.vocabulary import Role
from tests.browser.accessible import barriers
from tests.browser.conftest import Desk
from tests.browser.test_wall import GLYPHS, SCROLLS
from tests.city import POTHOLE
from tests.stories.walks import Cast, bring_to

OUT = Path(__file__).parent / "out"
STAFF = (Role.PROVIDER_STAFF, "SP-1")
PATIENCE = 30_000  # a phone tries again by itself after ten seconds at most, fifteen with bad luck
LOOK = (
    "query ($id: ID!) { case(id: $id) { version timeline { action } evidence { kind } workOrders { state result } } }"
)
LONG = "修补吴中区木渎镇金山路与长江路交叉口东北角非机动车道连续坑槽，先切割清底再热补，恢复标线🚧" * 4


def picture(colour: tuple[int, int, int]) -> FilePayload:
    body = io.BytesIO()
    Image.linear_gradient("L").resize((1200, 900)).convert("RGB").point(lambda value: value // 2 + 40).save(
        body, "JPEG"
    )
    tinted = Image.open(io.BytesIO(body.getvalue()))
    mixed = io.BytesIO()
    Image.blend(tinted, Image.new("RGB", tinted.size, colour), 0.5).save(mixed, "JPEG")
    return FilePayload(name="照片.jpg", mimeType="image/jpeg", buffer=mixed.getvalue())


BEFORE, AFTER = picture((150, 90, 60)), picture((70, 110, 150))


async def offer(people: Cast, task: str = "修补路面", provider: str = "SP-1", **more: Any) -> dict[str, Any]:
    """A case with an order for us: the case, and the order's id beside it."""
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    payload = await people.handler.do(
        "caseOutsource",
        "case { id number version } workOrder { id }",
        caseId=case["id"],
        expectedVersion=case["version"],
        serviceProvider=people.town.city.providers[provider],
        task=task,
        reason="HEAVY_LOAD",
        **more,
    )
    assert payload["userErrors"] == [], payload
    found: dict[str, Any] = payload["case"] | {"order": payload["workOrder"]["id"]}
    return found


async def look(people: Cast, case: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await people.leader.ask(LOOK, id=case["id"]))["case"]
    return found


async def steps(people: Cast, case: dict[str, Any]) -> list[str]:
    """What was done to the order, oldest first."""
    actions = [step["action"] for step in (await look(people, case))["timeline"]]
    return [action for action in actions if action.startswith("WORK_ORDER")]


def row(phone: Desk, case: dict[str, Any]) -> Any:
    return phone.page.locator(f'[data-testid="order-row"][data-id="{case["order"]}"]')


async def shows(phone: Desk, state: str) -> None:
    await expect(phone.by("order-panel")).to_have_attribute("data-state", state, timeout=PATIENCE)


async def fits(phone: Desk, name: str) -> None:
    """On a phone and in an office: nothing sticks out, everything is Chinese letters, and axe finds nothing."""
    for width, height in ((390, 844), (1366, 768)):
        await phone.page.set_viewport_size({"width": width, "height": height})
        await phone.page.evaluate("document.fonts.ready")
        await phone.page.screenshot(path=OUT / f"provider-{name}-{width}x{height}.png", animations="disabled")
        assert not await phone.page.evaluate(SCROLLS)
        assert len(set(await phone.page.evaluate(GLYPHS))) == 3
        assert await barriers(phone.page) == [], name
    await phone.page.set_viewport_size({"width": 390, "height": 844})
