"""Photos: their rows, and their bytes under random names outside of anything a web server serves."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from db.database import Session
from db.tables import Attachment
from db.vocabulary import Realm

_attachments: Any = Attachment.__table__  # type: ignore[attr-defined]
_ID = re.compile(r"[A-Za-z0-9_-]{20,40}")


@dataclass(frozen=True, slots=True)
class Photo:
    id: str
    realm: Realm
    uploader: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    created_at: datetime
    case_id: int | None = None  # until an action takes it up
    work_order_id: int | None = None  # of which it shows a result


def new_id() -> str:
    return secrets.token_urlsafe(24)


async def insert_photo(session: Session, photo: Photo) -> None:
    await session.execute(
        insert(_attachments).values(
            id=photo.id,
            realm=photo.realm,
            uploader=photo.uploader,
            media_type=photo.media_type,
            size_bytes=photo.size_bytes,
            width=photo.width,
            height=photo.height,
            created_at=photo.created_at,
        )
    )


async def find_photo_without_scope(session: Session, photo_id: str, realm: Realm) -> Photo | None:
    """The photo whoever asks: the caller decides who may see it."""
    columns = [_attachments.c[name] for name in Photo.__dataclass_fields__]
    statement = select(*columns).where(_attachments.c.id == photo_id, _attachments.c.realm == realm)
    row = (await session.execute(statement)).first()
    return Photo(**row._mapping) if row else None


async def count_unused(session: Session, uploader: str, since: datetime) -> int:
    """Photos of `uploader` that no action has taken up yet."""
    statement = select(func.count()).where(
        _attachments.c.uploader == uploader, _attachments.c.case_id.is_(None), _attachments.c.created_at >= since
    )
    return int((await session.execute(statement)).scalar_one())


class PhotoFiles:
    """Bytes by id, spread over folders by the first two characters. Written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, photo_id: str, body: bytes) -> None:
        path = self._path(photo_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with unfinished.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)

    def load(self, photo_id: str) -> bytes | None:
        try:
            return self._path(photo_id).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, photo_id: str) -> None:
        self._path(photo_id).unlink(missing_ok=True)

    def _path(self, photo_id: str) -> Path:
        if not is_photo_id(photo_id):
            raise ValueError("expected a photo id")
        return self._folder / photo_id[:2] / photo_id


def is_photo_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None
