"""What an operator may set: environment variables that begin with GRIDCAST_, each with its unit."""

from __future__ import annotations

import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.bell import POSTGRES_SCHEMES, VALKEY_SCHEMES
from db.vocabulary import Realm

SECRET_BYTES_AT_LEAST = 32  # HS256 signs with 256 bits
KNOWN_SECRETS = ("changeme", "change-me", "change_me", "secret", "password", "gridcast", "example", "default")


class SettingsError(Exception):
    """The server cannot start with these settings; the message says what to do, in both languages."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="GRIDCAST_", populate_by_name=True, extra="ignore")

    database_url: str = ""  # empty: SQLite in var_dir
    bell_url: str = Field(default="memory://", repr=False)  # wakes the readers; "memory://" those of this process
    workers: int = Field(default=1, ge=1, le=64)  # processes that share the port
    var_dir: Path = Path("var")  # database, photos and the development secret

    secret: SecretStr = SecretStr("")  # signs tokens; at least 32 bytes
    dev: bool = False  # /dev/token, GraphiQL, introspection, suggestions: never in production
    dev_scope: str = "3205"  # division of the tokens that /dev/token gives away
    demo: float = 0.0  # actions a second of the demo city; 0 is none
    demo_seed: int = 1  # the same seed, the same city

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535, validation_alias=AliasChoices("GRIDCAST_PORT", "PORT"))
    allowed_origins: list[str] = []  # pages of other origins that may call us, as JSON: ["https://wall.example"]

    body_bytes: int = 256 * 1024
    message_bytes: int = 64 * 1024
    photo_bytes: int = 8 * 1024 * 1024
    request_seconds: float = 10  # deadline of one query or mutation
    init_seconds: float = 5  # until a socket must have said who it is
    drain_seconds: float = 4  # running mutations get this long at shutdown
    subscriptions_per_socket: int = 20
    subscriptions_per_principal: int = 50
    sockets_per_principal: int = 10
    messages_per_second: int = 30  # that a socket may send us
    guests_per_minute: int = Field(default=60, ge=0)  # tokens for people without an account; 0: nobody is let in
    guest_requests_per_minute: int = Field(default=120, ge=1)  # of one person without an account
    webhook_retry_seconds: float = Field(default=5, gt=0, le=3_600)  # first pause before a webhook is tried again
    webhooks_at_once: int = Field(default=256, ge=1, le=4_096)  # messages on their way to service providers
    webhooks_at_once_each: int = Field(default=64, ge=1, le=4_096)  # of these to one webhook
    webhooks_local: bool = False  # webhooks may lead to this machine, over http: for development, never in production
    journal_days: float = Field(default=7, ge=0, le=36_500)  # older events leave the journal; cases and steps stay

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.var_dir / 'gridcast.db'}"

    def require_servable(self) -> None:
        """Refuse here, once, what every worker would refuse."""
        self.signing_secret()
        _ = self.bell

    @property
    def bell(self) -> str:
        """The address to open the bell with. Refuses what would never ring, without repeating what was given."""
        if self.bell_url == "memory://":
            return self.bell_url
        if self.bell_url == "database":
            if self.database.startswith(POSTGRES_SCHEMES):
                return self.database
            raise SettingsError(
                "GRIDCAST_BELL_URL=database 需要 PostgreSQL;SQLite 请用 memory:// 或 redis://。\n"
                "GRIDCAST_BELL_URL=database needs PostgreSQL; with SQLite use memory:// or redis://."
            )
        _require_bell(self.bell_url)
        return self.bell_url

    @property
    def files_dir(self) -> Path:
        return self.var_dir / "files"

    @property
    def realm(self) -> Realm:
        """The realm of what this server gives away by itself: tokens of /dev/token."""
        return Realm.EXERCISE if self.demo else Realm.LIVE

    def signing_secret(self, *, allow_dev: bool = False) -> str:
        """The secret that signs tokens. Refuses a missing, well-known or short one outside development.

        `allow_dev` is for the command line on a developer's machine, where no server has been started yet.
        """
        secret = self.secret.get_secret_value()
        if secret:
            _require_strong(secret, is_dev=self.dev)
            return secret
        if self.dev or allow_dev:
            return _dev_secret(self.var_dir / "dev-secret")
        raise SettingsError(
            "未设置 GRIDCAST_SECRET：生产环境必须提供至少 32 字节的随机密钥（开发时请加 --dev）。\n"
            "GRIDCAST_SECRET is not set: production needs 32 random bytes or more (--dev in development)."
        )


def _require_strong(secret: str, *, is_dev: bool) -> None:
    if len(secret.encode()) < SECRET_BYTES_AT_LEAST:
        raise SettingsError(
            f"GRIDCAST_SECRET 太短：至少需要 {SECRET_BYTES_AT_LEAST} 字节。\n"
            f"GRIDCAST_SECRET is too short: at least {SECRET_BYTES_AT_LEAST} bytes are needed."
        )
    is_guessable = len(set(secret)) < 8 or secret.lower().startswith(KNOWN_SECRETS)
    if is_guessable and not is_dev:
        raise SettingsError(
            "GRIDCAST_SECRET 是默认值或容易猜到的值，请更换为随机密钥。\n"
            "GRIDCAST_SECRET is a default or easily guessed value: use a random one."
        )


def _require_bell(url: str) -> None:
    scheme = url.partition("://")[0]
    if scheme not in VALKEY_SCHEMES + POSTGRES_SCHEMES:
        raise SettingsError(
            "GRIDCAST_BELL_URL 无法识别：可用 memory://、database，或以 redis://、rediss://、valkey://、valkeys://、"
            "postgresql:// 开头的地址。\n"
            "GRIDCAST_BELL_URL is not a bell: use memory://, database, or an address that begins with redis://, "
            "rediss://, valkey://, valkeys:// or postgresql://."
        )
    if not _is_address(url, needs_host=scheme in VALKEY_SCHEMES):
        raise SettingsError(
            "GRIDCAST_BELL_URL 格式有误：应为 方案://用户:密码@主机:端口/库；密码中的 @ : / ? # "
            "须写成 %40 %3A %2F %3F %23。\n"
            "GRIDCAST_BELL_URL is malformed: write scheme://user:password@host:port/database, with @ : / ? # in the "
            "password as %40 %3A %2F %3F %23."
        )
    if scheme in VALKEY_SCHEMES and find_spec("redis") is None:
        raise SettingsError(
            "GRIDCAST_BELL_URL 指向 Valkey 或 Redis，需要安装 redis 包：pip install 'gridcast[redis]'。\n"
            "GRIDCAST_BELL_URL names Valkey or Redis, which needs one more package: pip install 'gridcast[redis]'."
        )


def _is_address(url: str, *, needs_host: bool) -> bool:
    try:
        parts = urlsplit(url)
        has_host = not needs_host or (bool(parts.hostname) and parts.port != 0)
    except ValueError:
        return False
    return has_host and "@" not in parts.path + parts.fragment


def _dev_secret(path: Path) -> str:
    """Made once and kept, so that tokens outlive a restart of the development server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
