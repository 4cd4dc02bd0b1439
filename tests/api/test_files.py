"""Photos: real pictures only, nothing but pixels kept, and shown to those who may see the case."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from db.vocabulary import Realm, Role


def jpeg(size: tuple[int, int] = (40, 30), *, orientation: int | None = None) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "CameraOfSomebody"
    exif.get_ifd(0x8825)[2] = (31.0, 18.0, 0.0)  # GPS latitude
    if orientation:
        exif[0x0112] = orientation
    body = io.BytesIO()
    Image.new("RGB", size, "red").save(body, "JPEG", exif=exif, comment=b"CommentOfSomebody")
    return body.getvalue()


def png(mode: str = "RGBA") -> bytes:
    text, body = PngInfo(), io.BytesIO()
    text.add_text("Author", "NameOfSomebody")
    Image.new(mode, (20, 10)).save(body, "PNG", pnginfo=text)
    return body.getvalue()


async def send(city: Any, body: Any, content_type: str = "image/jpeg", token: str | None = None) -> httpx2.Response:
    headers = {"authorization": f"Bearer {token or city.token()}", "content-type": content_type}
    answer: httpx2.Response = await city.http.post("/files", content=body, headers=headers)
    return answer


async def fetch(city: Any, photo_id: str, token: str | None = None) -> httpx2.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer: httpx2.Response = await city.http.get(f"/files/{photo_id}", headers=headers)
    return answer


async def test_a_photo_is_redrawn_and_loses_its_place_and_camera(city: Any) -> None:
    answer = await send(city, jpeg(orientation=6))

    described = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/files/{described['id']}"
    assert (described["mediaType"], described["width"], described["height"]) == ("image/jpeg", 30, 40)
    shown = await fetch(city, described["id"], city.token())
    assert shown.status_code == 200
    assert len(shown.content) == described["sizeBytes"]
    assert b"OfSomebody" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (30, 40), {})
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"].startswith("attachment")
    assert shown.headers["cache-control"].startswith("private")


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream", "image/jpeg"])
@pytest.mark.parametrize("mode", ["RGBA", "RGB", "P", "L", "1"])
async def test_the_type_is_that_of_the_content(table_city: Any, content_type: str, mode: str, clock: Any) -> None:
    answer = await send(table_city, png(mode), content_type)

    assert answer.json()["mediaType"] == "image/png"
    shown = await fetch(table_city, answer.json()["id"], table_city.token())
    assert shown.headers["content-type"] == "image/png"
    assert b"OfSomebody" not in shown.content


def gif() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (9, 9)).save(body, "GIF")
    return body.getvalue()


BAD = {
    "empty": b"",
    "text": b"hello",
    "html": b"<html><script>alert(1)</script>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "gif": gif(),
    "zip": b"PK\x03\x04" + b"\x00" * 100,
    "half a jpeg": jpeg((400, 400))[:400],
    "jpeg head and html": b"\xff\xd8\xff\xe0<html>",
    "png with a false size": png()[:16] + b"\xff\xff\xff\x7f\xff\xff\xff\x7f" + png()[24:],
}


@pytest.mark.parametrize("kind", BAD)
async def test_what_is_no_photo_is_a_415(table_city: Any, kind: str) -> None:
    answer = await send(table_city, BAD[kind])

    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA"
    assert await table_city.is_alive()


@pytest.mark.parametrize("content_type", ["", "text/plain", "image/svg+xml", "multipart/form-data; boundary=x"])
async def test_other_content_types_are_a_415(table_city: Any, content_type: str) -> None:
    assert (await send(table_city, jpeg(), content_type)).status_code == 415


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
async def test_a_picture_that_unpacks_too_large_is_a_415(city: Any) -> None:
    body = io.BytesIO()
    Image.new("1", (10_000, 6_000)).save(body, "PNG")

    answer = await send(city, body.getvalue(), "image/png")

    assert len(body.getvalue()) < 20_000
    assert answer.status_code == 415


async def test_a_long_photo_is_a_413(open_city: Any) -> None:
    city = await open_city(photo_bytes=1_000)

    assert (await send(city, jpeg((400, 400)) + b"x" * 1_000)).status_code == 413
    assert await city.is_alive()


async def test_nobody_uploads_without_a_token_or_with_a_role_that_only_reads(city: Any) -> None:
    stranger = await city.http.post("/files", content=jpeg(), headers={"content-type": "image/jpeg"})
    wall = await send(city, jpeg(), token=city.token(Role.DISPLAY))

    assert (stranger.status_code, wall.status_code) == (401, 403)
    assert wall.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_disk_is_not_filled_by_one_account(city: Any, monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    monkeypatch.setattr("resolvers.photos.UNUSED_PER_HOUR", 2)

    statuses = [(await send(city, jpeg())).status_code for _ in range(3)]
    other = await send(city, jpeg(), token=city.token(Role.CHECKER))
    clock.advance(timedelta(minutes=50))
    still = await send(city, jpeg())

    assert statuses == [201, 201, 429]
    assert still.headers["retry-after"] == "60"
    assert (other.status_code, still.status_code) == (201, 429)


async def test_a_photo_of_nobodys_case_is_its_uploaders_alone(city: Any) -> None:
    photo_id = (await send(city, jpeg())).json()["id"]

    stranger = await fetch(city, photo_id, city.token(Role.SHIFT_LEADER))
    other_realm = await fetch(city, photo_id, city.token(realm=Realm.EXERCISE))
    missing = await fetch(city, "A" * 32, city.token())
    nonsense = [await fetch(city, odd, city.token()) for odd in ("x", "..gridcast.db", "%00" * 20, "a" * 300)]

    for refused in (stranger, other_realm, *nonsense):
        assert (refused.status_code, refused.content) == (404, missing.content)
        assert refused.headers["content-type"] == missing.headers["content-type"]
    assert (await fetch(city, photo_id)).status_code == 401
    assert missing.status_code == 404


async def test_bytes_lie_under_random_names_outside_of_what_is_served(city: Any, settings: Any) -> None:
    photo_id = (await send(city, jpeg())).json()["id"]

    kept = [path for path in settings.files_dir.rglob("*") if path.is_file()]

    assert [path.relative_to(settings.files_dir).as_posix() for path in kept] == [f"{photo_id[:2]}/{photo_id}"]
    assert len(photo_id) == 32
