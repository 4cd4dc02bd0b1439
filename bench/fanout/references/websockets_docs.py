"""`broadcast()` of the websockets library: one ready message to everybody, nothing of GraphQL.

After https://websockets.readthedocs.io/en/stable/topics/broadcast.html. Compression is off, as for all others: with
it each connection would compress the message for itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from control import fields_of, listen
from websockets.asyncio.server import ServerConnection, broadcast, serve

ID = "00000000-0000-4000-a000-000000000000"
connections: set[ServerConnection] = set()


async def handler(websocket: ServerConnection) -> None:
    connections.add(websocket)
    try:
        await websocket.wait_closed()
    finally:
        connections.remove(websocket)


def publish(number: int, filler: str) -> None:
    given = fields_of(number, filler)
    event: dict[str, Any] = {**given["event"], "case": given["case"]}
    message = {"id": ID, "type": "next", "payload": {"data": {"caseEvents": event}}}
    broadcast(connections, json.dumps(message, separators=(",", ":")))


async def main(port: int, control_port: int) -> None:
    async with serve(handler, "127.0.0.1", port, compression=None), await listen(control_port, publish):
        await asyncio.get_running_loop().create_future()  # for ever


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
