"""The way out to addresses that somebody else has chosen: names that hang, bodies that do not matter."""

from __future__ import annotations

import asyncio

from api.outbound import Outbound


async def test_a_name_that_does_not_answer_is_asked_for_once_and_keeps_no_other_waiting() -> None:
    asked: list[str] = []
    dead = asyncio.Event()

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        if host == "dead.example":
            await dead.wait()
        return ["10.0.0.1"]

    outbound = Outbound(resolve=resolve, seconds=30)
    waiting = [asyncio.create_task(outbound.post("https://dead.example/", {}, b"{}")) for _ in range(50)]
    other = await outbound.post("https://live.example/", {}, b"{}")
    waiting[0].cancel()
    dead.set()
    outcomes = await asyncio.gather(*waiting[1:])
    await outbound.close()

    assert other.error == "the name leads to an address that is not public"
    assert {one.error for one in outcomes} == {other.error}
    assert sorted(asked) == ["dead.example", "live.example"]


async def test_a_connection_serves_again_and_a_body_changes_nothing() -> None:
    connections = 0
    answers = [
        b"204 x\r\n\r\n",
        b"200 x\r\ncontent-length: 2\r\n\r\nok",
        b"200 x\r\ncontent-length: 9000\r\n\r\n" + b"x" * 9000,
        b"200 x\r\ncontent-length: 5\r\n\r\n",  # and it never comes
    ]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(2)
                writer.write(b"HTTP/1.1 " + answers.pop(0))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    outbound = Outbound(is_local=True, seconds=30)

    outcomes = [await outbound.post(url, {}, b"{}") for _ in range(4)]
    await outbound.close()
    server.close()

    assert [(one.status, one.error) for one in outcomes] == [(204, None), (200, None), (200, None), (200, None)]
    assert connections == 2  # the long body ended the first


async def test_two_names_at_one_address_share_no_connection() -> None:
    hosts: list[list[str]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine: list[str] = []
        hosts.append(mine)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                mine += [line[6:] for line in head.decode().split("\r\n") if line.startswith("host: ")]
                await reader.readexactly(2)
                writer.write(b"HTTP/1.1 204 x\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outbound = Outbound(is_local=True, resolve=resolve, seconds=30)

    for name in ("a.example", "b.example", "a.example"):
        assert (await outbound.post(f"http://{name}:{port}/", {}, b"{}")).status == 204
    await outbound.close()
    server.close()

    assert hosts == [[f"a.example:{port}"] * 2, [f"b.example:{port}"]]
