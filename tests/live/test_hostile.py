"""Peers that mean harm, or are broken: they cost themselves a close code, others nothing. SPEC wire.2."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import suppress

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.typing import Origin
from websockets.uri import parse_uri

from cobrowse.asgi.websocket import HubProtocol
from cobrowse.commands.agents import add_agent
from cobrowse.core.codec import encode
from cobrowse.core.messages import (
    AnyClientFrame,
    Beat,
    Do,
    Event,
    Hello,
    Increment,
    Item,
    Join,
    News,
    Page,
    Presence,
    Say,
    SetQuantity,
    Settle,
    Status,
    Typing,
)
from tests.conftest import Serve
from tests.serving import ORIGIN, PASSWORD, LocalServer
from tests.wire import WITHIN_S

SEED = 20_260_117
FRAMES = 100_000
A_CONNECTION = 400
AT_ONCE = 16
LOAD = {"frames_per_s": 1e6, "burst_frames": 1e6}


class RawPeer:
    """A client without a task and without manners: bytes go out as they are."""

    def __init__(self, url: str) -> None:
        self.protocol = ClientProtocol(parse_uri(url), origin=Origin(ORIGIN))
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def open(self, port: int) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        await self._shake_hands()

    async def open_on(self, sock: socket.socket) -> None:
        self._reader, self._writer = await asyncio.open_connection(sock=sock, limit=1_024)
        await self._shake_hands()

    async def _shake_hands(self) -> None:
        self.protocol.send_request(self.protocol.connect())
        self._flush()
        while not self.protocol.events_received():
            assert await self._read(), "the server refused the handshake"

    async def _read(self) -> bool:
        async with asyncio.timeout(WITHIN_S):
            chunk = await self._reader.read(65_536)
        if chunk:
            self.protocol.receive_data(chunk)
        return bool(chunk)

    def _flush(self) -> None:
        self._writer.write(b"".join(self.protocol.data_to_send()))

    async def flood(self, data: bytes) -> None:
        """Sends this again and again, until nobody is there or it is cancelled; then the connection is cut."""
        try:
            with suppress(OSError):
                while True:
                    self._writer.write(data)
                    await self._writer.drain()
                    await asyncio.sleep(0)
        finally:
            self._writer.transport.abort()

    async def send(self, frames: list[bytes], opcodes: list[Opcode]) -> int:
        """Sends all at once, then reads until the server has ended the connection. How many bytes came."""
        out = b"".join(
            Frame(opcode, data, fin=True).serialize(mask=True)
            for data, opcode in zip(frames, opcodes, strict=True)
        )
        self._writer.write(out)
        received = 0
        try:
            await self._writer.drain()
            self._writer.write_eof()
            while chunk := await self._reader.read(65_536):
                received += len(chunk)
        except OSError:
            pass
        self._writer.close()
        return received


def samples(room: str) -> list[bytes]:
    """A good frame of each kind, to be spoilt."""
    item = Item("desk", "Desk", "oak", 12_900, "GBP", "desks", "/desk", "/desk.jpg")
    frames: list[AnyClientFrame] = [
        Hello(v=1, role="shopper", site="shop", locale="en"),
        Hello(v=1, role="csa"),
        Join(room),
        Status(available=True),
        Beat(),
        Typing(room, on=True),
        Do(room, 1, 1.8e9, Increment("desk?finish=oak", 1)),
        Do(room, 1, 1.8e9, SetQuantity("desk", 2, ["1.1", "2.7"])),
        Do(room, 1, 1.8e9, Say("Does it fit?")),
        Do(
            room, 1, 1.8e9, Event("view_item", Page("/desk", "Desk"), [item], 12_900, {"list": "a", "n": 1.5})
        ),
        Do(room, 1, 1.8e9, Settle("0.1", accept=True)),
    ]
    return [encode(frame) for frame in frames]


ODDITIES = (b"\xc0", b"\xcb\x7f\xf8" + bytes(6), b"\xdf\xff\xff\xff\xff", b"\x91" * 40)
"""Nothing, infinity, a map of four thousand million entries, forty lists in one another."""


def mutated(chance: random.Random, good: list[bytes]) -> bytes:
    """A frame with a few bytes changed, cut, doubled or crossed with another's; sometimes noise, sometimes good."""
    data = bytearray(chance.choice(good))
    for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(7):
            case 0:
                data[at : at + 1] = chance.randbytes(1)
            case 1:
                del data[at:]
            case 2:
                del data[at : at + chance.randrange(1, 5)]
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 4:
                data += data[at:]
            case 5:
                other = chance.choice(good)
                data[at:] = other[chance.randrange(len(other)) :]
            case _:
                data[at:at] = chance.choice(ODDITIES)
    return bytes(data)


async def test_wire2_a_hundred_thousand_mutated_frames_leave_it_serving(serve: Serve) -> None:
    server = await serve(**LOAD)
    witness = await server.shopper()
    good = samples(witness.room)
    seeds = iter(range(SEED, SEED + FRAMES // A_CONNECTION))

    async def attack() -> None:
        for seed in seeds:
            chance = random.Random(seed)
            peer = RawPeer(server.live_url)
            await peer.open(server.settings.port)
            # Half of the connections begin well, so that what follows is read as an open connection's.
            frames = [good[0]] if chance.random() < 0.5 else []
            frames += [mutated(chance, good) for _ in range(A_CONNECTION)]
            opcodes = [
                chance.choices((Opcode.BINARY, Opcode.TEXT, Opcode.CONT), (998, 1, 1))[0] for _ in frames
            ]
            await peer.send(frames, opcodes)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(attack())
    assert (await witness.done(Increment("desk", 1))).offset == 1, "no other visitor wrote into this room"
    assert (await server.http.get("/readyz")).status_code == 200


async def test_wire2_mutated_frames_one_by_one_never_fault(serve: Serve) -> None:
    """Each frame meets an open connection: a bad one ends it, the next has its own."""
    server = await serve(**LOAD)
    witness = await server.shopper()
    good = samples(witness.room)
    chance = random.Random(SEED)
    for _ in range(400):
        peer = RawPeer(server.live_url)
        await peer.open(server.settings.port)
        await peer.send([good[0], mutated(chance, good)], [Opcode.BINARY, Opcode.BINARY])
    assert (await witness.done(Increment("desk", 1))).offset == 1


async def test_sign2_no_frame_of_a_shopper_reaches_another_room(local: LocalServer) -> None:
    lea, omar = await local.shopper(), await local.shopper()
    await lea.done(Say("my address is 1 Oak Lane"))
    for op in (Say("x"), Increment("desk", 9), Event("purchase"), Settle("0.1", accept=True)):
        await omar.do(op, c=1, room=lea.room)
    await omar.send(Typing(lea.room, on=True))
    await omar.beat()
    told = [frame for frame in omar.frames if lea.room in str(frame)]
    assert {type(frame).__name__ for frame in told} == {"Refuse"}
    assert "Oak Lane" not in str(omar.frames)
    assert not [frame for frame in await lea.quiet() if isinstance(frame, News)]
    thief = await local.shopper(resume=lea.joined.resume, position=lea.joined.position)
    assert thief.room not in (lea.room, omar.room)
    assert thief.joined.view is not None
    assert thief.joined.view.conversation.messages == []


async def test_wire9_a_thousand_connections_opened_and_dropped(local: LocalServer) -> None:
    witness = await local.shopper()

    async def drop(n: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", local.settings.port)
        if n % 2:
            writer.write(
                b"GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
        writer.transport.abort()

    for batch in range(0, 1_000, 50):
        await asyncio.gather(*(drop(n) for n in range(batch, batch + 50)))
    assert (await witness.done(Increment("desk", 1))).offset == 1


@pytest.mark.parametrize("shell", ["hub", "plain"])
async def test_wire10_a_peer_that_never_reads_costs_only_itself(serve: Serve, shell: str) -> None:
    server = await serve(shell=shell, max_outbox_bytes=65_536, **LOAD)
    shopper = await server.shopper()
    await add_agent(server.settings.database_url, "omar@shop.example", "Omar", "csa", PASSWORD)
    cookie = await server.sign_in("omar@shop.example", PASSWORD)
    deaf = await server.connect(server.url, cookie, read=False)
    sock = deaf.socket.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    await deaf.hello_csa()
    await deaf.enter(shopper.room)
    deaf.socket.transport.pause_reading()
    csa = await server.csa_in(shopper.room)
    # Enough for what the systems on both sides take in, and the outbox after that.
    for _ in range(1_500):
        await shopper.do(Say("x" * 4_000))
        if shopper.last % 100 == 0:
            await shopper.answer(shopper.last)
    entry = await shopper.done(Increment("desk", 1))
    assert (await csa.entry(lambda seen: seen.offset == entry.offset)).offset == 1_501
    # It is out of the room, though it has never said goodbye.
    await csa.expect(Presence, lambda frame: {author.name for author in frame.present} == {"", "Ginny"})
    deaf.socket.transport.abort()


FLOODS = {
    "pings": [Frame(Opcode.PING, b"x" * 125)] * 2_000,
    "pongs": [Frame(Opcode.PONG, b"")] * 2_000,
    "empty parts of a message": [
        Frame(Opcode.BINARY, b"", fin=False),
        *[Frame(Opcode.CONT, b"", fin=False)] * 2_000,
    ],
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_wire3_what_is_no_message_counts_against_the_rate_too(
    local: LocalServer, flood: list[Frame]
) -> None:
    peer = await local.shopper()
    peer.socket.transport.write(b"".join(frame.serialize(mask=True) for frame in flood))
    assert await peer.close_code() == 4004


async def test_wire3_before_its_hello_a_peer_has_ten_frames_and_its_burst_after_it(
    local: LocalServer,
) -> None:
    stranger = await local.connect()
    ping = Frame(Opcode.PING, b"").serialize(mask=True)
    stranger.socket.transport.write(ping * 20)
    assert await stranger.close_code() == 4004
    shopper = await local.shopper()
    shopper.socket.transport.write(ping * 500)
    assert (await shopper.done(Increment("desk", 1))).offset == 1


async def test_wire3_a_flood_that_goes_on_after_its_close_is_read_no_further(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    transports: list[asyncio.Transport] = []
    made = HubProtocol.connection_made

    def note(self: HubProtocol, transport: asyncio.Transport) -> None:
        transports.append(transport)
        made(self, transport)

    monkeypatch.setattr(HubProtocol, "connection_made", note)
    peer = RawPeer(local.live_url)
    await peer.open(local.settings.port)
    flooding = asyncio.create_task(peer.flood(Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 1_000))
    [transport] = transports
    async with asyncio.timeout(WITHIN_S):
        while transport.is_reading():  # noqa: ASYNC110 - nothing tells that a transport reads no more
            await asyncio.sleep(0.01)
    assert not transport.is_closing(), "it was read until the closing handshake's time was up"
    flooding.cancel()
    await asyncio.wait([flooding])


async def test_wire10_who_reads_nothing_gets_no_pongs(serve: Serve) -> None:
    server = await serve(**LOAD)
    sock = socket.socket()
    # Next to nothing is on its way to it: what it is sent waits with the server.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.settings.port))
    peer = RawPeer(server.live_url)
    await peer.open_on(sock)
    pings = 60_000
    hello = encode(Hello(v=1, role="shopper", site="shop"))
    received = await peer.send([hello, *[b"x" * 125] * pings], [Opcode.BINARY, *[Opcode.PING] * pings])
    assert received < 0.9 * pings * len(Frame(Opcode.PONG, b"x" * 125).serialize(mask=False))


GARBAGE = [
    b"\x00\xff\x00\xff" * 100,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(400),
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: short\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n",
    b"GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
    b"POST /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nContent-Length: 3\r\n\r\nabc",
    b'GET /console/ HTTP/1.1\r\nHost: x\r\nCookie: cobrowse_session=\xff\xfe;;=;"\r\n\r\n',
    b"GET /console/api/me HTTP/1.1\r\nHost: x\r\nCookie: " + b"a=b; " * 4_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 300_000 + b"\r\n\r\n",
    b"POST /console/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /console/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n",
    b"POST /console/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Type: multipart/form-data\r\n\r\nabc",
    b"POST /console/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
    b"GET /assets/..%2f..%2fsettings.py HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /console/api/rooms/%00%ff/messages?before=9 HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("shell", ["hub", "plain"])
async def test_wire2_garbage_instead_of_http_is_refused_and_no_fault(serve: Serve, shell: str) -> None:
    server = await serve(shell=shell)
    for garbage in GARBAGE:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.settings.port)
        writer.write(garbage)
        writer.write_eof()
        async with asyncio.timeout(WITHIN_S):
            try:
                answer = await reader.read(65_536)
            except ConnectionResetError:
                answer = b""
        assert not answer.startswith((b"HTTP/1.1 5", b"HTTP/1.1 101")), (garbage[:80], answer[:200])
        writer.close()
    shopper = await server.shopper()
    assert (await shopper.done(Increment("desk", 1))).offset == 1
