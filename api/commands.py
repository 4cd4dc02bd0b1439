"""Small things that several commands need: settings with a place to stand, a database that is there, tokens."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

import db as db_package
from api.auth import Tokens
from api.settings import Settings, SettingsError
from db.clock import now
from db.database import TROUBLE, Database
from db.realms import holds_exercise
from db.vocabulary import Realm, Role
from resolvers.refusals import Refusal
from resolvers.viewing import viewer_of

HOURS = 12
DISPLAY_HOURS = 8_760  # a year: nobody signs in on a wall
DEMO_MARKER = "demo-realm"  # in var_dir: the demo city lives in this database
SAMPLE_PEOPLE = Path(db_package.__file__ or "").parent / "data" / "units" / "people.csv"

T = TypeVar("T")


def run_with_database(settings: Settings, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Run one command's work; a refusal or a wrong setting ends it with a sentence, not a traceback."""

    async def whole() -> T:
        db = Database(settings.database)
        try:
            return await work(db)
        finally:
            await db.close()

    try:
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        return asyncio.run(whole())
    except TROUBLE as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise stop(
            f"数据库不可用，或尚未执行 migrate：{reason}\nNo usable database, or migrate was not run: {reason}"
        ) from None
    except Refusal as refusal:
        raise stop(f"{refusal.message('zh')}\n{refusal.message('en')}") from None
    except SettingsError as error:
        raise stop(str(error)) from None


def stop(message: str) -> typer.Exit:
    """Exit code 2 after a message on the error stream."""
    typer.echo(message, err=True)
    return typer.Exit(2)


InRealm = Annotated[
    Realm | None, typer.Option("--realm", help="LIVE 或 EXERCISE；缺省为本机所用。Default: the one in use here.")
]


async def realm_of(db: Database, settings: Settings, chosen: Realm | None = None) -> Realm:
    """The realm chosen, else the one people of this installation work in: EXERCISE where a demo or rehearsal runs."""
    if chosen is not None:
        return chosen
    is_exercise = bool(settings.demo) or (settings.var_dir / DEMO_MARKER).exists() or await holds_exercise(db)
    return Realm.EXERCISE if is_exercise else Realm.LIVE


async def issue_token(
    db: Database,
    settings: Settings,
    role: Role,
    scope: str,
    *,
    realm: Realm | None = None,
    hours: float | None = None,
    name: str | None = None,
    subject: str | None = None,
) -> str:
    """A token for an account whose scope exists; refuses one that names nothing."""
    realm = await realm_of(db, settings, realm)
    principal = subject or f"{role}:{scope}"
    viewer = await viewer_of(
        db, principal=principal, realm=realm, grants=[(role, scope)], name=name, language="zh", expires_at=None
    )
    lifetime = timedelta(hours=hours or (DISPLAY_HOURS if role is Role.DISPLAY else HOURS))
    tokens = Tokens(settings.signing_secret(allow_dev=True), now)
    return tokens.issue(principal, realm, [(role, scope)], name=viewer.name, lifetime=lifetime)


@dataclass(frozen=True, slots=True)
class Account:
    role: Role
    scope: str


def demo_accounts(scope: str) -> list[Account]:
    """One account of each role of the sample people, and those that need no row: the wall and the submitters."""
    with SAMPLE_PEOPLE.open(encoding="utf-8-sig", newline="") as file:
        people = [row for row in csv.DictReader(file) if row["scope_code"].startswith(scope)]
    first = {Role[row["role"]]: Account(Role[row["role"]], row["scope_code"]) for row in reversed(people)}
    divisions = (Role.DISPLAY, Role.ANALYST, Role.COMMANDER, Role.SHIFT_LEADER, Role.DISPATCHER, Role.INTAKE_OFFICER)
    named = {Role.RESIDENT: "resident-1", Role.ENTERPRISE: "enterprise-1", Role.SOURCE_SYSTEM: "12345"}
    extra = {role: Account(role, scope) for role in divisions} | {r: Account(r, code) for r, code in named.items()}
    accounts = extra | first
    return [accounts[role] for role in Role if role in accounts]
