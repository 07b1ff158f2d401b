"""What a page brings over real sockets: to who watches, once each, and nothing but what it says it is. SPEC file."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import zlib

import pytest

from cobrowse.core.codec import encode
from cobrowse.core.messages import (
    AnyServerFrame,
    AskRecord,
    LetRecord,
    Mirror,
    Mirrored,
    PageFile,
    Record,
    Share,
    Watch,
)
from cobrowse.core.page_files import SiteFiles
from cobrowse.live.member import Member
from cobrowse.live.mirror import PageMirror
from tests.conftest import Serve
from tests.live.test_mirror import PAGE, allow, is_shared, scrolled, send, shared
from tests.live.test_mirror_pace import Party, Stage, changed, noise, page
from tests.live.test_recording import frames_of, get, written
from tests.serving import ORIGIN, LocalServer, site
from tests.wire import Peer

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"
FONT = b"wOF2" + b"a font" * 100
PATHS = ["/members/*"]


def key(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def piece(body: bytes) -> dict[str, object]:
    data = {"hash": key(body), "size_bytes": len(body), "at": 0, "body": base64.b64encode(body).decode()}
    return {"type": 6, "timestamp": 0, "data": data}


def named(body: bytes, path: str = "/members/a.png") -> dict[str, object]:
    return {"type": 7, "timestamp": 0, "data": {"address": ORIGIN + path, "hash": key(body)}}


async def watched(server: LocalServer) -> tuple[Peer, Peer, Record]:
    """A shopper, a CSA who looks at their page, and what the page was told."""
    shopper, csa = await shared(server)
    await csa.send(Watch(shopper.room, on=True))
    return shopper, csa, await shopper.expect(Record)


def files_of(peer: Peer) -> list[PageFile]:
    return [frame for frame in peer.frames if isinstance(frame, PageFile)]


async def test_file6_who_watches_gets_a_file_once_whoever_comes_late_too(serve: Serve) -> None:
    server = await serve(sites=[site(page_files=PATHS)])
    shopper, csa, told = await watched(server)
    assert (told.files, told.known_files) == (PATHS, [])
    await send(shopper, 0, PAGE)
    await send(shopper, 1, piece(PNG), named(PNG))
    file = await csa.expect(PageFile)
    assert (file.hash, file.media_type, file.body) == (key(PNG), "image/png", PNG)
    late = await server.colleague("Max", "agent", shopper.room)
    await allow(shopper, late)
    await late.send(Watch(shopper.room, on=True))
    assert (await late.expect(PageFile)).body == PNG
    assert [frame.seq for frame in late.frames if isinstance(frame, Mirrored)] == [0, 1]
    await send(shopper, 0, named(PNG), PAGE, epoch="e2")
    await send(shopper, 1, piece(FONT), named(FONT, "/members/b.woff2"), epoch="e2")
    for peer in (csa, late):
        await peer.expect(PageFile, lambda frame: frame.hash == key(FONT))
        assert [frame.hash for frame in files_of(peer)] == [key(PNG), key(FONT)]


async def test_file5_what_was_brought_need_not_come_again_until_the_last_leave_ends(serve: Serve) -> None:
    server = await serve(sites=[site(page_files=PATHS)])
    shopper, csa, _ = await watched(server)
    await send(shopper, 0, piece(PNG), named(PNG), PAGE)
    await csa.expect(PageFile)
    await csa.send(Watch(shopper.room, on=False))
    await shopper.expect(Record, lambda frame: not frame.on)
    await csa.send(Watch(shopper.room, on=True))
    assert (await shopper.expect(Record)).known_files == [key(PNG)]
    await shopper.done(Share("none"))
    await allow(shopper, csa)
    await csa.send(Watch(shopper.room, on=True))
    assert (await shopper.expect(Record)).known_files == []
    _, _, stranger = await watched(server)
    assert stranger.known_files == [], "one shopper's files are nobody else's"


LIES = {
    "what is no picture": (piece(b"<html><script>alert(1)</script>"), named(PNG)),
    "a path of no files": (piece(PNG), named(PNG, "/account/a.png")),
    "another hash": ({**piece(PNG), "data": {**piece(PNG)["data"], "hash": "0" * 64}},),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("lie", LIES)
async def test_file5_a_page_that_lies_about_its_files_ends_its_mirror(serve: Serve, lie: str) -> None:
    server = await serve(sites=[site(page_files=PATHS)])
    shopper, csa, _ = await watched(server)
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    await send(shopper, 1, *LIES[lie])
    assert not (await shopper.expect(Record)).on
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored | PageFile)]


async def test_file4_a_site_that_names_no_path_asks_for_none_and_takes_none(shells: LocalServer) -> None:
    shopper, csa, told = await watched(shells)
    assert told.files == []
    await send(shopper, 0, piece(PNG), named(PNG), PAGE)
    assert not (await shopper.expect(Record)).on
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored | PageFile)]


async def test_file6_a_recording_has_each_file_once_and_those_from_before_it_began(serve: Serve) -> None:
    server = await serve(sites=[site(page_files=PATHS, page_recording="ask")])
    shopper, csa, _ = await watched(server)
    await send(shopper, 0, piece(PNG), named(PNG), PAGE)
    await csa.expect(PageFile)
    await csa.do(AskRecord())
    await shopper.entry(lambda entry: is_shared(entry, "recording_asked"))
    agreed = await shopper.done(LetRecord(on=True))
    recording = agreed.fact.sharing.recording.id  # type: ignore[union-attr]
    await send(shopper, 0, named(PNG), PAGE, epoch="e2")
    await send(shopper, 1, piece(FONT), named(FONT, "/members/b.woff2"), epoch="e2")
    await send(shopper, 2, scrolled(10), epoch="e2")
    await written(server, shopper, recording, 4)
    (kept,) = (await get(server, f"rooms/{shopper.room}/recordings")).json()["recordings"]
    frames: list[AnyServerFrame] = []
    for number in range(kept["parts"]):
        frames += frames_of((await get(server, f"recordings/{recording}/parts/{number}")).content)
    told = [frame.hash if isinstance(frame, PageFile) else (frame.epoch, frame.seq) for frame in frames]  # type: ignore[union-attr]
    assert told == [key(PNG), ("e1", 0), ("e2", 0), key(FONT), ("e2", 1), ("e2", 2)]


def staged() -> tuple[Stage, Member]:
    """The room on a site whose pages bring files, with two who watch; the slow one as a member."""
    stage = Stage()
    stage.mirror = PageMirror("room", [], stage, lambda: 2.0, files=SiteFiles(PATHS))
    slow = Member(stage.slow, 2, 0)
    stage.mirror.watch(slow, on=True)
    stage.mirror.watch(Member(stage.quick, 3, 0), on=True)
    return stage, slow


def brings(stage: Stage, seq: int, *events: dict[str, object]) -> None:
    text = json.dumps(events).replace(ORIGIN, Party.origin)
    body = zlib.compress(text.encode(), wbits=-15)
    stage.mirror.take(stage.tab, Mirror("room", "e1", seq, body, True, False))


def has(party: Party) -> list[str]:
    return [frame.hash for frame in party.socket.frames if isinstance(frame, PageFile)]


async def test_file6_a_slow_viewer_gets_each_file_behind_what_is_on_its_way_and_once() -> None:
    stage, _ = staged()
    large = PNG + random.Random(1).randbytes(40_000)
    stage.sends(0, page())
    await stage.slow.socket.until(lambda: stage.slow.seen == [("e1", 0)])
    stage.slow.socket.outbox.pause()
    stage.sends(1, changed(noise(10_000)))
    brings(stage, 2, piece(large), named(large))
    brings(stage, 3, piece(FONT), named(FONT, "/members/b.woff2"))
    await stage.quick.socket.until(lambda: has(stage.quick) == [key(large), key(FONT)])
    assert 0 < stage.slow.waiting_bytes < len(large), "no file is heaped up for who does not read"
    stage.slow.socket.outbox.resume()
    await stage.slow.socket.until(lambda: has(stage.slow) == [key(large), key(FONT)])
    assert stage.slow.seen[-1] == ("e1", 3), "the page's changes went first"
    stage.sends(4, changed("on"))
    await stage.slow.socket.until(lambda: stage.slow.seen[-1] == ("e1", 4))
    assert has(stage.slow) == [key(large), key(FONT)]


async def test_file6_who_has_closed_the_page_meanwhile_gets_no_file() -> None:
    stage, slow = staged()
    stage.sends(0, page())
    await stage.slow.socket.until(lambda: stage.slow.seen == [("e1", 0)])
    stage.slow.socket.outbox.pause()
    stage.sends(1, changed(noise(10_000)))
    brings(stage, 2, piece(PNG), named(PNG))
    await stage.quick.socket.until(lambda: has(stage.quick) == [key(PNG)])
    stage.mirror.watch(slow, on=False)
    stage.slow.socket.outbox.resume()
    stage.slow.send(encode(Record("room", on=False)))
    await stage.slow.socket.until(lambda: isinstance(stage.slow.socket.frames[-1], Record))
    assert has(stage.slow) == []
