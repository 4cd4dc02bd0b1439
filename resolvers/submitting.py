"""Handing cases in: one by one, or a batch of a source system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from db import cases, journal, tallies
from db.cases import CaseRow
from db.database import Database, Session
from db.followers import start_with
from db.scope import ScopeKind
from db.vocabulary import (
    CaseAction,
    CaseKind,
    CaseSource,
    CaseState,
    Channel,
    EvidenceKind,
    Priority,
    Role,
    stage_of,
)
from resolvers import burden, client_apps, once, texts
from resolvers.advance import entry
from resolvers.call import Call, not_found
from resolvers.gazetteer import Gazetteer
from resolvers.once import Ingested, Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.breaks import FIRST_LOOK
from resolvers.rules.channels import NEEDS_NUMBER
from resolvers.rules.lifecycle import SUBMITTERS
from resolvers.tokens import account_of, is_anonymous, let_poll, new_account, require_first

SOURCE_OF_ROLE = {
    Role.RESIDENT: CaseSource.RESIDENT_APP,
    Role.ENTERPRISE: CaseSource.ENTERPRISE_APP,
    Role.GRID_WORKER: CaseSource.GRID_WORKER,
    Role.COMMUNITY_WORKER: CaseSource.COMMUNITY_WORKER,
    Role.PATROL_OFFICER: CaseSource.PATROL,
}
DISCOVERERS = frozenset({Role.GRID_WORKER, Role.COMMUNITY_WORKER})
OF_PUBLIC = frozenset({Role.RESIDENT, Role.ENTERPRISE})
OWN_DESK = frozenset({Channel.IN_APP})
CHANNELS_OF_ROLE = {
    Role.RESIDENT: frozenset({Channel.IN_APP, Channel.SMS, Channel.PHONE}),
    Role.ENTERPRISE: frozenset({Channel.IN_APP, Channel.SMS, Channel.PHONE}),
    # Written into our own app, an answer has not reached anybody behind another system.
    Role.SOURCE_SYSTEM: frozenset({Channel.SMS, Channel.PHONE, Channel.HOTLINE_CALLBACK, Channel.DUTY_DESK}),
}


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What is handed in. A place is a grid, or a point from which the nearest grid is taken."""

    description: str
    kind: CaseKind | None = None  # the matter's usual kind, or PROBLEM
    matter_id: int | None = None
    grid_id: int | None = None
    point: tuple[float, float] | None = None  # WGS-84 longitude, latitude
    address: str | None = None
    priority: Priority | None = None  # staff only; else the matter's
    contact_name: str | None = None
    contact_phone: str | None = None
    source: CaseSource | None = None
    external_id: str | None = None
    channel: Channel | None = None  # on which to be answered; else as the source usually is
    behalf_of: Person | None = None  # for whom it is handed in; they get the answer too
    evidence: Mapping[str, EvidenceKind] = field(default_factory=dict)


async def submit(db: Database, call: Call, submission: Submission) -> Result:
    """Hand one case in. Answers with the new case at version 1."""

    async def work(session: Session) -> Result:
        role = submitting_role(call)
        key = submitter_key(call, role)
        values = await _new_case(Gazetteer(session), call, role, submission)
        await client_apps.require_scene(session, call.viewer, values["kind"], values["division_path"])
        accounts: list[str] = []  # that open this case and nothing else
        if is_anonymous(call.viewer):
            await require_first(session, call, key)
            accounts.append(account_of(key))
        if submission.behalf_of is not None:
            accounts.append(new_account())
            values["follower_keys"] = [f"{Role.RESIDENT}:{accounts[-1]}"]
        return await _record_new(session, call, role, [values], [submission.evidence], accounts)

    return await once.once(db, call, work)


async def ingest(db: Database, call: Call, items: Sequence[Submission]) -> Result:
    """A batch of a source system in one transaction; an external id seen before answers with its case.

    A bad item is refused by itself and the others are taken: one damaged record must not hold a hotline up.
    """
    if call.viewer.with_role(Role.SOURCE_SYSTEM) is None:
        raise Refusal(Code.FORBIDDEN, action=CaseAction.SUBMIT.label, action_name="CASE_INGEST")
    limit = call.policy.ingest_batch
    if not 1 <= len(items) <= limit:
        raise Refusal(
            Code.INVALID_INPUT, field=["items"], expected=f"1 至 {limit} 条", expected_en=f"1 to {limit} items"
        )

    items = [replace(item, external_id=(item.external_id or "").strip()) for item in items]

    async def work(session: Session) -> Result:
        known = await cases.by_external_ids_without_scope(
            session,
            call.viewer.realm,
            submitter_key(call, Role.SOURCE_SYSTEM),
            [one.external_id or "" for one in items],
        )
        gazetteer = Gazetteer(session)
        await gazetteer.expect(
            (item.grid_id for item in items if item.grid_id is not None),
            (item.matter_id for item in items if item.matter_id is not None),
        )
        fresh: dict[str, dict[str, Any]] = {}
        refused: dict[int, Refusal] = {}
        for index, item in enumerate(items):
            external_id = item.external_id or ""
            if external_id in known or external_id in fresh:
                continue
            try:
                fresh[external_id] = await _new_case(gazetteer, call, Role.SOURCE_SYSTEM, item)
            except Refusal as refusal:
                refused[index] = refusal
        return await _record_batch(session, call, items, known, fresh, refused)

    return await once.once(db, call, work)


async def _record_batch(
    session: Session,
    call: Call,
    items: Sequence[Submission],
    known: Mapping[str, CaseRow],
    fresh: Mapping[str, dict[str, Any]],
    refused: Mapping[int, Refusal],
) -> Result:
    rows = await cases.add(session, list(fresh.values())) if fresh else []
    ids = {row.external_id: row.id for row in rows} | {name: row.id for name, row in known.items()}
    answered: list[Ingested] = []
    named: set[str] = set()
    for index, item in enumerate(items):
        external_id = item.external_id or ""
        refusal = refused.get(index)
        if refusal is not None:
            values = {name: str(value) for name, value in refusal.values.items()}
            answered.append(Ingested(external_id, None, False, refusal.code, tuple(refusal.field), values))
        else:
            is_new = external_id in fresh and external_id not in named
            answered.append(Ingested(external_id, ids[external_id], is_new))
            named.add(external_id)
    result = Result(rows[0].id if rows else 0, 1, items=tuple(answered))
    await _announce_new(session, call, Role.SOURCE_SYSTEM, rows, result)
    return result


async def _record_new(
    session: Session,
    call: Call,
    role: Role,
    values: list[dict[str, Any]],
    evidence: Sequence[Mapping[str, EvidenceKind]],
    accounts: Sequence[str] = (),
) -> Result:
    rows = await cases.add(session, values)
    await start_with(session, rows[0], call.now)
    for account in accounts:
        await let_poll(session, rows[0].id, call.viewer.realm, account, call.now, call.policy)
    for row, photos in zip(rows, evidence, strict=True):
        taken = await cases.take_up_evidence(
            session, realm=row.realm, uploader=call.viewer.principal, case_id=row.id, version=1, photos=photos
        )
        if taken != len(photos):
            raise not_found(call, "evidence", "照片", "A photo")
    result = Result(rows[0].id, 1)
    await _announce_new(session, call, role, rows, result)
    return result


async def _announce_new(session: Session, call: Call, role: Role, rows: list[CaseRow], result: Result) -> None:
    steps = [
        {
            "case_id": row.id,
            "version": 1,
            "action": CaseAction.SUBMIT,
            "to_state": row.state,
            "actor": call.viewer.principal,
            "actor_role": role,
            "at": call.now,
        }
        for row in rows
    ]
    if steps:
        await cases.add_step(session, steps if len(steps) > 1 else steps[0])
    for row in rows:
        await burden.found(session, call, row)
    await tallies.apply(session, tallies.fold([tallies.difference(None, row) for row in rows]))
    await once.settle(session, call, result)
    if rows:
        await journal.append(session, [entry(CaseAction.SUBMIT, role, call.now, None, row) for row in rows])


def submitting_role(call: Call) -> Role:
    """The first of the viewer's roles that may hand cases in."""
    for role in SUBMITTERS:
        if role in call.viewer.roles:
            return role
    raise Refusal(Code.FORBIDDEN, action=CaseAction.SUBMIT.label, action_name=CaseAction.SUBMIT.name)


def submitter_key(call: Call, role: Role) -> str:
    """Who the case belongs to: the account for residents, enterprises and systems, else the principal."""
    own = [grant.value for grant in call.viewer.grants if grant.role is role and grant.kind is ScopeKind.SELF]
    accounts = sorted(value for value in own if value.startswith(f"{role}:"))
    return accounts[0] if accounts else call.viewer.principal


async def _new_case(gazetteer: Gazetteer, call: Call, role: Role, submission: Submission) -> dict[str, Any]:
    """Columns of a case that is handed in; refuses what is missing, too long or not there."""
    description = texts.text(submission.description, "description")
    grid = await _grid_of(gazetteer, call, submission)
    if role not in OF_PUBLIC | {Role.SOURCE_SYSTEM, Role.GRID_WORKER} and not is_in_scope(call, grid.path):
        raise not_found(call, "grid", "该网格", "The grid")
    matter = None
    if submission.matter_id is not None:
        matter = await gazetteer.matter(submission.matter_id)
        if matter is None:
            raise not_found(call, "matter", "该事项", "The matter")
    kind = submission.kind or (matter.kind if matter else CaseKind.PROBLEM)
    may_rank = role not in OF_PUBLIC
    default = matter.priority if matter else Priority.NORMAL
    priority = (submission.priority if may_rank else None) or default
    external_id = texts.optional(submission.external_id, "externalId", limit=80)
    if role is Role.SOURCE_SYSTEM and external_id is None:
        raise Refusal(Code.INVALID_INPUT, field=["externalId"], expected="不能为空", expected_en="must not be empty")
    state = CaseState.SUBMITTED
    return {
        "realm": call.viewer.realm,
        "version": 1,
        "kind": kind,
        "source": _source(role, submission),
        "priority": priority,
        "title": await gazetteer.title(matter.name if matter else kind.label, grid),
        "matter_id": submission.matter_id,
        "description": description,
        "address": texts.optional(submission.address, "address", limit=texts.SHORT),
        "longitude": submission.point[0] if submission.point else None,
        "latitude": submission.point[1] if submission.point else None,
        "submitter_name": texts.optional(submission.contact_name, "contact.name", limit=40),
        "submitter_phone": _phone(submission.contact_phone),
        "submitter_key": submitter_key(call, role),
        "submitter_role": role,
        "external_id": external_id,
        "channel": _channel(role, submission),
        "beneficiary_name": _beneficiary(submission),
        "beneficiary_phone": _phone(submission.behalf_of.phone, "onBehalfOf.phone") if submission.behalf_of else None,
        "division_code": grid.community_code,
        "division_path": grid.path,
        "grid_id": grid.id,
        "programme": grid.programme,
        "state": state,
        "stage": stage_of(state, is_answered=False),
        "is_open": True,
        "held_by": await gazetteer.centre(grid.path),
        "service_provider_ids": [],
        "follower_keys": [],
        "is_discovery": role in DISCOVERERS,
        "submitted_at": call.now,
        "updated_at": call.now,
        "stage_at": call.now,
        "watch_at": call.now + FIRST_LOOK,
        **await gazetteer.first_clocks(grid.path, priority, call),
    }


async def _grid_of(gazetteer: Gazetteer, call: Call, submission: Submission) -> Any:
    if submission.grid_id is not None:
        grid = await gazetteer.grid(submission.grid_id)
        if grid is None or not grid.is_active:
            raise not_found(call, "grid", "该网格", "The grid")
        return grid
    if submission.point is None:
        raise Refusal(
            Code.INVALID_INPUT, field=["grid"], expected="请提供网格或坐标", expected_en="a grid or a point"
        )
    longitude, latitude = submission.point
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Refusal(
            Code.INVALID_INPUT, field=["point"], expected="经纬度超出范围", expected_en="WGS-84 degrees in range"
        )
    grid = await gazetteer.nearest_grid(longitude, latitude)
    if grid is None:
        raise not_found(call, "point", "该坐标附近的网格", "A grid near that point")
    return grid


def is_in_scope(call: Call, path: str) -> bool:
    placed = [grant for grant in call.viewer.grants if grant.kind is ScopeKind.DIVISION]
    return not placed or any(path.startswith(grant.value) for grant in placed)


def _source(role: Role, submission: Submission) -> CaseSource:
    if role in SOURCE_OF_ROLE:
        return SOURCE_OF_ROLE[role]
    default = CaseSource.OTHER_SYSTEM if role is Role.SOURCE_SYSTEM else CaseSource.DEPARTMENT
    return submission.source or default


def _channel(role: Role, submission: Submission) -> Channel | None:
    """Where they want to be answered: a way that exists for them."""
    wanted = submission.channel
    if wanted is None:
        return None
    if wanted not in CHANNELS_OF_ROLE.get(role, OWN_DESK):
        raise Refusal(
            Code.INVALID_INPUT, field=["channel"], expected="不是可选的答复渠道", expected_en="a channel open to you"
        )
    if wanted in NEEDS_NUMBER and not (submission.contact_phone or "").strip():
        raise Refusal(
            Code.INVALID_INPUT, field=["channel"], expected="需要填写联系电话", expected_en="a phone number to answer"
        )
    return wanted


def _beneficiary(submission: Submission) -> str | None:
    return texts.text(submission.behalf_of.name, "onBehalfOf.name", limit=40) if submission.behalf_of else None


def _phone(value: str | None, field_name: str = "contact.phone") -> str | None:
    phone = texts.optional(value, field_name, limit=20)
    if phone is not None and not all(character.isdecimal() or character in "+- " for character in phone):
        raise Refusal(Code.INVALID_INPUT, field=[field_name], expected="电话号码", expected_en="a phone number")
    return phone
