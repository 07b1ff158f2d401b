"""The wire as a client meets it, on both shells. SPEC wire."""

from __future__ import annotations

import time

import pytest

from cobrowse.core import credentials
from cobrowse.core.credentials import Life, ReplicaToken, VisitorToken
from cobrowse.core.errors import Close
from cobrowse.core.messages import (
    Beat,
    CartChanged,
    Hello,
    Increment,
    Join,
    Leave,
    Lobby,
    News,
    Position,
    Presence,
    Refuse,
    Say,
    Status,
)
from tests.conftest import Serve
from tests.serving import LocalServer, site
from tests.wire import Peer


def shopper_hello(**said: object) -> Hello:
    return Hello(**{"v": 1, "role": "shopper", "site": "shop", **said})  # type: ignore[arg-type]


async def test_wire1_hello_is_answered_by_welcome_then_joined(shells: LocalServer) -> None:
    shopper = await shells.shopper()
    assert [type(frame).__name__ for frame in shopper.frames[:2]] == ["Welcome", "Joined"]
    welcome, joined = shopper.welcome, shopper.joined
    assert (welcome.you.role, welcome.you.id, welcome.available) == ("shopper", joined.room, False)
    assert [each.key for each in welcome.sites] == ["shop"]
    assert welcome.heartbeat_s == shells.settings.heartbeat_s
    assert joined.view is not None
    assert (joined.tail, joined.last, joined.position.offset) == (None, 0, 0)
    assert joined.view.visit is None


async def test_wire1_a_csa_is_welcomed_with_every_site_and_the_list(shells: LocalServer) -> None:
    shopper = await shells.shopper()
    await shopper.done(Say("hello"))
    csa = await shells.csa()
    assert csa.welcome.you.name == "Ginny"
    assert csa.welcome.token == ""
    lobby = next(frame for frame in csa.frames if isinstance(frame, Lobby))
    assert lobby.full
    card = await csa.card(shopper.room, lambda card: card.conversation == "waiting")
    assert (card.conversation, card.unread, card.online) == ("waiting", 1, True)


FORGED = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJsZWEiLCJzaXRlIjoic2hvcCJ9.Zm9yZ2VkLWZvcmdlZC1mb3JnZWQ"
)


async def refused(server: LocalServer, hello: Hello | bytes | str, origin: str = "") -> int:
    peer = await (server.connect(origin) if origin else server.connect())
    if isinstance(hello, Hello):
        await peer.send(hello)
    else:
        await peer.socket.send(hello)
    return await peer.close_code()


async def test_wire9_what_a_hello_may_be_refused_for(shells: LocalServer) -> None:
    hello = shopper_hello
    assert await refused(shells, hello(token="nonsense")) == Close.BAD_TOKEN
    assert await refused(shells, hello(token=FORGED)) == Close.BAD_TOKEN
    assert await refused(shells, hello(v=2)) == Close.VERSION
    assert await refused(shells, hello(site="other")) == Close.UNKNOWN_SITE
    assert await refused(shells, hello(site="")) == Close.UNKNOWN_SITE
    assert await refused(shells, hello(), "https://evil.example") == Close.UNKNOWN_SITE
    assert await refused(shells, hello(), "null") == Close.UNKNOWN_SITE
    assert await refused(shells, Hello(v=1, role="csa"), shells.url) == Close.BAD_TOKEN
    assert await refused(shells, Hello(v=1, role="csa")) == Close.FORBIDDEN


async def test_wire2_what_is_no_frame_closes_with_bad_frame(shells: LocalServer) -> None:
    for junk in (
        b"",
        b"\xc1",
        b"garbage",
        b"\x81\xa1t\xa4nope",
        b"\x81\xa1t\xa5hello",
        "hello",
        "",
        b"\x91" * 900,
    ):
        assert await refused(shells, junk) == Close.BAD_FRAME, junk
    assert await refused(shells, bytes(65_537)) == Close.BAD_FRAME
    assert await refused(shells, bytes(400_000)) == Close.BAD_FRAME
    shopper = await shells.shopper()
    await shopper.do(Increment("x" * 600, 1))
    assert await shopper.close_code() == Close.BAD_FRAME


async def test_wire2_a_text_frame_ends_the_reading(shells: LocalServer) -> None:
    shopper = await shells.shopper()
    await shopper.socket.send("text")
    await shopper.do(Increment("sku", 1))
    assert await shopper.close_code() == Close.BAD_FRAME
    again = await shells.shopper(token=shopper.token)
    assert again.joined.position.offset == 0


async def test_wire2_a_message_in_fragments_is_one_frame(shells: LocalServer) -> None:
    from cobrowse.core.codec import encode

    peer = await shells.connect()
    whole = encode(shopper_hello())
    await peer.socket.send([whole[:3], whole[3:9], whole[9:]])
    await peer.expect(Presence)
    assert [type(frame).__name__ for frame in peer.frames[:2]] == ["Welcome", "Joined"]


async def test_wire3_frames_out_of_turn_or_role(shells: LocalServer) -> None:
    peer = await shells.connect()
    await peer.send(Beat())
    assert await peer.close_code() == Close.BAD_FRAME
    shopper = await shells.shopper()
    await shopper.send(shopper_hello())
    assert await shopper.close_code() == Close.BAD_FRAME
    for frame in (Join("some-room"), Leave("some-room"), Status(available=False)):
        shopper = await shells.shopper()
        await shopper.send(frame)
        assert await shopper.close_code() == Close.FORBIDDEN


async def test_wire3_more_frames_than_the_bucket_holds_close_with_rate(serve: Serve) -> None:
    server = await serve(frames_per_s=1.0, burst_frames=20.0)
    shopper = await server.shopper()
    for _ in range(40):
        await shopper.send(Beat())
    assert await shopper.close_code() == Close.RATE


async def test_wire3_a_csa_is_in_so_many_rooms_and_no_more(
    shells: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobrowse.live.hub.MAX_ROOMS_A_CSA", 2)
    shoppers = [await shells.shopper() for _ in range(3)]
    csa = await shells.csa()
    for shopper in shoppers[:2]:
        await csa.enter(shopper.room)
    await csa.send(Join(shoppers[2].room))
    refuse = await csa.expect(Refuse)
    assert (refuse.code, refuse.room) == ("bound", shoppers[2].room)
    await csa.send(Leave(shoppers[0].room))
    assert (await csa.enter(shoppers[2].room)).room == shoppers[2].room


async def test_wire3_wire4_silence_closes_with_no_heartbeat(serve: Serve) -> None:
    server = await serve(heartbeat_s=1.0)
    began = time.monotonic()
    silent = await server.shopper()
    mute = await server.connect()
    assert await silent.close_code() == Close.NO_HEARTBEAT
    assert time.monotonic() - began > 2.0
    assert await mute.close_code() == Close.NO_HEARTBEAT


async def test_wire4_the_answer_to_a_beat_is_the_top_of_each_room(shells: LocalServer) -> None:
    shopper = await shells.shopper()
    entry = await shopper.done(Increment("sku", 1))
    tops = await shopper.beat()
    assert tops.tops == {shopper.room: Position(shopper.joined.position.epoch, entry.offset, entry.hash)}
    assert not tops.available
    await shells.csa()
    assert (await shopper.beat()).available


async def test_wire5_a_resumed_replica_goes_on_and_its_old_connection_is_replaced(
    shells: LocalServer,
) -> None:
    first = await shells.shopper()
    await first.done(Increment("sku", 1))
    second = await shells.shopper(token=first.token, resume=first.joined.resume)
    assert await first.close_code() == Close.REPLACED
    assert (second.joined.replica, second.joined.last) == (first.joined.replica, 1)
    assert (await second.done(Increment("sku", 1))).c == 2


async def test_wire5_another_tab_is_another_replica_of_the_same_room(shells: LocalServer) -> None:
    one = await shells.shopper()
    two = await shells.shopper(token=one.token)
    assert two.room == one.room
    assert two.joined.replica != one.joined.replica
    await two.done(Increment("sku", 2))
    entry = await one.fact(CartChanged)
    assert entry.replica == two.joined.replica


async def test_wire5_a_resume_proves_nothing_for_another_room_or_holder(local: LocalServer) -> None:
    lea, omar = await local.shopper(), await local.shopper()
    await lea.done(Increment("sku", 1))
    thief = await local.shopper(token=omar.token, resume=lea.joined.resume)
    assert thief.room == omar.room
    assert thief.joined.last == 0
    secret = (local.database.with_suffix(".secret")).read_bytes()
    expired = credentials.sign_replica(
        secret,
        ReplicaToken(lea.room, Life(lea.joined.replica), lea.room),
        time.time() - 2 * credentials.REPLICA_VALID_S,
    )
    back = await local.shopper(token=lea.token, resume=expired)
    assert back.joined.replica != lea.joined.replica


async def test_sign2_tokens_expire_and_are_of_one_site(serve: Serve) -> None:
    server = await serve(sites=[site("shop"), site("other")])
    secret = server.database.with_suffix(".secret").read_bytes()
    at = time.time() - credentials.VISITOR_VALID_S - 1
    expired = credentials.sign_visitor(secret, VisitorToken("shop", "lea", at))
    assert await refused(server, shopper_hello(token=expired)) == Close.BAD_TOKEN
    shopper = await server.shopper()
    assert await refused(server, shopper_hello(site="other", token=shopper.token)) == Close.BAD_TOKEN
    assert await refused(server, shopper_hello(token=shopper.joined.resume)) == Close.BAD_TOKEN


async def test_sign2_a_token_is_renewed_after_a_day(local: LocalServer) -> None:
    secret_file = local.database.with_suffix(".secret")
    old = credentials.sign_visitor(
        secret_file.read_bytes(), VisitorToken("shop", "lea", time.time() - 2 * 86_400)
    )
    shopper = await local.shopper(token=old)
    assert shopper.room == "lea"
    assert shopper.token not in ("", old)
    again = await local.shopper(token=shopper.token)
    assert (again.room, again.token) == ("lea", shopper.token)


async def test_room3_a_gap_is_refused_and_a_repeat_is_silent(shells: LocalServer) -> None:
    shopper = await shells.shopper()
    await shopper.done(Increment("sku", 1))
    await shopper.do(Increment("sku", 1), c=3)
    refuse = await shopper.expect(Refuse)
    assert (refuse.code, refuse.c, refuse.room) == ("gap", 3, shopper.room)
    await shopper.do(Increment("sku", 1), c=1)
    assert not [frame for frame in await shopper.quiet() if isinstance(frame, News | Refuse)]
    assert (await shopper.done(Increment("sku", 1))).offset == 2


async def test_room3_a_room_that_was_not_joined_is_refused(shells: LocalServer) -> None:
    lea, omar = await shells.shopper(), await shells.shopper()
    await omar.do(Say("let me in"), room=lea.room)
    refuse = await omar.expect(Refuse)
    assert (refuse.code, refuse.room) == ("forbidden", lea.room)
    assert not [frame for frame in await lea.quiet() if isinstance(frame, News)]


async def test_wire7_a_known_position_gets_the_tail_another_the_view(shells: LocalServer) -> None:
    shopper = await shells.shopper()
    first = await shopper.done(Increment("sku", 1))
    for n in range(1, 6):
        await shopper.done(Increment(f"sku-{n}", n))
    epoch = shopper.joined.position.epoch
    known = Position(epoch, first.offset, first.hash)
    resumed = await shells.shopper(token=shopper.token, position=known)
    assert resumed.joined.view is None
    assert resumed.joined.tail is not None
    assert [entry.offset for entry in resumed.joined.tail] == [2, 3, 4, 5, 6]
    at_top = await shells.shopper(token=shopper.token, position=resumed.joined.position)
    assert at_top.joined.tail == []
    for stranger in (
        Position("other", first.offset, first.hash),
        Position(epoch, first.offset, first.hash ^ 1),
        Position(epoch, 7, first.hash),
    ):
        other = await shells.shopper(token=shopper.token, position=stranger)
        assert other.joined.tail is None
        assert other.joined.view is not None
        assert len(other.joined.view.cart.lines) == 6


async def test_wire7_a_position_from_long_ago_gets_the_view(local: LocalServer) -> None:
    shopper = await local.shopper()
    first = await shopper.done(Increment("sku", 1))
    for _ in range(150):
        await shopper.do(Increment("sku", 1))
        await shopper.do(Increment("sku", -1))
    await shopper.answer(shopper.last)
    position = Position(shopper.joined.position.epoch, first.offset, first.hash)
    back = await local.shopper(token=shopper.token, position=position)
    assert back.joined.tail is None
    assert back.joined.view is not None


async def test_wire6_a_member_who_joins_under_way_misses_nothing(local: LocalServer) -> None:
    """Joined first, then every entry after its position, each once, whatever the group commits."""
    writer = await local.shopper()
    peers: list[Peer] = []
    for round_ in range(12):
        for n in range(20):
            await writer.do(Increment(f"sku-{round_}-{n % 5}", 1))
        peers.append(await local.shopper(token=writer.token))
    await writer.answer(writer.last)
    for peer in peers:
        expected = peer.joined.position.offset + 1
        for frame in peer.frames[2:]:
            if isinstance(frame, News):
                expected += len(frame.entries)
        while expected <= writer.last:
            news = await peer.expect(News, lambda news: news.entries[0].offset >= 1)
            expected = max(expected, news.entries[-1].offset + 1)
        offsets = [
            entry.offset for frame in peer.frames if isinstance(frame, News) for entry in frame.entries
        ]
        assert offsets == list(range(peer.joined.position.offset + 1, writer.last + 1))
        kinds = [type(frame).__name__ for frame in peer.frames]
        assert kinds[:2] == ["Welcome", "Joined"]


async def test_wire9_a_full_server_is_busy(serve: Serve) -> None:
    server = await serve(max_connections=3, max_connections_per_address=2)
    await server.shopper()
    await server.shopper()
    third = await server.connect()
    assert await third.close_code() == Close.BUSY


@pytest.mark.parametrize("path", ["/", "/liv", "/live/", "/console/"])
async def test_wire1_there_is_no_websocket_elsewhere(shells: LocalServer, path: str) -> None:
    from websockets.exceptions import InvalidStatus

    from tests.wire import open_peer

    with pytest.raises(InvalidStatus) as refusal:
        await open_peer(shells.live_url.removesuffix("/live") + path, "http://shop.example")
    assert refusal.value.response.status_code in (403, 404)
