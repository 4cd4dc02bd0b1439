"""What every mutation answers with, and the one way from an input to a use-case and back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import strawberry

from db import cases
from db.vocabulary import EvidenceKind
from db.vocabulary.integration import KeyScope
from resolvers.call import Call
from resolvers.once import Result
from resolvers.order_links import linked_order
from resolvers.proofs import Proof
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer
from schema import ids
from schema.cases import Case, WorkOrder
from schema.context import Ask
from schema.filters import aware

KEY_MAX = 64
OF_SCOPE = {"WorkOrder": KeyScope.WORK, "Webhook": KeyScope.WEBHOOKS}  # by how a mutation's name begins
EVIDENCE_MAX = 9
OVERRIDE = "Why a grid task is given beyond the day's ceiling; kept and counted; at most 200 characters."


@strawberry.type(description="Why the city says no. Nothing was changed.")
class UserError:
    code: Code = strawberry.field(description="Stable code; see docs/errors.md.")
    message: str = strawberry.field(description="A sentence a clerk can act on, in the caller's language.")
    field: list[str] | None = strawberry.field(description="Path of the input at fault; null where none is.")


@strawberry.type(description="Answer of a case action.")
class CasePayload:
    case: Case | None = strawberry.field(
        description="The case as it is now; null when refused, or when the action took it out of the viewer's scope."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type(description="Answer of a work-order action.")
class WorkOrderPayload:
    case: Case | None = strawberry.field(description="The case as it is now; null when refused or out of scope.")
    work_order: WorkOrder | None = strawberry.field(description="The order as it is now; null like `case`.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Parts every mutation has.")
class KeyedInput:
    idempotency_key: str = strawberry.field(
        description="Made by the client, 1 to 64 characters: the same key and input within 24 h has one effect."
    )


@strawberry.input(description="Parts every action on a case has.")
class CaseActionInput(KeyedInput):
    case_id: strawberry.ID = strawberry.field(description="The case.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")


@strawberry.input(description="Parts of an action that other changes do not disturb.")
class CaseTouchInput(KeyedInput):
    case_id: strawberry.ID = strawberry.field(description="The case.")
    expected_version: int | None = strawberry.field(
        default=None, description="Version the client saw; CONFLICT when it has moved on. Not needed."
    )


@strawberry.input(description="Parts every action on a work order has.")
class WorkOrderActionInput(KeyedInput):
    work_order_id: strawberry.ID = strawberry.field(description="The work order.")
    expected_version: int | None = strawberry.field(
        default=None,
        description="Version of the case the client saw; CONFLICT when it has moved on. Not needed: other "
        "orders move the case too, and an action that came too late is refused by the order's state.",
    )


@strawberry.input(description="A photo that POST /files has taken.")
class EvidenceInput:
    id: strawberry.ID = strawberry.field(description="The photo's id.")
    kind: EvidenceKind = strawberry.field(description="Taken before or after handling.")


@strawberry.input(description="A photo that POST /files has taken, with where and when it was taken.")
class PlacedEvidenceInput(EvidenceInput):
    taken_at: datetime | None = strawberry.field(default=None, description="By the camera; since the offer.")
    longitude: float | None = strawberry.field(default=None, description="Degrees east, WGS-84.")
    latitude: float | None = strawberry.field(default=None, description="Degrees north, WGS-84.")


def call_of(info: Ask, input: KeyedInput) -> Call:
    """The call an input stands for: everything but key and version is compared when the key comes again."""
    require_key_scope(info.context.viewer, type(input).__name__.removesuffix("Input"))
    if not 1 <= len(input.idempotency_key) <= KEY_MAX:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["idempotencyKey"],
            expected=f"1 至 {KEY_MAX} 个字符",
            expected_en=f"1 to {KEY_MAX} characters",
        )
    body = dataclasses.asdict(input)
    body.pop("idempotency_key")
    expected = body.pop("expected_version", None)
    body["mutation"] = type(input).__name__
    context = info.context
    return Call(context.viewer, context.clock(), input.idempotency_key, body, expected, context.policy)


def require_key_scope(viewer: Viewer, mutation: str) -> None:
    """A person may ask for everything; a key for what its scopes name, a link for its order, and nothing else."""
    if linked_order(viewer) is not None and not mutation.startswith("LinkedOrder"):
        raise Refusal(Code.FORBIDDEN, action=mutation, action_name=mutation)
    if viewer.claims is None or viewer.claims.key_scopes is None:
        return
    scope = next((scope for start, scope in OF_SCOPE.items() if mutation.startswith(start)), None)
    if scope not in viewer.claims.key_scopes:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", mutation).upper()
        raise Refusal(Code.FORBIDDEN, action=name, action_name=name)


def evidence_of(given: Sequence[EvidenceInput] | None) -> dict[str, EvidenceKind]:
    if given is not None and len(given) > EVIDENCE_MAX:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["evidence"],
            expected=f"最多 {EVIDENCE_MAX} 张",
            expected_en=f"at most {EVIDENCE_MAX}",
        )
    return {str(one.id): one.kind for one in given or ()}


def proofs_of(given: Sequence[PlacedEvidenceInput] | None) -> dict[str, Proof]:
    return {
        str(one.id): Proof(aware(one.taken_at, "takenAt"), one.longitude, one.latitude)
        for one in given or ()
        if one.taken_at is not None or one.longitude is not None or one.latitude is not None
    }


def key_of(id_: str | None, kind: str, field: str, what: tuple[str, str], info: Ask) -> int:
    """The database id an input names; whatever is not one of ours is simply not there."""
    try:
        number = ids.number(id_ or "", kind)
    except Refusal:
        number = None
    if number is None:
        raise Refusal(
            Code.NOT_FOUND, field=[field], what=what[0] if info.context.viewer.language == "zh" else what[1]
        )
    return number


def optional_key(id_: str | None, kind: str, field: str, what: tuple[str, str], info: Ask) -> int | None:
    return None if id_ is None else key_of(id_, kind, field, what, info)


CASE = ("该事件", "The case")
ORDER = ("该任务单", "The work order")
MATTER = ("该事项", "The matter")
GRID = ("该网格", "The grid")
DEPARTMENT = ("该责任部门", "The department")
PROVIDER = ("该服务商", "The service provider")
CREW = ("该班组", "The crew")
TECHNICIAN = ("该技工", "The technician")
CATALOGUE_ITEM = ("该目录项", "The catalogue item")


def error_of(refusal: Refusal, info: Ask) -> UserError:
    return UserError(
        code=refusal.code,
        message=refusal.message(info.context.viewer.language),
        field=list(refusal.field) or None,
    )


async def act_on_case(
    info: Ask, input: CaseActionInput | CaseTouchInput, run: Callable[[Call, int], Awaitable[Result]]
) -> CasePayload:
    """Run a use-case on the case an input names, and show the case as it is afterwards."""
    try:
        result = await run(call_of(info, input), key_of(input.case_id, "Case", "caseId", CASE, info))
    except Refusal as refusal:
        return CasePayload(case=None, user_errors=[error_of(refusal, info)])
    return CasePayload(case=await case_now(info, result.case_id), user_errors=[])


async def act_on_order(
    info: Ask, input: WorkOrderActionInput, run: Callable[[Call, int], Awaitable[Result]]
) -> WorkOrderPayload:
    try:
        result = await run(call_of(info, input), key_of(input.work_order_id, "WorkOrder", "workOrderId", ORDER, info))
    except Refusal as refusal:
        return WorkOrderPayload(case=None, work_order=None, user_errors=[error_of(refusal, info)])
    return await order_payload(info, result)


async def order_payload(info: Ask, result: Result) -> WorkOrderPayload:
    case = await case_now(info, result.case_id)
    order: Any = None
    if case is not None and result.work_order_id is not None:
        async with info.context.db.read() as session:
            found = await cases.work_orders_by_ids(session, info.context.viewer.scope, [result.work_order_id])
        row = found.get(result.work_order_id)
        order = None if row is None else WorkOrder(row=row, case_row=case.row)
    return WorkOrderPayload(case=case, work_order=order, user_errors=[])


async def case_now(info: Ask, case_id: int) -> Case | None:
    info.context.renew()  # what an earlier action of the same document loaded is out of date
    async with info.context.db.read() as session:
        rows = await cases.by_ids(session, info.context.viewer.scope, [case_id])
    return Case(row=rows[case_id]) if case_id in rows else None
