"""Bytes on the wire: one payload encoded once, framed for any number of subscribers and transports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import orjson

TEXT = b"\x81"  # a whole text message; a server never masks (RFC 6455, 5.2)
_END = b"}"
COMPLETE_EVENT = b"event: complete\ndata:\n\n"  # with data, however empty, or browsers would not tell of it


def text_header(length: int) -> bytes:
    """What stands before a text message of so many bytes."""
    if length < 126:
        return TEXT + length.to_bytes(1, "big")
    if length < 65_536:
        return TEXT + b"\x7e" + length.to_bytes(2, "big")
    return TEXT + b"\x7f" + length.to_bytes(8, "big")


def text_frame(message: bytes) -> bytes:
    return text_header(len(message)) + message


def next_prefix(operation_id: str) -> bytes:
    """What stands before the payload of a `next` message."""
    return b'{"id":' + orjson.dumps(operation_id) + b',"type":"next","payload":'


def next_event(payload: bytes) -> bytes:
    """A payload as a server-sent event: one line, because JSON holds no bare line end, and LF for every client."""
    return b"event: next\ndata: " + payload + b"\n\n"


def chunk(body: bytes) -> bytes:
    """A part of an HTTP/1.1 body whose length is not known (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(body), body)


class Batch:
    """Encoded payloads of events in order. Two subscribers' frames differ in the operation id and nothing else."""

    def __init__(self, seqs: Sequence[int], bodies: Sequence[bytes]) -> None:
        self.seqs = seqs
        self.bodies = bodies
        self._pieces: dict[int, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self.seqs)

    @property
    def first(self) -> int:
        return self.seqs[0]

    @property
    def last(self) -> int:
        return self.seqs[-1]

    def above(self, seq: int) -> Batch:
        """The part numbered above `seq`, perhaps nothing."""
        skipped = sum(one <= seq for one in self.seqs)
        return self if skipped == 0 else Batch(self.seqs[skipped:], self.bodies[skipped:])

    def frames(self, prefix: bytes) -> bytes:
        """One WebSocket frame for each payload. Ids of one length share everything between them."""
        pieces = self._pieces.get(len(prefix))
        if pieces is None:
            pieces = self._pieces[len(prefix)] = self._cut(len(prefix))
        return prefix.join(pieces)

    def _cut(self, prefix_length: int) -> list[bytes]:
        """What stands before, between and after the prefixes."""
        pieces, before = list[bytes](), b""
        for body in self.bodies:
            pieces.append(before + text_header(prefix_length + len(body) + len(_END)))
            before = body + _END
        return [*pieces, before]

    def messages(self, prefix: bytes) -> list[bytes]:
        """The same without frames, for a server that makes its own."""
        return [prefix + body + _END for body in self.bodies]

    @cached_property
    def stream(self) -> bytes:
        """The same as server-sent events, which carry no operation id."""
        return b"".join(next_event(body) for body in self.bodies)

    @cached_property
    def chunk(self) -> bytes:
        """The stream as it goes onto the wire: the same bytes for every subscriber."""
        return chunk(self.stream)
