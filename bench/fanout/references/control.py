"""The control connection of the references in Python: the driver says what to emit and hears when it was.

    start N    number the next event N + 1
    pad N      N bytes of filler in each event, so that all servers send frames of one length
    emit W     W events now

Each is answered with the first and the last number and the time before the first was published.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

Fields = dict[str, dict[str, Any]]
Publish = Callable[[int, str], object]


def fields_of(number: int, filler: str) -> Fields:
    """The values of one event, as plain as those of the server under test."""
    return {
        "event": {
            "kind": "CHANGED",
            "cursor": "ev1.NjdmZWFhMGZhNTg4OjEwMDAwMDI6MjM2YjlkM2Q4Yg",
            "seq": str(number),
            "caseId": "Q2FzZToxMDAwMDAy",
            "version": 2,
            "action": "REGISTER",
        },
        "case": {"state": "REGISTERED", "title": filler},
    }


async def listen(port: int, publish: Publish) -> asyncio.Server:
    number, filler = 0, "x"

    async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number, filler
        while words := (await reader.readline()).split():
            value, before, at = int(words[1]), number, time.monotonic_ns()
            match words[0]:
                case b"start":
                    before = number = value
                case b"pad":
                    filler = "x" * value
                case b"emit":
                    for number in range(before + 1, before + value + 1):
                        publish(number, filler)
            writer.write(b"%d %d %d\n" % (before + 1, number, at))
            await writer.drain()
        writer.close()

    return await asyncio.start_server(obey, "127.0.0.1", port)
