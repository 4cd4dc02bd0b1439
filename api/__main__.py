"""The command line: `python -m api …`, also installed as `gridcast`. Nothing else parses arguments."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.administration import commands as administration_commands
from api.commands import (
    DEMO_MARKER,
    demo_accounts,
    issue_token,
    realm_of,
    run_with_database,
    stop,
)
from api.documents import commands as document_commands
from api.importing import commands as importing_commands
from api.logging_setup import set_up_logging
from api.settings import Settings, SettingsError
from db.clock import now
from db.database import Database
from db.migrate import migrate as migrate_database
from db.migrate import require_migrated
from db.vocabulary import Realm, Role
from resolvers.measuring import recount as recount_tallies
from resolvers.refusals import Refusal

PUBLISHED_SCHEMA = Path(__file__).resolve().parent.parent / "schema" / "schema.graphql"

commands = typer.Typer(
    name="gridcast",
    help="Live backbone for grid governance. 网格治理的实时数据底座。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@commands.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. 监听地址")] = None,
    port: Annotated[int | None, typer.Option(help="Port; also PORT or GRIDCAST_PORT. 端口")] = None,
    dev: Annotated[bool, typer.Option("--dev", help="Development: GraphiQL, /dev/token. 开发模式")] = False,
    demo: Annotated[float | None, typer.Option(help="Demo city, actions a second. 演示城市，每秒动作数")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port. 共用端口的进程数")] = None,
) -> None:
    """Serve GraphQL, live sockets, photos and pages. 启动服务。"""
    from api.app import build_app  # noqa: PLC0415  # other commands start without the whole server
    from api.server import Server, config_for  # noqa: PLC0415
    from api.workers import serve_together  # noqa: PLC0415

    settings = _settings(host=host, port=port, dev=dev or None, demo=demo, workers=workers)
    set_up_logging(dev=settings.dev)
    run_with_database(settings, require_migrated)
    try:
        settings.require_servable()
    except SettingsError as error:
        raise stop(str(error)) from None
    if settings.demo:
        (settings.var_dir / DEMO_MARKER).touch()
    if settings.workers > 1:
        raise typer.Exit(serve_together(settings))
    Server(config_for(build_app(settings))).run()


@commands.command()
def migrate() -> None:
    """Bring the database to the newest shape. 升级数据库结构。"""
    run_with_database(_settings(), migrate_database)


@commands.command()
def recount(
    repair: Annotated[
        bool, typer.Option("--repair", help="Replace the tallies by the recount. 以重算结果为准")
    ] = False,
) -> None:
    """Count all cases anew and compare with the tallies; exit code 1 when they differ. 核对统计。"""

    async def compare(db: Database) -> int:
        differing = await recount_tallies(db, repair=repair)
        typer.echo(
            f"统计差异 differing tallies: {differing:,}" + (", 已修复 repaired" if repair and differing else "")
        )
        return differing

    if run_with_database(_settings(), compare) and not repair:
        raise typer.Exit(1)


@commands.command()
def token(
    role: Annotated[str, typer.Option(help="Role, e.g. DISPLAY. 角色")],
    scope: Annotated[str, typer.Option(help="Division, grid, unit or provider code, or an account. 权限范围")],
    realm: Annotated[Realm | None, typer.Option(help="LIVE or EXERCISE. 实战或演练")] = None,
    hours: Annotated[float | None, typer.Option(help="12; DISPLAY 8760. 有效小时数", min=0.01, max=8_784)] = None,
    name: Annotated[str | None, typer.Option(help="Shown beside what it does. 显示名称")] = None,
    subject: Annotated[str | None, typer.Option(help="Account; ROLE:SCOPE when left out. 账号")] = None,
) -> None:
    """Print a token, and nothing else, on the standard output. 签发令牌。"""
    issued_role, settings = _role(role), _settings()

    async def issue(db: Database) -> str:
        return await issue_token(
            db, settings, issued_role, scope, realm=realm, hours=hours, name=name, subject=subject
        )

    if not settings.secret.get_secret_value():
        typer.echo("未设置 GRIDCAST_SECRET，使用开发密钥签发。Signed with the development secret.", err=True)
    typer.echo(run_with_database(settings, issue))


@commands.command()
def tokens() -> None:
    """Print a token for each demo account. 列出演示账号的令牌。"""
    settings = _settings()

    async def issue_all(db: Database) -> tuple[Realm, list[tuple[Role, str, str]]]:
        realm, rows = await realm_of(db, settings), []
        for account in demo_accounts(settings.dev_scope):
            try:
                issued = await issue_token(db, settings, account.role, account.scope, realm=realm)
            except Refusal:
                continue  # its place or unit has not been imported
            rows.append((account.role, account.scope, issued))
        return realm, rows

    realm, rows = run_with_database(settings, issue_all)
    typer.echo(f"演示令牌（{realm.label}）/ Demo tokens ({realm.value})\n")
    for role, scope, issued in rows:
        typer.echo(f"{role.label} {role.value}  {scope}\n  {issued}")


@commands.command()
def schema(
    check: Annotated[bool, typer.Option("--check", help="Fail when the published file is stale. 检查")] = False,
) -> None:
    """Print the GraphQL contract. 打印 GraphQL 契约。"""
    from schema.build import schema as built  # noqa: PLC0415

    printed = built.as_str()
    if not check:
        typer.echo(printed)
        return
    if PUBLISHED_SCHEMA.read_text(encoding="utf-8").strip() != printed.strip():
        raise stop("schema/schema.graphql 已过期。\nschema/schema.graphql is stale: run make schema.")


@commands.command()
def demo(
    rate: Annotated[float, typer.Option(help="Actions a second. 每秒动作数", min=0.01)] = 2.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same city. 随机种子")] = 1,
) -> None:
    """Run the demo city against the database, in a process of its own. 运行演示城市。"""
    from api.demo import City  # noqa: PLC0415

    settings = _settings()
    set_up_logging(dev=True)
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    (settings.var_dir / DEMO_MARKER).touch()
    try:
        run_with_database(settings, lambda db: City(db, now, rate_per_second=rate, seed=seed).run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(0) from None


commands.registered_commands += importing_commands.registered_commands
commands.registered_commands += administration_commands.registered_commands
commands.registered_commands += document_commands.registered_commands


def _settings(**given: object) -> Settings:
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = "; ".join(
            f"GRIDCAST_{'.'.join(map(str, one['loc'])).upper().removeprefix('GRIDCAST_')}: {one['msg']}"
            for one in error.errors()
        )
        raise stop(f"配置有误 Wrong setting: {wrong}") from None


def _role(text: str) -> Role:
    if text not in Role.__members__ or text == Role.SYSTEM:
        names = "、".join(f"{role.value}({role.label})" for role in Role if role is not Role.SYSTEM)
        raise stop(f"不能签发角色 {text}；可选：{names}。\nCannot issue role {text}; choose one of those.")
    return Role[text]


def main() -> None:
    commands()


if __name__ == "__main__":
    main()
