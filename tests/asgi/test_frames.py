"""Frames cut out by hand: exactly those that websockets would cut, and nothing that it should judge."""

from __future__ import annotations

import asyncio
import os

import pytest
from websockets.frames import Frame, Opcode

from cobrowse.asgi.frames import frame_at, head_of
from cobrowse.core.codec import encode
from cobrowse.core.messages import MAX_FRAME_BYTES, PROTOCOL_VERSION, Beat, Hello
from tests.serving import ORIGIN, LocalServer
from tests.wire import WITHIN_S

SIZES = [0, 1, 125, 126, 127, 65_535, 65_536]
KEY = b"\x01\x02\x03\x04"


def masked(payload: bytes, opcode: int = 0x82) -> bytes:
    """A client's frame of under 126 bytes, made without the code under test."""
    hidden = bytes(byte ^ KEY[n % 4] for n, byte in enumerate(payload))
    return bytes([opcode, 0x80 | len(payload)]) + KEY + hidden


@pytest.mark.parametrize("size", SIZES)
def test_a_head_is_the_one_that_websockets_writes(size: int) -> None:
    payload = os.urandom(size)
    assert head_of(size) + payload == Frame(Opcode.BINARY, payload).serialize(mask=False)


@pytest.mark.parametrize("size", SIZES)
def test_wire2_a_frame_is_there_once_all_of_it_is(size: int) -> None:
    payload = os.urandom(size)
    whole = Frame(Opcode.BINARY, payload).serialize(mask=True)
    start = len(whole) - size
    assert frame_at(whole, 0) == (start, len(whole))
    assert frame_at(b"before" + whole + b"after", 6) == (6 + start, 6 + len(whole))
    for cut in {0, 1, 2, 3, start - 1, start, len(whole) - 1} - {len(whole)}:
        assert frame_at(whole[:cut], 0) is None


def test_wire2_a_frame_that_says_it_is_too_long_is_not_waited_for() -> None:
    head = b"\x82\xff" + (MAX_FRAME_BYTES + 1).to_bytes(8, "big") + KEY
    assert frame_at(head, 0) is not None
    assert frame_at(b"\x82\xff" + MAX_FRAME_BYTES.to_bytes(8, "big") + KEY, 0) is None


BEAT = encode(Beat())
CUTS = {
    "one at a time": [masked(BEAT), masked(BEAT), masked(BEAT)],
    "together": [masked(BEAT) * 3],
    "byte by byte": [bytes([byte]) for byte in masked(BEAT) * 3],
    "a ping between": [masked(BEAT) + masked(b"there?", 0x89) + masked(BEAT) * 2],
    "a ping cut in two": [
        masked(BEAT) + masked(b"there?", 0x89)[:5],
        masked(b"there?", 0x89)[5:] + masked(BEAT) * 2,
    ],
    "in fragments": [masked(BEAT) + masked(BEAT[:2], 0x02) + masked(BEAT[2:], 0x80) + masked(BEAT)],
}


@pytest.mark.parametrize("how", CUTS)
async def test_wire2_a_frame_counts_however_it_is_cut(local: LocalServer, how: str) -> None:
    port = int(local.live_url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: " + ORIGIN.encode() + b"\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked(encode(Hello(PROTOCOL_VERSION, "shopper", "shop"))))
    for part in CUTS[how]:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)  # a turn of the loop, in which the server reads this part alone
    answers = b""
    async with asyncio.timeout(WITHIN_S):
        while answers.count(b"\xa1t\xa4beat") < 3:
            answers += await reader.read(65_536)
    assert (b"\x8a\x06there?" in answers) == ("ping" in how)
    writer.close()
