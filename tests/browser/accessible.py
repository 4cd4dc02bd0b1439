"""What axe-core finds wrong with a page: labels, contrast, names, order."""

from __future__ import annotations

from playwright.async_api import Page

from tests.conftest import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LOOK = """() => axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(
  ({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`)))"""


async def barriers(page: Page) -> list[str]:
    """Everything that stands in the way of somebody, a line each. Evaluated, for the page lets no script in."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(LOOK)
    return found
