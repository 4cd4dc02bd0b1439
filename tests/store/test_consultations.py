"""One person, one vote, on either database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select

from db.consultations import votes
from db.vocabulary import Role
from tests.city import Town
from tests.graph.test_consultations import opened, vote


async def test_two_presses_at_once_are_one_vote_and_the_last_one_counts(town: Town) -> None:
    zhang = await town.as_(Role.RESIDENT, "zhang")
    found = (await opened(town))["consultation"]

    await asyncio.gather(vote(zhang, found, 0), vote(zhang, found, 1))
    town.clock.now += timedelta(minutes=1)  # type: ignore[attr-defined]  # the clock of tests
    await vote(zhang, found, 0, "想好了")

    async with town.db.read() as session:
        [row] = (await session.execute(select(votes))).all()
    assert (row.choice, row.words) == (0, "想好了")
