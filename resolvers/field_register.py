"""统一采集: a field has one owner and is asked in one place; who needs it too is let share it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from db import catalogue, collecting
from db.collecting import FieldRow
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary import Role
from db.vocabulary.collecting import CollectedKind, CollectionPart, FieldValueKind
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.collecting import name_key
from resolvers.viewer import Viewer

CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
NAME_MAX = 40
ALIASES_MOST = 20
CHOICES_MOST = 50
LONGEST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class NewField:
    code: str
    kind: CollectedKind
    part: CollectionPart
    name: str
    definition: str
    value_kind: FieldValueKind
    refresh_days: int
    is_personal: bool
    aliases: Sequence[str] = ()
    choices: Sequence[str] = ()


async def register(db: Database, call: Call, owner_id: int, given: NewField) -> Result:
    """Let a unit own a field. One that is asked there already, under whatever name, is refused and named."""

    async def work(session: Session) -> Result:
        _require_handler(call, "登记采集项", "FIELD_REGISTER")
        owner = await catalogue.by_id(session, catalogue.departments, owner_id)
        if owner is None or owner_id not in own_units(call.viewer):
            raise not_found(call, "owner", "该责任部门", "The department")
        keys = [name_key(one) for one in (given.name, *given.aliases)]
        await collecting.hold_register(session, call.viewer.realm)
        await _require_new(session, call, owner.path, given, keys)
        row = _columns(call, owner, given)
        field_id = await collecting.add_field(session, row, keys)
        return await _done(session, call, field_id, 1)

    return await once.once(db, call, work)


async def share(
    db: Database, call: Call, code: str, department_id: int, part: CollectionPart, reason: str | None
) -> Result:
    """The owner lets another unit use what is collected anyway, for a part of the form."""
    words = texts.reason(reason)

    async def work(session: Session) -> Result:
        field = await _own_field(session, call, code, "共用采集项", "FIELD_SHARE")
        unit = await catalogue.by_id(session, catalogue.departments, department_id)
        if unit is None or unit.id == field.owner_id:
            raise not_found(call, "department", "该责任部门", "The department")
        row = {"field_id": field.id, "department_id": unit.id, "part": part, "path": unit.path}
        await collecting.let_consume(session, row | {"reason": words, "since": call.now})
        return await _changed(session, call, field, {})

    return await once.once(db, call, work)


async def unshare(db: Database, call: Call, code: str, department_id: int) -> Result:
    """What is collected from now on reaches the unit no longer, and what it has seen is no longer shown to it."""

    async def work(session: Session) -> Result:
        field = await _own_field(session, call, code, "停止共用采集项", "FIELD_UNSHARE")
        if not await collecting.stop_consuming(session, field.id, department_id):
            raise not_found(call, "department", "该共用部门", "The unit it is shared with")
        return await _changed(session, call, field, {})

    return await once.once(db, call, work)


async def retire(db: Database, call: Call, code: str) -> Result:
    """Nobody is asked for it any more; what was collected stays."""

    async def work(session: Session) -> Result:
        field = await _own_field(session, call, code, "停用采集项", "FIELD_RETIRE")
        return await _changed(session, call, field, {"is_active": False})

    return await once.once(db, call, work)


def own_units(viewer: Viewer) -> frozenset[int]:
    """Departments somebody handles for."""
    return frozenset(int(grant.value) for grant in viewer.grants if grant.kind is ScopeKind.DEPARTMENT)


def _require_handler(call: Call, action: str, name: str) -> None:
    if Role.HANDLER not in call.viewer.roles:
        raise Refusal(Code.FORBIDDEN, action=action, action_name=name)


async def _own_field(session: Session, call: Call, code: str, action: str, name: str) -> FieldRow:
    _require_handler(call, action, name)
    field = await collecting.field_by_code(session, call.viewer.realm, code[:NAME_MAX], hold=True)
    if field is None or not field.is_active or field.owner_id not in own_units(call.viewer):
        raise not_found(call, "field", "该采集项", "The field")
    return field


async def _require_new(session: Session, call: Call, path: str, given: NewField, keys: Sequence[str]) -> None:
    known = await collecting.same_field(session, call.viewer.realm, given.kind, path, given.code, keys)
    if known is not None:
        owner = await catalogue.by_id(session, catalogue.departments, known.owner_id)
        raise Refusal(
            Code.FIELD_EXISTS,
            field=["code" if known.code == given.code else "name"],
            name=known.name,
            known=known.code,
            owner=owner.name if owner is not None else "",
        )


def _columns(call: Call, owner: FieldRow, given: NewField) -> dict[str, object]:
    name = texts.text(given.name, "name", limit=NAME_MAX)
    _require(CODE.fullmatch(given.code) is not None, "code", "2 至 40 位小写字母、数字或下划线，以字母开头",
             "2 to 40 small letters, digits or underscores, a letter first")  # fmt: skip
    _require(1 <= given.refresh_days <= LONGEST_DAYS, "refreshDays", f"1 至 {LONGEST_DAYS} 天",
             f"1 to {LONGEST_DAYS} days")  # fmt: skip
    _require(len(given.aliases) <= ALIASES_MOST and all(0 < len(one) <= NAME_MAX for one in given.aliases), "aliases",
             f"最多 {ALIASES_MOST} 个别名", f"at most {ALIASES_MOST} names")  # fmt: skip
    choices = [choice.strip() for choice in given.choices]
    is_choice = given.value_kind is FieldValueKind.CHOICE
    is_right = (2 <= len(choices) <= CHOICES_MOST) if is_choice else not choices
    _require(is_right and all(0 < len(choice) <= NAME_MAX for choice in choices), "choices",
             f"单选项需要 2 至 {CHOICES_MOST} 个选项，其他类型不需要",
             f"2 to {CHOICES_MOST} choices for a CHOICE, none for others")  # fmt: skip
    return {
        "realm": call.viewer.realm,
        "version": 1,
        "code": given.code,
        "kind": given.kind,
        "part": given.part,
        "name": name,
        "definition": texts.text(given.definition, "definition", limit=texts.SHORT),
        "value_kind": given.value_kind,
        "choices": choices,
        "refresh_days": given.refresh_days,
        "owner_id": owner.id,
        "owner_path": owner.path,
        "is_personal": given.is_personal,
        "is_active": True,
        "registered_by": call.viewer.principal,
        "registered_at": call.now,
    }


def _require(is_right: bool, field_name: str, expected: str, expected_en: str) -> None:
    if not is_right:
        raise Refusal(Code.INVALID_INPUT, field=[field_name], expected=expected, expected_en=expected_en)


async def _changed(session: Session, call: Call, field: FieldRow, columns: dict[str, object]) -> Result:
    await collecting.change_field(session, field.id, columns | {"version": field.version + 1})
    return await _done(session, call, field.id, field.version + 1)


async def _done(session: Session, call: Call, field_id: int, version: int) -> Result:
    result = Result(0, version, object_id=field_id)
    await once.settle(session, call, result)
    return result
