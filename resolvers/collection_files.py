"""Fields of the unified form from files: new ones with the units that share them, changed ones; the rest left alone.

Everything of the files or nothing. A field that a unit has retired stays retired, and whom a field that is already
there is shared with stays its owner's decision: a file must not undo what somebody decided since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from db import collecting
from db.collecting import FieldRow
from db.database import Database, Session
from db.imports import DATA, Counts, departments_by_code
from db.vocabulary import Realm
from db.vocabulary.collecting import CollectedKind, CollectionPart, FieldValueKind
from resolvers.field_register import ALIASES_MOST, CHOICES_MOST, CODE, LONGEST_DAYS, NAME_MAX
from resolvers.importing import ImportReport, all_or_nothing
from resolvers.rules.collecting import name_key
from resolvers.spreadsheets import BadCell, Errors, Line, rows_of

SHIPPED = DATA / "collection"
FIELDS, CONSUMERS = "collection_fields", "collection_consumers"
COLUMNS: dict[str, tuple[str, ...]] = {
    FIELDS: (
        "code", "kind", "part", "name", "definition", "value_kind", "choices", "refresh_days", "owner_code",
        "is_personal", "aliases",
    ),
    CONSUMERS: ("field_code", "department_code", "part", "reason"),
}  # fmt: skip
BY = "IMPORT"
SAME = ("part", "name", "definition", "choices", "refresh_days", "owner_id", "owner_path", "is_personal")

Units = Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Field:
    line: Line
    row: dict[str, Any]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Consumer:
    field_code: str
    row: dict[str, Any]


async def import_fields(
    db: Database, realm: Realm, now: datetime, folder: Path | None = None, *, dry_run: bool = False
) -> ImportReport:
    """Fields of a folder, or the shipped examples. What the files omit stays.

    A field that is asked already under another code is an error of the file. Of the shipped ones it is left out:
    whoever registered it first knows the place.
    """
    errors = Errors()
    async with db.read() as session:
        units = await departments_by_code(session)
        source = folder or SHIPPED
        fields = rows_of(source, FIELDS, COLUMNS[FIELDS], ("code",), partial(_field, units), errors)
        codes = {field.row["code"] for field in fields}
        key = ("field_code", "department_code")
        shared = rows_of(source, CONSUMERS, COLUMNS[CONSUMERS], key, partial(_consumer, units, codes), errors)
        if not errors.count:
            fields = await _without_taken(session, realm, fields, errors, leaves_out=folder is None)

    async def save(session: Session) -> dict[str, Counts]:
        await collecting.hold_register(session, realm)
        return await _save(session, realm, now, fields, shared)

    return await all_or_nothing(db, errors, save, dry_run=dry_run)


async def _without_taken(
    session: Session, realm: Realm, fields: Sequence[_Field], errors: Errors, *, leaves_out: bool
) -> list[_Field]:
    kept: list[_Field] = []
    for field in fields:
        twin = next((one for one in kept if _is_same(one, field)), None)
        if twin is not None:
            there = twin.line.number
            bad: BadCell | None = BadCell("name", f"与第 {there} 行同名", f"the same name as in line {there}")
        else:
            bad = await _taken(session, realm, field)
        if bad is None:
            kept.append(field)
        elif not leaves_out:
            errors.note(field.line.file, field.line.number, bad)
    return kept


def _is_same(one: _Field, other: _Field) -> bool:
    """Whether both would ask the same of somebody."""
    paths = one.row["owner_path"], other.row["owner_path"]
    overlap = paths[0].startswith(paths[1]) or paths[1].startswith(paths[0])
    return one.row["kind"] is other.row["kind"] and overlap and bool(one.keys & other.keys)


async def _taken(session: Session, realm: Realm, field: _Field) -> BadCell | None:
    """Why this field may not be asked: another is, or the one of this code is of another sort."""
    row = field.row
    known = await collecting.field_by_code(session, realm, row["code"])
    if known is None:
        other = await collecting.same_field(
            session, realm, row["kind"], row["owner_path"], row["code"], sorted(field.keys)
        )
        if other is None:
            return None
        return BadCell("name", f"已作为「{other.name}」（{other.code}）采集", f"collected already as {other.code}")
    if known.registered_by != BY:
        return BadCell("code", "已由部门登记，不由文件变更", "registered by a department, not changed by a file")
    if (known.kind, known.value_kind) != (row["kind"], row["value_kind"]):
        return BadCell("value_kind", "对象和取值类型不能变更", "kind and value_kind of a field stay as they are")
    return None


async def _save(
    session: Session, realm: Realm, now: datetime, fields: Sequence[_Field], shared: Sequence[_Consumer]
) -> dict[str, Counts]:
    changed = unchanged = 0
    new: dict[str, int] = {}
    for field in fields:
        known = await collecting.field_by_code(session, realm, field.row["code"], hold=True)
        if known is None:
            by = {"realm": realm, "version": 1, "is_active": True, "registered_by": BY, "registered_at": now}
            new[field.row["code"]] = await collecting.add_field(session, field.row | by, field.keys)
        elif await _differs(session, known, field):
            await collecting.change_field(session, known.id, field.row | {"version": known.version + 1})
            await collecting.call_field(session, known.id, field.keys)
            changed += 1
        else:
            unchanged += 1
    told = [one for one in shared if one.field_code in new]
    for one in told:
        await collecting.let_consume(session, one.row | {"field_id": new[one.field_code], "since": now})
    return {
        FIELDS: Counts(len(new), changed, unchanged),
        CONSUMERS: Counts(len(told), 0, len(shared) - len(told)),
    }


async def _differs(session: Session, known: FieldRow, field: _Field) -> bool:
    if not known.is_active:
        return False
    is_other = any(getattr(known, name) != field.row[name] for name in SAME)
    return is_other or await collecting.names_of(session, known.id) != field.keys


def _field(units: Units, line: Line) -> _Field:
    code = line.text("code", NAME_MAX)
    if CODE.fullmatch(code) is None:
        raise BadCell(
            "code", "应为 2 至 40 位小写字母、数字或下划线", "expected 2 to 40 small letters, digits or underscores"
        )
    owner_id, owner_path = _unit(units, line, "owner_code")
    name, aliases = line.text("name", NAME_MAX), _parts(line, "aliases", ALIASES_MOST)
    value_kind, choices = line.word("value_kind", FieldValueKind), _parts(line, "choices", CHOICES_MOST)
    if (value_kind is FieldValueKind.CHOICE) != (len(choices) > 1):
        raise BadCell(
            "choices", "单选项需要至少 2 个选项，其他类型不需要", "two choices or more for CHOICE, none for others"
        )
    row = {
        "code": code,
        "kind": line.word("kind", CollectedKind),
        "part": line.word("part", CollectionPart),
        "name": name,
        "definition": line.text("definition", 200),
        "value_kind": value_kind,
        "choices": choices,
        "refresh_days": line.whole("refresh_days", 1, LONGEST_DAYS),
        "owner_id": owner_id,
        "owner_path": owner_path,
        "is_personal": line.yes_or_no("is_personal"),
    }
    return _Field(line, row, frozenset(name_key(one) for one in (name, *aliases)))


def _consumer(units: Units, codes: set[str], line: Line) -> _Consumer:
    field = line.text("field_code", NAME_MAX)
    if field not in codes:
        raise BadCell("field_code", f"本次文件中没有采集项「{field}」", f"field {field!r} is not in these files")
    department_id, path = _unit(units, line, "department_code")
    part, reason = line.word("part", CollectionPart), line.text("reason", 200)
    return _Consumer(field, {"department_id": department_id, "path": path, "part": part, "reason": reason})


def _unit(units: Units, line: Line, column: str) -> tuple[int, str]:
    code = line.cells[column]
    if code not in units:
        raise BadCell(column, f"责任部门「{code}」不存在", f"department {code!r} is unknown")
    return units[code]


def _parts(line: Line, column: str, most: int) -> list[str]:
    """What stands between the bars of a cell."""
    found = [one.strip() for one in line.cells[column].split("|") if one.strip()]
    if len(found) > most or any(len(one) > NAME_MAX for one in found):
        raise BadCell(column, f"最多 {most} 个，每个最多 {NAME_MAX} 字", f"at most {most}, of {NAME_MAX} characters")
    return found
