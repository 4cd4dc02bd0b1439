"""Alembic's entry: runs the migrations on the connection that `db.migrate` hands in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel

import db.tables  # noqa: F401  # fills the metadata
from db.tables.columns import Instant, Words


def render(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Migrations name plain database types: they must still run when our classes have changed."""
    if kind == "type" and isinstance(item, Words):
        return "sa.String(length=40)"
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def compared(_item: Any, name: str | None, _kind: str, is_reflected: bool, compared_to: Any) -> bool:
    """The search index of the knowledge base is of a kind that models cannot say: see its migration."""
    return not (is_reflected and compared_to is None and (name or "").startswith("knowledge_words"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render,
    include_object=compared,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
