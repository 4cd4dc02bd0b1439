"""Commands for who keeps an installation in order: the journal's length and its epoch."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.commands import run_with_database
from api.settings import Settings
from db.clock import now
from db.compaction import compact as compact_journal
from db.database import Database
from db.journal import renew_epoch

commands = typer.Typer()


@commands.command()
def compact(
    days: Annotated[
        float | None, typer.Option(help="Keep this many days; GRIDCAST_JOURNAL_DAYS. 保留天数", min=0.0, max=36_500.0)
    ] = None,
) -> None:
    """Remove old events from the journal; cases and their history stay. 清理过期的事件日志。"""
    settings = Settings()
    kept = timedelta(days=settings.journal_days if days is None else days)

    async def remove(db: Database) -> int:
        return await compact_journal(db, now() - kept)

    typer.echo(f"已清理事件 removed events: {run_with_database(settings, remove):,}")


@commands.command("new-epoch")
def new_epoch() -> None:
    """After a restore: every client takes a fresh snapshot. 恢复备份后执行:令所有客户端重新取快照。"""

    async def renew(db: Database) -> str | None:
        async with db.write() as session:
            return await renew_epoch(session)

    typer.echo(f"新的日志纪元 new epoch: {run_with_database(Settings(), renew)}")
