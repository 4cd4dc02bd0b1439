"""The bytes made here are the bytes a WebSocket library makes, and the same messages on every way out."""

from __future__ import annotations

import json

import pytest
from websockets.frames import Frame, Opcode

from api.live.frames import Batch, next_prefix, text_frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_is_what_the_library_makes(length: int) -> None:
    message = b"x" * length

    assert text_frame(message) == Frame(Opcode.TEXT, message).serialize(mask=False)


@pytest.mark.parametrize("operation_id", ["1", "6f1c1d5e-6a6b-4f0e-9d8e-0c4a3d2b1a09", '网格 "7"\\'])
@pytest.mark.parametrize("sizes", [(10,), (60, 80), (10, 200, 70_000, 10)])
def test_a_batch_is_one_frame_for_each_payload(operation_id: str, sizes: tuple[int, ...]) -> None:
    payloads = [{"data": {"text": "网" * size}} for size in sizes]
    batch = Batch(list(range(1, len(sizes) + 1)), [json.dumps(one).encode() for one in payloads])
    prefix = next_prefix(operation_id)

    messages = batch.messages(prefix)

    assert [json.loads(one) for one in messages] == [
        {"id": operation_id, "type": "next", "payload": one} for one in payloads
    ]
    library = b"".join(Frame(Opcode.TEXT, one).serialize(mask=False) for one in messages)
    assert batch.frames(prefix) == library
    other = next_prefix("z" * (len(operation_id.encode()) + 3))
    assert batch.frames(other) != library
    assert batch.frames(prefix) == library  # what another length needed did not spoil it


def test_a_batch_above_a_position_leaves_out_what_was_given() -> None:
    batch = Batch([4, 7, 9], [b"4", b"7", b"9"])

    assert batch.above(3) is batch
    assert [batch.above(seq).bodies for seq in (4, 6, 7, 9)] == [[b"7", b"9"], [b"7", b"9"], [b"9"], []]


def test_server_sent_events_carry_the_same_payloads() -> None:
    batch = Batch([1, 2], [b'{"data":1}', b'{"data":2}'])

    assert batch.stream == b'event: next\ndata: {"data":1}\n\nevent: next\ndata: {"data":2}\n\n'
