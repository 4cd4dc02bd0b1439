"""The commands that keep an installation in order, as an operator types them."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.__main__ import commands
from api.administration import commands as administration
from db import journal, rights
from db.database import Database, Session
from db.deliveries import gateways
from db.tables import Revocation, RoleGrant
from db.vocabulary import Channel, Realm, Role
from tests.city import build_city
from tests.conftest import SECRET

ACCOUNT = "zhang.san"


class Installation:
    def __init__(self, url: str) -> None:
        self._url = url

    def do(self, *typed: str, status: int = 0) -> str:
        done = CliRunner().invoke(commands, typed)
        assert done.exit_code == status, done.output
        assert "Traceback" not in done.output
        return done.output

    def ask(self, question: Callable[[Session], Awaitable[Any]]) -> Any:
        async def answer() -> Any:
            db = Database(self._url)
            try:
                async with db.read() as session:
                    return await question(session)
            finally:
                await db.close()

        return asyncio.run(answer())

    def held(self, principal: str = ACCOUNT, realm: Realm = Realm.LIVE) -> Any:
        return self.ask(lambda session: rights.held(session, realm, principal))


@pytest.fixture
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.setenv("GRIDCAST_DATABASE_URL", database_url)
    monkeypatch.setenv("GRIDCAST_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("GRIDCAST_SECRET", SECRET)

    async def build() -> None:
        db = Database(database_url)
        await build_city(db)
        await db.close()

    asyncio.run(build())
    return Installation(database_url)


def test_roles_are_granted_and_taken_back_and_the_record_says_by_whom(installation: Installation) -> None:
    given = installation.do("grant", ACCOUNT, "DISPATCHER", "320508", "--reason", "轮岗", "--by", "安全管理员")
    installation.do("grant", ACCOUNT, "CHECKER", "3205")
    installation.do("ungrant", ACCOUNT, "DISPATCHER", "320508")

    assert "DISPATCHER  320508" in given
    assert installation.held() == [(Role.CHECKER, "3205")]
    assert installation.held(realm=Realm.EXERCISE) is None
    words = installation.ask(lambda session: session.execute(select(RoleGrant.__table__)))  # type: ignore[attr-defined]
    assert [(row.version, row.is_held, row.changed_by, row.reason) for row in words] == [
        (1, True, "安全管理员", "轮岗"), (2, True, getpass.getuser(), ""), (3, False, getpass.getuser(), ""),
    ]  # fmt: skip
    assert "无 none" in installation.do("ungrant", ACCOUNT, "CHECKER", "3205")


@pytest.mark.parametrize(
    "typed",
    [
        ("grant", ACCOUNT, "DISPATCHER", "99"),
        ("grant", ACCOUNT, "SYSTEM", "32"),
        ("grant", ACCOUNT, "KING", "32"),
        ("grant", "x" * 121, "DISPATCHER", "3205"),
        ("grant", " ", "DISPATCHER", "3205"),
        ("grant", ACCOUNT, "DISPATCHER", "3205", "--reason", "x" * 201),
        ("ungrant", ACCOUNT, "DISPATCHER", "3205"),
        ("revoke", ""),
        ("revoke", ACCOUNT, "--token-id", "x" * 121),
    ],
)
def test_what_cannot_be_done_changes_nothing(installation: Installation, typed: tuple[str, ...]) -> None:
    installation.do(*typed, status=2)

    assert installation.held() is None
    assert installation.ask(journal.position).rights_version == 0


def test_an_account_and_a_single_token_are_revoked(installation: Installation) -> None:
    installation.do("revoke", ACCOUNT, "--reason", "离职")
    said = installation.do("revoke", ACCOUNT, "--token-id", "abc", "--by", "me")

    assert "revoked: zhang.san (abc)" in said
    rows = installation.ask(lambda session: session.execute(select(Revocation.__table__)))  # type: ignore[attr-defined]
    assert [(row.principal, row.token_id, row.reason) for row in rows] == [
        (ACCOUNT, None, "离职"),
        (ACCOUNT, "abc", ""),
    ]


def test_a_new_epoch_replaces_the_old_one(installation: Installation) -> None:
    before = installation.ask(journal.position)

    said = installation.do("new-epoch")

    after = installation.ask(journal.position)
    assert after.epoch != before.epoch and after.epoch in said
    assert (after.seq, after.compacted_to) == (before.seq, before.compacted_to)


def test_compact_says_how_much_went(installation: Installation) -> None:
    assert "removed events: 0" in installation.do("compact", "--days", "0")
    installation.do("compact", "--days", "-1", status=2)


def test_every_command_says_what_it_does_in_both_languages() -> None:
    for command in administration.registered_commands:
        assert command.callback is not None
        text = command.callback.__doc__ or ""
        assert text.isascii() is False and text[0].isascii(), command.name


def test_a_gateway_is_named_once_and_only_for_what_systems_carry(installation: Installation) -> None:
    said = installation.do("gateway", "sms-1", "SMS", "3205")
    installation.do("gateway", "sms-1", "SMS", "3205")
    installation.do("gateway", "sms-1", "PHONE", "3205", status=2)
    installation.do("gateway", "sms-1", "SMS", "9999", status=2)

    assert "sms-1 承担短信送达" in said
    found = installation.ask(lambda session: session.execute(select(gateways)))
    assert [(row.realm, row.channel, row.account, row.path) for row in found] == [
        (Realm.LIVE, Channel.SMS, "SOURCE_SYSTEM:sms-1", "32/3205/")
    ]
