"""How a page's mirror keeps pace: large batches beside the loop, slow viewers with the page as it is. SPEC mirror."""

from __future__ import annotations

import asyncio
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

from cobrowse.core.codec import decode_server, encode
from cobrowse.core.credentials import GrantToken, sign_grant
from cobrowse.core.messages import (
    AnyServerFrame,
    Author,
    Controlled,
    Mirror,
    Mirrored,
    PageGrant,
    Record,
    Sharing,
)
from cobrowse.live.checking import LONG_BYTES
from cobrowse.live.leave import Leave
from cobrowse.live.member import Member
from cobrowse.live.mirror import MAX_BEHIND_BYTES, PageMirror
from cobrowse.live.outbox import Outbox

WITHIN_S = 30.0
CSA = Author("csa", "ginny", "Ginny")
SHOP, SECRET, OVER = "https://shop.example", b"s" * 32, 1000
GRANT = PageGrant(
    CSA, "view", 1, OVER, SHOP, sign_grant(SECRET, GrantToken("room", CSA.id, "view", SHOP, 1, OVER))
)


class Socket:
    """What an outbox writes to; `frames` are what has been written."""

    def __init__(self) -> None:
        self.frames: list[AnyServerFrame] = []
        self.outbox = Outbox(self, 64 * 1024 * 1024, self.close)
        self.written = asyncio.Event()

    def write(self, frames: list[bytes]) -> None:
        self.frames += map(decode_server, frames)
        self.written.set()

    def close(self, code: int, reason: str) -> None:
        raise AssertionError(reason)

    def call_soon_flush(self) -> None:
        asyncio.get_running_loop().call_soon(self.outbox.flush)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                self.written.clear()
                await self.written.wait()


class Party:
    """A peer on such a socket."""

    origin = SHOP

    def __init__(self, author: Author) -> None:
        self.author = author
        self.socket = Socket()

    def send(self, frame: bytes) -> None:
        self.socket.outbox.send(frame)

    @property
    def waiting_bytes(self) -> int:
        return self.socket.outbox.unread_bytes

    def when_clear(self, callback: Callable[[], None]) -> None:
        self.socket.outbox.when_clear(callback)

    def close(self, code: int, reason: str) -> None:
        raise AssertionError(reason)

    @property
    def seen(self) -> list[tuple[str, int]]:
        """Epoch and number of each batch, in the order of their coming."""
        return [(frame.epoch, frame.seq) for frame in self.socket.frames if isinstance(frame, Mirrored)]

    @property
    def asked(self) -> int:
        return sum(isinstance(frame, Record) and frame.on for frame in self.socket.frames)


class Stage:
    """A room with a shopper's tab, and a CSA who watches it together with another one."""

    def __init__(self) -> None:
        self.leave_to_see = Leave("room", SECRET, lambda: 2.0)
        self.leave_to_see.review(Sharing(grants=[GRANT]))
        self.shopper, self.slow, self.quick = Party(Author("shopper")), Party(CSA), Party(CSA)
        self.tab = Member(self.shopper, 1, 0)
        self.mirror = PageMirror("room", [], self, lambda: 2.0)
        for number, party in enumerate((self.slow, self.quick), 2):
            self.mirror.watch(Member(party, number, 0), on=True)

    def stop(self) -> None:
        """The shopper ends all leave."""
        self.leave_to_see.review(Sharing())
        self.mirror.review()

    def shoppers(self) -> list[Member]:
        return [self.tab]

    def note(self, fact: Controlled) -> None:
        raise AssertionError("nobody takes a step")

    def looked(self, csa: Author, *, on: bool) -> None:
        pass

    def keep(self, frame: bytes) -> None:
        pass

    def sends(self, seq: int, event: dict[str, Any], epoch: str = "e1") -> None:
        body = zlib.compress(json.dumps([event]).encode(), wbits=-15)
        for at in range(0, len(body), 60_000):
            more = at + 60_000 < len(body)
            self.mirror.take(self.tab, Mirror("room", epoch, seq, body[at : at + 60_000], True, more))


def noise(size_bytes: int) -> str:
    """Text that takes so much when it is deflated."""
    return random.Random(size_bytes).randbytes(size_bytes).hex()


def page(text: str = "the page") -> dict[str, Any]:
    document = {"type": 0, "id": 1, "childNodes": [{"type": 3, "id": 2, "textContent": text}]}
    return {"type": 2, "timestamp": 1, "data": {"node": document, "initialOffset": {"top": 0, "left": 0}}}


def changed(text: str) -> dict[str, Any]:
    return {"type": 3, "timestamp": 1, "data": {"source": 0, "texts": [{"id": 2, "value": text}]}}


async def test_mirror4_what_follows_a_large_page_waits_for_it_and_the_loop_for_neither() -> None:
    stage = Stage()
    stage.sends(0, page(noise(400_000)))
    stage.sends(1, changed("a"))
    stage.sends(2, changed(noise(2 * LONG_BYTES)))
    stage.sends(3, changed("b"))
    await asyncio.sleep(0)
    assert stage.quick.seen == [], "a page this large is not weighed within the turn that brought it"
    await stage.quick.socket.until(lambda: len(stage.quick.seen) == 4)
    assert stage.quick.seen == [("e1", seq) for seq in range(4)]


async def test_mirror5_what_is_being_weighed_when_leave_ends_reaches_nobody() -> None:
    stage = Stage()
    stage.sends(0, page())
    await stage.quick.socket.until(lambda: stage.quick.seen == [("e1", 0)])
    stage.sends(1, changed(noise(400_000)))
    stage.stop()
    again = Stage()
    again.sends(0, page(noise(2 * LONG_BYTES)))
    await again.quick.socket.until(lambda: again.quick.seen == [("e1", 0)])
    assert stage.quick.seen == [("e1", 0)], "one after the other: the first was weighed before the second"


async def test_mirror3_a_new_page_overtakes_what_is_still_being_weighed() -> None:
    stage = Stage()
    stage.sends(0, page(noise(400_000)))
    stage.sends(1, changed("old"))
    stage.sends(0, page("new"), epoch="e2")
    await stage.quick.socket.until(lambda: ("e2", 0) in stage.quick.seen)
    again = Stage()
    again.sends(0, page(noise(2 * LONG_BYTES)))
    await again.quick.socket.until(lambda: again.quick.seen == [("e1", 0)])
    assert stage.quick.seen == [("e2", 0)]


async def fall_behind(stage: Stage, first: dict[str, Any], change_bytes: int) -> int:
    """The slow viewer has the page and stops reading; the number of the last batch that the quick one has."""
    stage.sends(0, first)
    await stage.slow.socket.until(lambda: stage.slow.seen == [("e1", 0)])
    await stage.quick.socket.until(lambda: stage.quick.seen == [("e1", 0)])
    stage.slow.socket.outbox.pause()
    for seq in range(1, 8):
        stage.sends(seq, changed(noise(change_bytes)))
        await stage.quick.socket.until(lambda seq=seq: stage.quick.seen[-1] == ("e1", seq))  # type: ignore[misc]
    assert stage.slow.waiting_bytes < MAX_BEHIND_BYTES + change_bytes, (
        "more than this never waits for one viewer"
    )
    return 7


async def test_mirror6_a_slow_viewer_gets_a_new_page_as_soon_as_they_have_read_what_was_on_its_way() -> None:
    stage = Stage()
    await fall_behind(stage, page(), 100_000)
    assert stage.shopper.asked == 1
    stage.slow.socket.outbox.resume()
    await stage.shopper.socket.until(lambda: stage.shopper.asked == 2)
    had = len(stage.slow.seen)
    assert had < 8, "no backlog"
    stage.sends(8, changed("nobody who is behind gets this"))
    stage.sends(0, page("as it is"), epoch="e2")
    await stage.slow.socket.until(lambda: stage.slow.seen[-1] == ("e2", 0))
    assert len(stage.slow.seen) == had + 1
    stage.sends(1, changed("and on"), epoch="e2")
    await stage.slow.socket.until(lambda: stage.slow.seen[-1] == ("e2", 1))
    assert stage.quick.seen[-4:] == [("e1", 7), ("e1", 8), ("e2", 0), ("e2", 1)]


async def test_mirror6_a_slow_viewer_gets_what_is_held_where_that_is_less_and_nothing_changes_any_more() -> (
    None
):
    stage = Stage()
    last = await fall_behind(stage, page(noise(850_000)), 100_000)
    before = len(stage.slow.seen)
    stage.slow.socket.outbox.resume()
    await stage.slow.socket.until(
        lambda: stage.slow.seen[-1] == ("e1", last) and len(stage.slow.seen) > before
    )
    assert stage.slow.seen[-last - 1 :] == [("e1", seq) for seq in range(last + 1)]
    assert stage.shopper.asked == 1


async def test_mirror6_who_has_closed_the_page_meanwhile_gets_none() -> None:
    stage = Stage()
    await fall_behind(stage, page(), 100_000)
    stage.stop()
    had = len(stage.slow.seen)
    stage.slow.socket.outbox.resume()
    stage.slow.send(encode(Record("room", on=False)))
    await stage.slow.socket.until(lambda: isinstance(stage.slow.socket.frames[-1], Record))
    assert len(stage.slow.seen) - had <= 4, "only what was written to them while they still might"
    assert stage.shopper.asked == 1


async def test_equal2_no_console_makes_a_page_show_itself_again_and_again() -> None:
    stage = Stage()
    stage.sends(0, page())
    await stage.quick.socket.until(lambda: stage.quick.seen == [("e1", 0)])
    stage.mirror.heal()
    await stage.shopper.socket.until(lambda: stage.shopper.asked == 2)
    stage.sends(0, page(), epoch="e2")
    await stage.quick.socket.until(lambda: stage.quick.seen[-1] == ("e2", 0))
    stage.mirror.heal()
    stage.shopper.send(encode(Record("room", on=False)))
    await stage.shopper.socket.until(lambda: not stage.shopper.socket.frames[-1].on)  # type: ignore[union-attr]
    assert stage.shopper.asked == 2
