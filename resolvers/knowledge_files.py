"""A knowledge base from a file: new items, changed ones, the rest left alone; everything of a file or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from db import knowledge
from db.database import Database, Session
from db.imports import DATA, Counts, division_paths
from db.vocabulary import Realm
from resolvers.importing import ImportReport, all_or_nothing
from resolvers.knowledge import QUESTION_MAX, index_terms
from resolvers.spreadsheets import BadCell, Errors, Line, read_lines

SHIPPED = DATA / "knowledge" / "knowledge.csv"
COLUMNS = ("code", "question", "also_asked", "answer", "source", "division_code", "owner", "valid_from", "valid_to")
BY = "IMPORT"
SAME = ("question", "also_asked", "answer", "source", "division_code", "path", "owner", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class _Read:
    line: Line
    row: dict[str, Any]


async def import_knowledge(
    db: Database, realm: Realm, now: datetime, source: Path | None = None, *, dry_run: bool = False
) -> ImportReport:
    """Items of a CSV file, or the shipped ones. What the file omits stays."""
    errors = Errors()
    async with db.read() as session:
        paths = await division_paths(session)
    found: dict[str, _Read] = {}
    for line in read_lines(source or SHIPPED, COLUMNS, errors):
        try:
            row = _item(line, paths)
            if row["code"] in found:
                first = found[row["code"]].line.number
                raise BadCell("code", f"与第 {first} 行重复", f"the same as in line {first}")
        except BadCell as bad:
            errors.note(line.file, line.number, bad)
        else:
            found[row["code"]] = _Read(line, row)

    async def save(session: Session) -> dict[str, Counts]:
        added = changed = 0
        for read in found.values():
            known = await knowledge.by_code(session, realm, read.row["code"])
            by = {"updated_by": BY, "updated_at": now}
            if known is None:
                item_id = await knowledge.add(session, {**read.row, **by, "realm": realm, "version": 1})
                added += 1
            elif any(getattr(known, name) != read.row[name] for name in SAME):
                item_id = int(known.id)
                await knowledge.change(session, item_id, {**read.row, **by, "version": known.version + 1})
                changed += 1
            else:
                continue
            await knowledge.index(session, item_id, index_terms(read.row))
        return {"knowledge_items": Counts(added, changed, len(found) - added - changed)}

    return await all_or_nothing(db, errors, save, dry_run=dry_run)


def _item(line: Line, paths: dict[str, str]) -> dict[str, Any]:
    division = line.text("division_code", 12)
    if division not in paths:
        raise BadCell("division_code", f"没有区划「{division}」", f"there is no division {division!r}")
    valid_from, valid_to = _day(line, "valid_from"), _day(line, "valid_to")
    if valid_from is None:
        raise BadCell("valid_from", "不能为空", "must not be empty")
    if valid_to is not None and valid_to < valid_from:
        raise BadCell("valid_to", "早于生效日期", "before valid_from")
    ways = [way.strip()[:QUESTION_MAX] for way in line.cells["also_asked"].split("|") if way.strip()]
    return {
        "code": line.text("code", 40),
        "question": line.text("question", QUESTION_MAX),
        "also_asked": "\n".join(ways),
        "answer": line.text("answer", 4_000),
        "source": line.text("source", 200),
        "division_code": division,
        "path": paths[division],
        "owner": line.text("owner", 80),
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def _day(line: Line, column: str) -> date | None:
    value = line.cells[column]
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadCell(column, f"「{value}」应为 YYYY-MM-DD", f"{value!r} must be YYYY-MM-DD") from None
