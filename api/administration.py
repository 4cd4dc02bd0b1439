"""Commands for who keeps an installation in order: the journal's length and epoch, and who may do what."""

from __future__ import annotations

import getpass
import secrets
from datetime import timedelta
from typing import Annotated

import typer

from api.commands import InRealm, realm_of, run_with_database, stop
from api.settings import Settings
from db import catalogue, deliveries, places, rights
from db.clock import now
from db.compaction import compact as compact_journal
from db.database import Database
from db.journal import renew_epoch
from db.rights import By
from db.vocabulary import Channel, Role
from db.vocabulary.integration import KeyScope
from resolvers import service_accounts
from resolvers.call import Call
from resolvers.rules.channels import CARRIED
from resolvers.service_accounts import DAYS_MOST, NewAccount
from resolvers.viewing import viewer_of

commands = typer.Typer()

Principal = Annotated[str, typer.Argument(help="Account, as `--subject` of its tokens names it. 账号")]
RoleGiven = Annotated[Role, typer.Argument(help="Role, e.g. DISPATCHER. 角色")]
ScopeGiven = Annotated[str, typer.Argument(help="Division, grid, unit or provider code, or an account. 权限范围")]
Reason = Annotated[str, typer.Option("--reason", help="Kept with the record. 原因，记入记录")]
Who = Annotated[str | None, typer.Option("--by", help="Who decides; your system user. 经办人")]


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
    """After a restore: every client takes a fresh snapshot. 恢复备份后执行：令所有客户端重新取快照。"""

    async def renew(db: Database) -> str | None:
        async with db.write() as session:
            return await renew_epoch(session)

    typer.echo(f"新的日志纪元 new epoch: {run_with_database(Settings(), renew)}")


@commands.command()
def revoke(
    principal: Principal,
    token_id: Annotated[str | None, typer.Option("--token-id", help="Only this token (`jti`). 仅吊销该令牌")] = None,
    reason: Reason = "",
    by: Who = None,
) -> None:
    """End the tokens an account holds, or one of them; its sockets close. 吊销账号的令牌。"""
    deciding = _by(by, reason, principal)

    async def write(db: Database) -> int:
        async with db.write() as session:
            return await rights.revoke(session, principal, _short(token_id, "token-id"), deciding)

    run_with_database(Settings(), write)
    typer.echo(f"已吊销 revoked: {principal}" + (f" ({token_id})" if token_id else ""))


@commands.command()
def grant(
    principal: Principal,
    role: RoleGiven,
    scope: ScopeGiven,
    realm: InRealm = None,
    reason: Reason = "",
    by: Who = None,
) -> None:
    """Give an account a role; from the first one on its tokens' own rights no longer count. 授予角色。"""
    deciding = _by(by, reason, principal)
    if role is Role.SYSTEM:
        raise stop("SYSTEM 不能授予。\nSYSTEM cannot be granted.")

    async def write(db: Database) -> list[tuple[Role, str]] | None:
        where = await realm_of(db, Settings(), realm)
        # Refuses a scope that names nothing.
        await viewer_of(
            db, principal=principal, realm=where, grants=[(role, scope)], name="", language="zh", expires_at=None
        )
        async with db.write() as session:
            await rights.say(session, where, principal, role, scope, deciding, is_held=True)
            return await rights.held(session, where, principal)

    _tell(principal, run_with_database(Settings(), write))


@commands.command()
def ungrant(
    principal: Principal,
    role: RoleGiven,
    scope: ScopeGiven,
    realm: InRealm = None,
    reason: Reason = "",
    by: Who = None,
) -> None:
    """Take a granted role back; without any left the account cannot sign in. 收回角色。"""
    deciding = _by(by, reason, principal)

    async def write(db: Database) -> list[tuple[Role, str]] | None:
        where = await realm_of(db, Settings(), realm)
        async with db.write() as session:
            if (role, scope) not in (await rights.held(session, where, principal) or []):
                raise stop(
                    f"{principal} 未被授予 {role} {scope}。令牌自带的权限请用 revoke 吊销。\n"
                    f"{principal} was not granted {role} {scope}. Rights of its tokens end with revoke."
                )
            await rights.say(session, where, principal, role, scope, deciding, is_held=False)
            return await rights.held(session, where, principal)

    _tell(principal, run_with_database(Settings(), write))


@commands.command()
def gateway(
    account: Annotated[str, typer.Argument(help="Account of its SOURCE_SYSTEM token. 对接系统账号")],
    channel: Annotated[Channel, typer.Argument(help="SMS or HOTLINE_CALLBACK. 渠道")],
    division: Annotated[str, typer.Argument(help="Division it carries answers for. 区划代码")],
    realm: InRealm = None,
) -> None:
    """Let a source system carry answers of a channel. 登记承担送达的网关。"""
    if channel not in CARRIED:
        names = "、".join(sorted(CARRIED))
        raise stop(f"该渠道不由外部系统送达，可选：{names}。\nNo system carries {channel}; expected {names}.")

    async def write(db: Database) -> None:
        where = await realm_of(db, Settings(), realm)
        viewer = await viewer_of(
            db,
            principal=account,
            realm=where,
            grants=[(Role.SOURCE_SYSTEM, account)],
            name="",
            language="zh",
            expires_at=None,
        )
        async with db.write() as session:
            place = await places.division(session, division)
            if place is None:
                raise stop(f"没有区划 {division}。\nThere is no division {division}.")
            [key] = {grant.value for grant in viewer.grants}
            row = {"realm": where, "channel": channel, "account": key, "division_code": division, "path": place.path}
            await deliveries.let_carry(session, row)

    run_with_database(Settings(), write)
    typer.echo(f"{account} 承担{channel.label}送达 carries {channel.value}: {division}")


@commands.command("service-account")
def service_account(
    provider: Annotated[str, typer.Argument(help="Code of the service provider. 服务商编码")],
    name: Annotated[str, typer.Argument(help="What people call the system. 系统名称")],
    scope: Annotated[list[KeyScope] | None, typer.Option("--scope", help="WORK, WEBHOOKS. 密钥用途")] = None,
    days: Annotated[int, typer.Option(help="Until the key ends. 有效天数", min=1, max=DAYS_MOST)] = DAYS_MOST,
    realm: InRealm = None,
) -> None:
    """Make an account for a provider's own system; print its key, and nothing else. 为服务商系统签发密钥。"""

    async def write(db: Database) -> str:
        where = await realm_of(db, Settings(), realm)
        grants = [(Role.SECURITY_ADMIN, "")]
        viewer = await viewer_of(
            db, principal=f"cli:{getpass.getuser()}", realm=where, grants=grants, name="", language="zh",
            expires_at=None,
        )  # fmt: skip
        async with db.read() as session:
            row = await catalogue.by_code(session, catalogue.service_providers, provider)
        if row is None:
            raise stop(f"没有服务商 {provider}。\nThere is no service provider {provider}.")
        call = Call(viewer, now(), secrets.token_hex(16))
        _, key = await service_accounts.create(db, call, row.id, NewAccount(name, scope or [], days))
        return key or ""

    typer.echo(run_with_database(Settings(), write))


def _by(who: str | None, reason: str, principal: str) -> By:
    _short(principal, "principal")
    return By(_short(who or getpass.getuser(), "by") or "", _short(reason, "reason", 200) or "", now())


def _short(text: str | None, name: str, most: int = 120) -> str | None:
    if text is not None and (len(text) > most or "\x00" in text or (name == "principal" and not text.strip())):
        raise stop(f"{name}：需要 1 至 {most} 个字符。\n{name}: expected 1 to {most} characters.")
    return text


def _tell(principal: str, held: list[tuple[Role, str]] | None) -> None:
    typer.echo(f"{principal} 的权限 rights of {principal}:")
    for role, scope in held or []:
        typer.echo(f"  {role.label} {role.value}  {scope}")
    if not held:
        typer.echo("  无 none")
