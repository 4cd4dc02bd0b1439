"""Where the viewer stands in the city."""

from __future__ import annotations

from db.posts import Post
from schema.context import Ask


async def posts_of(info: Ask) -> tuple[Post, ...]:
    """Looked up once per operation."""
    found: tuple[Post, ...] = await info.context.loaders.posts.load("")
    return found
