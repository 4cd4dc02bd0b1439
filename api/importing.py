"""Commands that bring divisions, grids and units in from files. The database is the server's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.commands import InRealm, realm_of, run_with_database
from api.settings import Settings
from db.clock import now
from db.database import Database
from db.migrate import analyze, migrate
from resolvers.collection_files import import_fields
from resolvers.fact_files import import_facts
from resolvers.importing import (
    ImportReport,
    import_assessment,
    import_divisions,
    import_grids,
    import_units,
    shipped_divisions,
)
from resolvers.knowledge_files import import_knowledge
from resolvers.sample_grids import sample_grids, write_grids

commands = typer.Typer()

LABELS = {
    "divisions": "行政区划 divisions",
    "grids": "网格 grids",
    "centres": "指挥中心 centres",
    "departments": "责任部门 departments",
    "service_providers": "服务商 service providers",
    "qualification_kinds": "资质种类 qualification kinds",
    "provider_qualifications": "服务商资质 provider qualifications",
    "provider_areas": "服务区域 provider areas",
    "provider_crews": "服务商班组 provider crews",
    "provider_technicians": "服务商技工 provider technicians",
    "reserved_tasks": "不得购买事项 reserved tasks",
    "catalogue_items": "购买目录 catalogue items",
    "people": "人员 people",
    "matters": "事项 matters",
    "task_permits": "准入清单 task permits",
    "permit_reviewers": "准入联审单位 permit reviewers",
    "negative_matters": "负面清单 negative list",
    "burden_ceilings": "减负上限 burden ceilings",
    "grid_workers": "网格人员 grid workers",
    "worker_assignments": "网格岗位 worker assignments",
    "party_organisations": "党组织 party organisations",
    "programmes": "工程标签 programmes of grids",
    "police_beats": "警格 police beats",
    "beat_grids": "警格网格 grids of beats",
    "response_templates": "回应模板 response templates",
    "calendar_days": "日历 calendar days",
    "office_hours": "办公时间 office hours",
    "stage_limits": "环节时限 stage limits",
    "knowledge_items": "知识库 knowledge items",
    "collection_fields": "采集项 collection fields",
    "collection_consumers": "采集项共用单位 units that share fields",
    "assessment_rules": "考核规则 assessment rules",
    "assessment_schemes": "考核方案 assessment schemes",
    "assessment_components": "考核指标 assessment components",
}

Report = Callable[[int, int], None]
Import = Callable[[Database, Report], Awaitable[ImportReport]]

DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查，不写入。Check and count, change nothing.")]


@commands.command("import-divisions")
def divisions(
    file: Annotated[
        Path | None, typer.Argument(help="CSV（可为 .gz）；缺省为自带的江苏区划。Default: the shipped Jiangsu.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """导入行政区划。Import the tree of divisions."""
    _run(lambda db, progress: import_divisions(db, file, dry_run=dry_run, progress=progress))


@commands.command("import-grids")
def grids(
    file: Annotated[Path | None, typer.Argument(help="CSV（UTF-8 或 GB18030）。")] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="导入 105,000 个虚构网格。Import 105,000 invented grids.")
    ] = False,
    write_sample: Annotated[
        Path | None, typer.Option(help="把虚构网格写成 CSV，不导入。Write the invented grids to a CSV instead.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """导入网格。Import grids."""
    if [file is not None, sample, write_sample is not None].count(True) != 1:
        raise typer.BadParameter("请给出 FILE、--sample 或 --write-sample 之一 / give one of them")
    if write_sample is not None:
        write_grids(write_sample, sample_grids(shipped_divisions()))
        Console().print(f"已写入 written: {write_sample}")
        return
    _run(lambda db, progress: import_grids(db, file, dry_run=dry_run, progress=progress))


@commands.command("import-units")
def units(
    folder: Annotated[
        Path | None, typer.Argument(help="CSV 文件夹；缺省为自带示例。Default: the shipped examples.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """导入指挥中心、部门、服务商、人员、事项、准入清单和日历。Import units, people, matters and permits."""
    _run(lambda db, _: import_units(db, folder, dry_run=dry_run))


@commands.command("import-assessment")
def assessment(
    folder: Annotated[
        Path | None, typer.Argument(help="CSV 文件夹；缺省为自带方案。Default: the shipped schemes.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """导入考核规则和考核方案。Import the rules and the schemes of performance reviews."""
    _run(lambda db, _: import_assessment(db, folder, dry_run=dry_run))


@commands.command("import-facts")
def facts(
    folder: Annotated[Path | None, typer.Argument(help="CSV 文件夹。Folder of CSV files.")] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="为每个网格生成虚构人员等。Invented facts for every grid.")
    ] = False,
    realm: InRealm = None,
    dry_run: DryRun = False,
) -> None:
    """导入网格人员等网格事实。Import who works which grid, and other facts of grids."""
    if (folder is not None) is sample:
        raise typer.BadParameter("请给出 FOLDER 或 --sample 之一 / give one of them")

    async def bring_in(db: Database, progress: Report) -> ImportReport:
        where = await realm_of(db, Settings(), realm)
        return await import_facts(db, where, folder, dry_run=dry_run, progress=progress)

    _run(bring_in)


@commands.command("import-knowledge")
def knowledge(
    file: Annotated[
        Path | None, typer.Argument(help="CSV（UTF-8 或 GB18030）；缺省为自带示例。Default: the shipped examples.")
    ] = None,
    realm: InRealm = None,
    dry_run: DryRun = False,
) -> None:
    """导入知识库（你问我答）。Import what questions are answered from."""

    async def bring_in(db: Database, _: Report) -> ImportReport:
        where = await realm_of(db, Settings(), realm)
        return await import_knowledge(db, where, now(), file, dry_run=dry_run)

    _run(bring_in)


@commands.command("import-fields")
def fields(
    folder: Annotated[
        Path | None, typer.Argument(help="CSV 文件夹；缺省为自带示例。Default: the shipped examples.")
    ] = None,
    realm: InRealm = None,
    dry_run: DryRun = False,
) -> None:
    """导入采集项（基础+业务总表）。Import the fields of the unified form."""

    async def bring_in(db: Database, _: Report) -> ImportReport:
        where = await realm_of(db, Settings(), realm)
        return await import_fields(db, where, now(), folder, dry_run=dry_run)

    _run(bring_in)


def _run(bring_in: Import) -> None:
    columns = TextColumn("导入 importing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        report = run_with_database(Settings(), lambda db: _import(db, bring_in, progress))
    _print(report)
    if report.errors:
        raise typer.Exit(1)


async def _import(db: Database, bring_in: Import, progress: Report) -> ImportReport:
    await migrate(db)
    report = await bring_in(db, progress)
    if not report.errors and not report.dry_run:
        await analyze(db)
    return report


def _print(report: ImportReport) -> None:
    for error in report.errors:
        typer.echo(str(error), err=True)
    if report.more_errors:
        typer.echo(f"……还有 {report.more_errors} 条错误 / and {report.more_errors} more", err=True)
    if report.errors:
        typer.echo("没有写入任何数据 / nothing was changed", err=True)
    for kind, counts in report.counts.items():
        typer.echo(
            f"{LABELS[kind]}: 新增 added {counts.added:,}, 变更 changed {counts.changed:,}, "
            f"未变 unchanged {counts.unchanged:,}"
        )
    if report.dry_run and not report.errors:
        typer.echo("试运行，未写入 / dry run, nothing was written")
