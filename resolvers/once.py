"""One effect per (principal, idempotency key): the stored answer is given again, be it a result or a refusal."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from db import idempotency, leases
from db.database import Database, Session
from db.idempotency import Stored
from resolvers.call import Call
from resolvers.refusals import Code, Refusal


@dataclass(frozen=True, slots=True)
class Result:
    """What a use-case did: which case, at which version, and the work order it touched."""

    case_id: int
    version: int
    work_order_id: int | None = None
    object_id: int | None = None  # of what is no case
    object_ids: tuple[int, ...] = ()  # of several
    items: tuple[Ingested, ...] = ()  # of a batch, in its order
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one item of a batch: a case (new or already there), or a refusal."""

    external_id: str
    case_id: int | None
    is_new: bool
    code: str | None = None
    field: tuple[str, ...] = ()
    values: dict[str, str] = dataclasses.field(default_factory=dict)


async def once(db: Database, call: Call, work: Callable[[Session], Awaitable[Result]]) -> Result:
    """Do `work` in one transaction, or answer what it answered before.

    A refusal rolls everything back; only the fact that this key was refused is kept.
    """
    principal = f"{call.viewer.realm}:{call.viewer.principal}"
    try:
        async with db.write() as session:
            if call.fence is not None:
                await leases.check(session, call.fence)
            stored = await idempotency.claim(session, principal, call.key, call.body_hash, call.now)
            if stored is not None:
                return _replayed(stored, call)
            if call.within is not None:
                await call.within(session)
            result = await work(session)
            return result
    except Refusal as refusal:
        if refusal.code is not Code.IDEMPOTENCY_MISMATCH and not refusal.is_replay:
            await _keep_refusal(db, principal, call, refusal)
        raise


def _replayed(stored: Stored, call: Call) -> Result:
    if stored.body_hash != call.body_hash:
        raise Refusal(Code.IDEMPOTENCY_MISMATCH)
    if "code" in stored.result:
        refusal = Refusal(Code(stored.result["code"]), field=stored.result["field"], **stored.result["values"])
        refusal.is_replay = True
        raise refusal
    items = tuple(Ingested(**{**item, "field": tuple(item["field"])}) for item in stored.result["items"])
    several = tuple(stored.result.get("object_ids", ()))
    return Result(**{**stored.result, "items": items, "object_ids": several, "is_replay": True})


async def settle(session: Session, call: Call, result: Result) -> None:
    """Keep the result beside the key. Called before the journal is appended, which must come last."""
    principal = f"{call.viewer.realm}:{call.viewer.principal}"
    await idempotency.settle(session, principal, call.key, asdict(result))


async def _keep_refusal(db: Database, principal: str, call: Call, refusal: Refusal) -> None:
    kept = {"code": refusal.code, "field": list(refusal.field), "values": refusal.values}
    async with db.write() as session:
        if await idempotency.claim(session, principal, call.key, call.body_hash, call.now) is None:
            await idempotency.settle(session, principal, call.key, kept)
            if refusal.keep is not None:
                await refusal.keep(session)
