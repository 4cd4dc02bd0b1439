"""Knowledge items and their search index: FTS5 on SQLite, a tsvector with GIN on PostgreSQL, of the same terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, bindparam, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.collecting import prefixes
from db.database import Session
from db.tables import KnowledgeItem, KnowledgeVerdict
from db.visible import under
from db.vocabulary import Realm
from db.vocabulary.knowledge import KnowledgeState

ItemRow = Any

items: Any = KnowledgeItem.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
verdicts: Any = KnowledgeVerdict.__table__  # type: ignore[attr-defined]

# Terms are letters and digits only (resolvers/rules/knowledge.py), so quoting them is enough.
_FORGET = text("DELETE FROM knowledge_words WHERE rowid = :id")
_FORGET_POSTGRES = text("DELETE FROM knowledge_words WHERE item_id = :id")
_LEARN = text("INSERT INTO knowledge_words (rowid, terms) VALUES (:id, :terms)")
_LEARN_POSTGRES = text(
    "INSERT INTO knowledge_words (item_id, terms) VALUES (:id, array_to_tsvector(string_to_array(:terms, ' ')))"
)
_CITABLE = (
    "i.realm = :realm AND i.path IN :paths AND i.withdrawn_at IS NULL AND i.valid_from <= :day "
    "AND (i.valid_to IS NULL OR i.valid_to >= :day)"
)
_FIND = text(
    "SELECT i.id FROM knowledge_words JOIN knowledge_items i ON i.id = knowledge_words.rowid "
    "WHERE knowledge_words MATCH :query AND " + _CITABLE + " ORDER BY bm25(knowledge_words), i.id LIMIT :most"
)
_FIND_POSTGRES = text(
    "SELECT i.id FROM knowledge_words w JOIN knowledge_items i ON i.id = w.item_id "
    "WHERE w.terms @@ CAST(:query AS tsquery) AND " + _CITABLE + " "
    "ORDER BY ts_rank(w.terms, CAST(:query AS tsquery)) DESC, i.id LIMIT :most"
)
_WITH: tuple[Any, ...] = (bindparam("paths", expanding=True), bindparam("day", type_=Date))


async def index(session: Session, item_id: int, terms: Iterable[str]) -> None:
    """Let an item be found by these terms and no others."""
    is_sqlite = session.dialect.name == "sqlite"
    await session.execute(_FORGET if is_sqlite else _FORGET_POSTGRES, {"id": item_id})
    words = " ".join(sorted(set(terms)))
    if words:
        await session.execute(_LEARN if is_sqlite else _LEARN_POSTGRES, {"id": item_id, "terms": words})


async def citable(
    session: Session, realm: Realm, terms: Sequence[str], path: str, day: date, most: int
) -> list[ItemRow]:
    """Items that share a term with a question, hold at a place and are in force on a day: the best of them."""
    if not terms:
        return []
    is_sqlite = session.dialect.name == "sqlite"
    query = " OR ".join(f'"{term}"' for term in terms) if is_sqlite else " | ".join(f"'{term}'" for term in terms)
    given = {"query": query, "realm": realm, "paths": prefixes(path), "day": day, "most": most}
    found = await session.execute((_FIND if is_sqlite else _FIND_POSTGRES).bindparams(*_WITH), given)
    ids = [int(row.id) for row in found]
    return list(await session.execute(select(items).where(items.c.id.in_(ids))))


def in_state(state: KnowledgeState, day: date) -> ColumnElement[bool]:
    is_there = items.c.withdrawn_at.is_(None)
    match state:
        case KnowledgeState.WITHDRAWN:
            return items.c.withdrawn_at.is_not(None)  # type: ignore[no-any-return]
        case KnowledgeState.NOT_YET:
            return and_(is_there, items.c.valid_from > day)
        case KnowledgeState.EXPIRED:
            return and_(is_there, items.c.valid_to < day)
        case _:
            until = or_(items.c.valid_to.is_(None), items.c.valid_to >= day)
            return and_(is_there, items.c.valid_from <= day, until)


async def by_code(session: Session, realm: Realm, code: str) -> ItemRow | None:
    statement = select(items).where(items.c.realm == realm, items.c.code == code)
    return (await session.execute(statement)).one_or_none()


async def by_id(session: Session, realm: Realm, item_id: int, *, hold: bool = False) -> ItemRow | None:
    statement = select(items).where(items.c.realm == realm, items.c.id == item_id)
    return (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()


async def add(session: Session, row: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(items).values(**row).returning(items.c.id))).scalar_one())


async def change(session: Session, item_id: int, columns: Mapping[str, Any]) -> None:
    await session.execute(update(items).where(items.c.id == item_id).values(**columns))


async def page(
    session: Session, realm: Realm, path: str, state: ColumnElement[bool], *, first: int, after_id: int | None
) -> list[ItemRow]:
    """Items of a division and below in order of their making."""
    statement = select(items).where(items.c.realm == realm, under(items.c.path, path), state)
    if after_id is not None:
        statement = statement.where(items.c.id > after_id)
    return list(await session.execute(statement.order_by(items.c.id).limit(first)))


async def holding_at(
    session: Session, realm: Realm, path: str, day: date, *, first: int, after_id: int | None
) -> list[ItemRow]:
    """Items in force that hold at a place, in order of their making."""
    statement = select(items).where(items.c.realm == realm, items.c.path.in_(prefixes(path)))
    statement = statement.where(in_state(KnowledgeState.IN_FORCE, day))
    if after_id is not None:
        statement = statement.where(items.c.id > after_id)
    return list(await session.execute(statement.order_by(items.c.id).limit(first)))


async def say(session: Session, row: Mapping[str, Any]) -> None:
    """What somebody says of an item now; what they said before no longer counts."""
    made = (sqlite_insert if session.dialect.name == "sqlite" else postgresql_insert)(verdicts).values(**row)
    newest = {"is_solved": made.excluded.is_solved, "at": made.excluded.at}
    await session.execute(made.on_conflict_do_update(index_elements=["item_id", "principal"], set_=newest))


async def verdicts_by_item(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many people said it solved their question, and how many that it did not."""
    counted = dict.fromkeys(ids, (0, 0))
    solved, unsolved = func.count().filter(verdicts.c.is_solved), func.count().filter(~verdicts.c.is_solved)
    statement = select(verdicts.c.item_id, solved, unsolved).where(verdicts.c.item_id.in_(ids))
    for item_id, yes, no in await session.execute(statement.group_by(verdicts.c.item_id)):
        counted[item_id] = (int(yes), int(no))
    return counted
