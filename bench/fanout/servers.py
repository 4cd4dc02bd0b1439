"""The servers that are compared, each started the same way and told to emit the same events."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.fanout.load import HERE, Commit, Load
from bench.fanout.processes import SERVER_CORE, Process, Words, free_port, wait_for_port

REFERENCES = HERE / "references"
PYTHON = HERE / ".venv" / "bin" / "python"
FIRST_NUMBER = 1_000_000

# Seven plain fields and a nested object: what the reducer of docs/events.md needs and a line of a ticker.
# Its frames come to some 354 bytes.
QUERY = "subscription { caseEvents { kind cursor seq caseId version action case { state title } } }"
ALL_DIFFERENT = QUERY.replace("action", "@TAG@: action")


class Server(Protocol):
    name: str
    process: Process
    port: int
    is_raw: bool

    def emit(self, count: int) -> Commit: ...

    def init(self) -> dict[str, str]: ...

    def stop(self) -> None: ...


def connect(
    server: Server, folder: Path, count: int, *, query: str = QUERY, name: str | None = None, nap_us: int = 0
) -> Load:
    return Load(
        folder, name or server.name, server.port, count,
        is_raw=server.is_raw, init=server.init(), query=query, nap_us=nap_us,
    )  # fmt: skip


@dataclass
class Reference:
    """A server whose events come from its control connection."""

    name: str
    process: Process
    port: int
    control_port: int
    is_raw: bool = False
    command: str = "emit"
    _line: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        wait_for_port(self.process, self.port)
        wait_for_port(self.process, self.control_port)
        self._line = socket.create_connection(("127.0.0.1", self.control_port))
        self._answers = self._line.makefile()
        self._say("start", FIRST_NUMBER)

    def emit(self, count: int) -> Commit:
        return self._say(self.command, count)

    def pad(self, count: int) -> None:
        self._say("pad", count)

    def init(self) -> dict[str, str]:
        return {}

    def stop(self) -> None:
        self._line.close()
        self.process.stop()

    def _say(self, word: str, value: int) -> Commit:
        self._line.sendall(f"{word} {value}\n".encode())
        first, last, at = map(int, self._answers.readline().split())
        return first, last, at


def strawberry(folder: Path) -> Reference:
    port, control = free_port(), free_port()
    words: Words = [
        PYTHON, "-m", "uvicorn", "strawberry_docs:app", "--app-dir", REFERENCES, "--port", str(port),
        "--ws-per-message-deflate", "false",
    ]  # fmt: skip
    process = Process(
        words, folder / "strawberry.log", core=SERVER_CORE, cwd=REFERENCES, env={"CONTROL_PORT": str(control)}
    )
    return Reference("strawberry", process, port, control)


def graphql_ws(folder: Path) -> Reference:
    return _node(folder, "graphql-ws", "graphql_ws_docs.mjs")


def mercurius(folder: Path) -> Reference:
    return _node(folder, "mercurius", "mercurius_docs.mjs")


def _node(folder: Path, name: str, program: str) -> Reference:
    port, control = free_port(), free_port()
    process = Process(
        ["node", REFERENCES / program, str(port), str(control)],
        folder / f"{name}.log",
        core=SERVER_CORE,
        env={"NODE_ENV": "production"},  # as one deploys it: graphql-js leaves its development checks out
    )
    return Reference(name, process, port, control)


def broadcast(folder: Path) -> Reference:
    port, control = free_port(), free_port()
    words: Words = [PYTHON, REFERENCES / "websockets_docs.py", str(port), str(control)]
    process = Process(words, folder / "broadcast.log", core=SERVER_CORE)
    return Reference("broadcast", process, port, control, is_raw=True)


def send_loop(folder: Path, *, in_batches: bool) -> Reference:
    port, control = free_port(), free_port()
    name = "c-batch" if in_batches else "c-frame"
    words: Words = [HERE / "out" / "send_loop", str(port), str(control)]
    process = Process(words, folder / f"{name}.log", core=SERVER_CORE)
    return Reference(name, process, port, control, is_raw=True, command="batch" if in_batches else "emit")


def pad_to(reference: Reference, folder: Path, frame_bytes: int) -> None:
    """Make its frames as long as ours, by what its own come to with some filler."""
    load, filler = connect(reference, folder, 1, name=f"{reference.name}-pad"), 40
    try:
        reference.pad(filler)
        reference.emit(1)
        load.events = 1
        filler += frame_bytes - load.wait()["frame_bytes"][1]
        load.sample()  # is JSON, or this raises
    finally:
        load.stop()
    if filler < 0:
        raise ValueError(f"{reference.name} cannot send frames as short as {frame_bytes} bytes")
    reference.pad(filler)
