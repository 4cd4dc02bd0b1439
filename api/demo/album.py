"""Photos of the demo city: a few drawn scenes, stored the way everybody's photos are."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw

from db.attachments import PhotoFiles
from db.clock import Clock
from db.database import Database
from db.vocabulary import EvidenceKind
from resolvers.photos import keep_photo
from resolvers.viewer import Viewer

SIZE = (320, 240)
SCENES = 8  # of each kind
SKIES = ((176, 205, 226), (201, 214, 220), (233, 205, 170), (150, 170, 190))
GROUNDS = ((112, 116, 118), (132, 124, 110), (98, 110, 96))
TROUBLE, TIDY = (92, 58, 40), (190, 196, 190)


class Album:
    def __init__(self, db: Database, files: PhotoFiles, clock: Clock, seed: int) -> None:
        self._db = db
        self._files = files
        self._clock = clock
        drawn = random.Random(f"{seed}:album")
        self._scenes = {kind: [_scene(drawn, kind) for _ in range(SCENES)] for kind in EvidenceKind}

    async def photo(self, viewer: Viewer, kind: EvidenceKind, number: int) -> str:
        """The id of a new photo of that viewer; an action must take it up."""
        scenes = self._scenes[kind]
        photo = await keep_photo(self._db, self._files, viewer, scenes[number % len(scenes)], clock=self._clock)
        return photo.id


def _scene(drawn: random.Random, kind: EvidenceKind) -> bytes:
    """A street with something on it, or without."""
    picture = Image.new("RGB", SIZE, drawn.choice(SKIES))
    pen = ImageDraw.Draw(picture)
    for left in range(0, SIZE[0], 64):
        top = drawn.randint(40, 110)
        shade = drawn.randint(150, 215)
        pen.rectangle((left, top, left + 60, 150), fill=(shade, shade - 8, shade - 20))
    pen.rectangle((0, 150, *SIZE), fill=drawn.choice(GROUNDS))
    pen.line((0, 195, SIZE[0], 195), fill=(225, 220, 200), width=4)
    color = TROUBLE if kind is EvidenceKind.BEFORE else TIDY
    for _ in range(7 if kind is EvidenceKind.BEFORE else 1):
        x, y, r = drawn.randint(90, 230), drawn.randint(170, 222), drawn.randint(6, 18)
        pen.ellipse((x - r, y - r // 2, x + r, y + r // 2), fill=color)
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=70)
    return body.getvalue()
