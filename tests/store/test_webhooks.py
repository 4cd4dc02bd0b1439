"""Which messages are due, on both databases."""

from __future__ import annotations

from datetime import timedelta

from db import webhooks
from db.database import Database
from db.vocabulary import Realm
from db.vocabulary.integration import WebhookDeliveryState, WebhookMessage
from tests.city import build_city
from tests.conftest import A_WORKING_DAY

W = WebhookDeliveryState
LATER = A_WORKING_DAY + timedelta(minutes=1)


async def test_of_each_webhook_the_first_of_each_order_is_due_and_nothing_of_one_that_is_paused(
    database: Database,
) -> None:
    await build_city(database)
    hook = {
        "realm": Realm.LIVE, "service_provider_id": 1, "url": "https://sp.example/", "epoch": "e", "position": 0,
        "created_by": "test", "created_at": A_WORKING_DAY,
    }  # fmt: skip
    # Order, state, whether it is to be sent later, whether it holds no other up.
    owed = [
        (1, W.DELIVERED, False, False), (1, W.WAITING, False, False), (1, W.WAITING, False, False),
        (2, W.WAITING, True, False), (2, W.WAITING, False, False),
        (3, W.WAITING, False, True), (3, W.WAITING, False, False),
        (4, W.WAITING, False, False),
    ]  # fmt: skip
    async with database.write() as session:
        one, other, paused, _ = [
            await webhooks.add(session, hook | more) for more in ({}, {}, {"is_active": False}, {})
        ]
        rows = [
            {
                "webhook_id": hook_id, "key": f"{hook_id}.{number}", "seq": number, "work_order_id": order,
                "message": WebhookMessage.CHANGED, "body": "{}", "state": state,
                "next_at": LATER if is_later else A_WORKING_DAY, "created_at": A_WORKING_DAY, "is_loose": is_loose,
            }
            for hook_id in (one, other, paused)
            for number, (order, state, is_later, is_loose) in enumerate(owed)
        ]  # fmt: skip
        await webhooks.owe(session, rows)

    async with database.read() as session:
        hooks = await webhooks.with_due(session, A_WORKING_DAY)
        everything = await webhooks.due(session, A_WORKING_DAY, {one: [], paused: []}, 10)
        ids = {row.key: row.id for row in everything}
        two_each = await webhooks.due(session, A_WORKING_DAY, {one: [ids[f"{one}.1"]], other: []}, 2)
        later = await webhooks.due(session, LATER, {one: []}, 10)

    assert hooks == [one, other]
    assert [row.key for row in everything] == [f"{one}.{number}" for number in (1, 5, 6, 7)]
    assert [row.key for row in two_each] == [f"{one}.5", f"{one}.6", f"{other}.1", f"{other}.5"]
    assert [row.key for row in later] == [f"{one}.{number}" for number in (1, 5, 6, 7, 3)]
