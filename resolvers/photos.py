"""Photos of problems and of results: taken in, made harmless, and shown to those who may see the case."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import timedelta

from PIL import Image, ImageOps

from db import cases, client_apps, work_orders
from db.attachments import (
    Photo,
    PhotoFiles,
    count_unused,
    find_photo_without_scope,
    insert_photo,
    is_photo_id,
    new_id,
)
from db.clock import Clock
from db.database import Database
from db.scope import Masking
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from resolvers.tokens import is_anonymous
from resolvers.viewer import READ_ONLY, Viewer

PIXELS = 50_000_000  # a phone's largest picture; more is a bomb that unpacks in memory
LONGEST_SIDE = 4_096
JPEG_QUALITY = 85
UNUSED_PER_HOUR = 60  # photos that no action took up: more is a disk being filled
UNUSED_BY_GUEST = 9  # as many as one case takes
AT_ONCE = 2  # each unpacks to some 150 MB

Image.MAX_IMAGE_PIXELS = PIXELS
_unpacking = asyncio.Semaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels and nothing else: no place, no camera, no owner."""

    body: bytes
    media_type: str
    width: int
    height: int


def redraw(body: bytes) -> Picture:
    """Decode and encode again, so that what we keep is a picture whatever came. UNSUPPORTED_MEDIA for the rest."""
    try:
        with Image.open(io.BytesIO(body), formats=("JPEG", "PNG")) as came:
            if came.width * came.height > PIXELS:
                raise Refusal(Code.UNSUPPORTED_MEDIA)
            is_jpeg = came.format == "JPEG"
            came.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(came)
            has_transparency = not is_jpeg and upright.has_transparency_data
            picture = upright.convert("RGBA" if has_transparency else "RGB")
    except Refusal:
        raise
    except Exception:  # a decoder fails in many ways on hostile bytes; all mean the same
        raise Refusal(Code.UNSUPPORTED_MEDIA) from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info = {}
    drawn = io.BytesIO()
    if is_jpeg:
        picture.save(drawn, "JPEG", quality=JPEG_QUALITY)
    else:
        picture.save(drawn, "PNG")
    return Picture(drawn.getvalue(), "image/jpeg" if is_jpeg else "image/png", picture.width, picture.height)


async def keep_photo(db: Database, files: PhotoFiles, viewer: Viewer, body: bytes, *, clock: Clock) -> Photo:
    """Store a photo. It is its uploader's until an action takes it up.

    The bytes are on disk before the row exists, so that a row never points at nothing.
    """
    if viewer.roles <= READ_ONLY:
        raise Refusal(Code.FORBIDDEN, action="上传照片", action_name="upload photos")
    now = clock()
    async with db.read() as session:
        most = UNUSED_BY_GUEST if is_anonymous(viewer) else UNUSED_PER_HOUR
        if await count_unused(session, viewer.principal, now - timedelta(hours=1)) >= most:
            raise Refusal(Code.RATE_LIMITED)
    async with _unpacking:
        picture = await asyncio.to_thread(redraw, body)
    photo = Photo(
        id=new_id(),
        realm=viewer.realm,
        uploader=viewer.principal,
        media_type=picture.media_type,
        size_bytes=len(picture.body),
        width=picture.width,
        height=picture.height,
        created_at=now,
    )
    await asyncio.to_thread(files.save, photo.id, picture.body)
    try:
        async with db.write() as session:
            await insert_photo(session, photo)
    except BaseException:
        files.remove(photo.id)
        raise
    return photo


async def find_photo(db: Database, viewer: Viewer, photo_id: str) -> Photo | None:
    """The photo when the viewer sent it, or may see its case and is shown persons' things; None like a missing one.

    Faces and number plates are personal, so whoever sees nothing personal, or only follows, sees no photo of others.
    A service provider sees those of its own orders, whichever of its people or systems sent them.
    """
    if not is_photo_id(photo_id):
        return None
    async with db.read() as session:
        photo = await find_photo_without_scope(session, photo_id, viewer.realm)
        if photo is None or photo.uploader == viewer.principal:
            return photo
        if await client_apps.is_logo(session, viewer.realm, photo.id):  # everybody may see how an app looks
            return photo
        if photo.work_order_id is not None:
            order = (await work_orders.by_ids(session, [photo.work_order_id]))[photo.work_order_id]
            if access.looks_as_provider(viewer.scope, order):
                return photo
        if photo.case_id is None or viewer.scope.masking is not Masking.WORKING:
            return None
        case = (await cases.by_ids(session, viewer.scope, [photo.case_id])).get(photo.case_id)
    if case is None or access.only_follows(viewer.scope, cases.columns_of(case)):
        return None
    return photo
