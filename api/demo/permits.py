"""What departments of the demo city ask grids to be given: one application of each kind, told once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.demo.reference import HOT_COUNTIES
from api.demo.sentences import AGAINST_PERMIT, FOR_PERMIT
from api.demo.stage import Stage
from db import permits
from db.clock import local_day
from db.vocabulary import GridTask, Role
from db.vocabulary.permits import PermitFrequency, PermitOpinion
from resolvers import permitting
from resolvers.permitting import Wish

COUNTY = HOT_COUNTIES[0]


@dataclass(frozen=True, slots=True)
class Asking:
    matter: str
    unit: str | None  # ending of the department's code; None: the commander lets it in at once
    frequency: PermitFrequency
    minutes: int
    basis: str
    resources: str
    opinions: tuple[bool, ...] = ()  # of its reviewers, as far as they have spoken; the last one goes on for all
    is_admitted: bool | None = None


ASKINGS = (
    Asking("E42997", "MZ", PermitFrequency.AS_NEEDED, 20, "残疾人证管理办法", "民政窗口派专人收件，每件补贴5元",
           (True,), is_admitted=True),
    Asking("E35998", "YJ", PermitFrequency.MONTHLY, 60, "安全生产法", "随文未列人员和经费", (False,)),
    Asking("E44998", "MZ", PermitFrequency.WEEKLY, 30, "关爱服务实施意见", "每个社区配一名社工，按次补助",
           (True,)),
    Asking("E33997", "ZJ", PermitFrequency.QUARTERLY, 25, "住宅室内装饰装修管理办法", "物业协同，检测费用由住建承担"),
    Asking("E1301", None, PermitFrequency.DAILY, 15, "噪声污染防治法", "生态环境夜间值班组随网格员到场"),
)  # fmt: skip
URGENT_REASON = "近三日夜间施工投诉集中，先由网格到场核实，联审补办"
DAYS = 180
EMERGENCY_DAYS = 3


async def tell(stage: Stage) -> None:
    """Hand the applications in, review and decide them, unless somebody has done so."""
    call = await stage.call(Role.COMMANDER, COUNTY)
    async with stage.db.read() as session:
        known = await permits.count_applications(session, call.viewer.scope, [])
    if known:
        return
    for asking in ASKINGS:
        if asking.matter in stage.reference.matter_ids:
            await _tell(stage, asking)


async def _tell(stage: Stage, asking: Asking) -> None:
    today = local_day(stage.clock())
    days = DAYS if asking.unit else EMERGENCY_DAYS - 1
    wish = Wish(
        stage.reference.matter_ids[asking.matter], COUNTY, (GridTask.VERIFICATION,), asking.basis,
        asking.frequency, asking.minutes, asking.resources, today, today + timedelta(days=days),
    )  # fmt: skip
    if asking.unit is None:
        await permitting.bypass(stage.db, await stage.call(Role.COMMANDER, COUNTY), wish, URGENT_REASON)
        return
    code = f"{COUNTY}-{asking.unit}"
    unit = next((id for id, known in stage.reference.department_codes.items() if known == code), None)
    if unit is None:
        return
    result = await permitting.apply(stage.db, await stage.call(Role.HANDLER, code), unit, wish)
    application = result.object_id
    assert application is not None, "an application that was handed in has a number"
    await _review(stage, application, asking)
    if asking.is_admitted is not None:
        call = await stage.call(Role.COMMANDER, COUNTY)
        await permitting.decide(
            stage.db, call, application, is_admitted=asking.is_admitted, first_day=None, last_day=None, reason=None
        )


async def _review(stage: Stage, application: int, asking: Asking) -> None:
    async with stage.db.read() as session:
        rows = (await permits.reviews_by_application(session, [application]))[application]
    said = dict(enumerate(asking.opinions))
    for number, row in enumerate(rows if asking.opinions else rows[1:2]):
        agrees = said.get(number, asking.opinions[-1] if asking.opinions else True)
        opinion = PermitOpinion.APPROVE if agrees else PermitOpinion.REJECT
        words = stage.one(FOR_PERMIT if agrees else AGAINST_PERMIT)
        await permitting.review(stage.db, await _reviewer(stage, row), application, opinion, words)
        if not agrees:
            return


async def _reviewer(stage: Stage, row: Any) -> Any:
    if row.department_id is None:
        return await stage.call(Role.COMMANDER, row.division_code)
    return await stage.call(Role.HANDLER, stage.reference.department_codes[row.department_id])
