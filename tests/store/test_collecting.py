"""What of collecting a database might do differently: two phones at one door."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from db.collecting import current, fields, subjects
from db.vocabulary import Role
from tests.city import Town
from tests.stories.walks import GRID


async def test_two_phones_at_one_door_describe_one_household_and_two_units_register_one_field(town: Town) -> None:
    handler = await town.as_(Role.HANDLER, "320508-CG")
    worker = await town.as_(Role.GRID_WORKER, GRID)
    community = await town.as_(Role.COMMUNITY_WORKER, "320508019044")

    async def register(code: str) -> Any:
        return await handler.do(
            "fieldRegister", "field { code }", owner=town.city.departments["320508-CG"], code=code, kind="HOUSEHOLD",
            part="BASE", name="房屋用途", definition="现在怎么用", valueKind="TEXT", refreshDays=30, isPersonal=False,
        )  # fmt: skip

    made = await asyncio.gather(register("use_a"), register("use_b"))
    [field] = [one["field"]["code"] for one in made if one["field"] is not None]

    async def submit(speaker: Any, value: str) -> Any:
        return await speaker.do(
            "collectionSubmit", "submission { id }", grid=town.city.grids[GRID], kind="HOUSEHOLD", reference="2-301",
            values=[{"field": field, "value": value}],
        )  # fmt: skip

    told = await asyncio.gather(*(submit(one, "自住") for one in (worker, community, worker, community)))

    assert [one["userErrors"] for one in told] == [[]] * 4
    async with town.db.read() as session:
        assert len((await session.execute(select(fields))).all()) == 1
        assert len((await session.execute(select(subjects))).all()) == 1
        assert [row.value for row in await session.execute(select(current))] == ["自住"]
