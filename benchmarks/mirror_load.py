"""The server alone: many pages mirrored at once, each to a CSA of its own, on one core."""

from __future__ import annotations

import json
import statistics
import time
import zlib
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import ours
from benchmarks.load import Load, Pair
from benchmarks.rows import Row, running
from benchmarks.wire import Peer, frame
from cobrowse.core.codec import decode_server, encode
from cobrowse.core.messages import AskShare, Do, Join, Joined, Mirror, News, Say, Share, Shared, Watch

CHANGES_PER_S = 20
EPOCH = "bench1"
PART_BYTES = 56 * 1024
_MIRROR = b"\xa1t\xa6mirror"


def _joined(peer: Peer, room: str) -> Joined:
    while True:
        received = decode_server(peer.receive())
        if isinstance(received, Joined) and received.room == room:
            return received


def _asked_by(peer: Peer) -> str:
    """The id of the CSA who asks, as the shopper reads it."""
    while True:
        received = decode_server(peer.receive())
        for entry in received.entries if isinstance(received, News) else []:
            if isinstance(entry.fact, Shared) and entry.fact.sharing.asks:
                return entry.fact.sharing.asks[0].by.id


class Mirrored(NamedTuple):
    room: str
    pair: Pair


def mirrored(port: int, cookie: str) -> Mirrored:
    """A shopper whose page a CSA watches: what they send from now on reaches that CSA."""
    shopper = ours.shopper(port)
    room = shopper.room
    shopper.peer.send(encode(Do(room, 1, time.time(), Say("Hello"))))
    csa = ours.csa(port, cookie)
    csa.send(encode(Join(room)))
    last = _joined(csa, room).last
    csa.send(encode(Do(room, last + 1, time.time(), AskShare("view"))))
    shopper.peer.send(encode(Do(room, 2, time.time(), Share("view", _asked_by(shopper.peer)))))
    csa.until(b"expires_at")
    csa.send(encode(Watch(room, on=True)))
    shopper.peer.until(b"\xa1t\xa6record")
    _send_page(shopper.peer, room, page(40), EPOCH)
    csa.until(_MIRROR)
    return Mirrored(room, Pair(shopper.peer, csa, _changes(room)))


def page(cards: int) -> bytes:
    """The first batch: about 11 nodes a card."""
    ids = iter(range(10, 1_000_000))

    def element(tag: str, *children: dict[str, object], **attributes: str) -> dict[str, object]:
        return {"type": 2, "id": next(ids), "tagName": tag, "attributes": attributes, "childNodes": children}

    def text(value: str) -> dict[str, object]:
        return {"type": 3, "id": next(ids), "textContent": value}

    listing = [
        element(
            "article",
            element("img", src="https://shop.example/a.png", width="96", height="96"),
            element("h3", text(f"Alcove shelf {number}")),
            element("p", text(f"£{number}.00")),
            element("ul", *(element("li", text("••••••")) for _ in range(3))),
        )
        for number in range(cards)
    ]
    document = {"type": 0, "id": 1, "childNodes": [element("html", element("body", *listing))]}
    meta = {"type": 4, "timestamp": 1, "data": {"href": "", "width": 1440, "height": 900}}
    whole = {"node": document, "initialOffset": {"top": 0, "left": 0}}
    return json.dumps([meta, {"type": 2, "timestamp": 1, "data": whole}]).encode()


def _send_page(peer: Peer, room: str, body: bytes, epoch: str) -> None:
    """Sends a whole page as the recorder does: deflated, in parts."""
    deflated = zlib.compress(body, 6, -15)
    for at in range(0, len(deflated), PART_BYTES):
        more = at + PART_BYTES < len(deflated)
        peer.send(encode(Mirror(room, epoch, 0, deflated[at : at + PART_BYTES], True, more)))


def _changes(room: str) -> Callable[[int, int], bytes]:
    """A price that changes, over and over."""

    def batch(number: int) -> bytes:
        change = {"source": 0, "texts": [{"id": 12, "value": f"£{number}.00"}]}
        body = json.dumps([{"type": 3, "timestamp": number, "data": change}], ensure_ascii=False).encode()
        return frame(encode(Mirror(room, EPOCH, number + 1, body)))

    return lambda first, count: b"".join(batch(number) for number in range(first, first + count))


def _count(data: bytes, start: int, _: int) -> int:
    return int(data[start + 1 : start + 1 + len(_MIRROR)] == _MIRROR)


def many_pages(core: int, pages: int, seconds: float, runs: int) -> Row:
    """`pages` at 20 changes a second each; every change is timed from the moment it was due."""
    p50, p99, late, busy, generator = [], [], [], [], []
    for _ in range(runs):
        with running(ours.server, core) as server:
            cookie = ours.sign_in(server.port)
            load = Load([mirrored(server.port, cookie).pair for _ in range(pages)], _count)
            load.paced(1.0, pages * CHANGES_PER_S)
            cpu = server.cpu_s()
            sample = load.paced(seconds, pages * CHANGES_PER_S)
            busy.append((server.cpu_s() - cpu) / sample.seconds)
            load.close()
        p50.append(sample.percentile_ms(0.5))
        p99.append(sample.percentile_ms(0.99))
        late.append(sample.late_ms(0.99))
        generator.append(sample.generator_busy)
    median = statistics.median
    return Row(
        f"server: {pages} mirrored pages at {CHANGES_PER_S} changes a second each, one core, p99",
        "under 50 ms",
        f"{median(p99):.1f} ms",
        median(p99) < 50,
        median(p99),
        f"median {median(p50):.1f} ms; the load itself was late by {median(late):.1f} ms at p99; the server's core"
        f" {100 * median(busy):.0f} % busy, the load's {100 * median(generator):.0f} %",
    )


def beside_a_large_page(core: int, cards: int, seconds: float) -> Row:
    """What the others feel of one page of very many nodes that is sent anew twice a second."""
    with running(ours.server, core) as server:
        cookie = ours.sign_in(server.port)
        room, large = mirrored(server.port, cookie)
        load = Load([mirrored(server.port, cookie).pair for _ in range(20)], _count)
        body, worst = page(cards), []
        for turn in range(max(int(seconds * 2), 2)):
            _send_page(large.sender, room, body, f"large{turn}")
            worst.append(load.paced(0.5, 20 * CHANGES_PER_S).percentile_ms(1.0))
            large.watcher.until(f"large{turn}".encode())
        load.close()
        large.sender.abort()
        large.watcher.abort()
    value = statistics.median(worst)
    return Row(
        f"longest wait of another page's change while one of {11 * cards:,} nodes is weighed",
        "",
        f"{value:.1f} ms",
        None,
        value,
        f"worst of {len(worst)} turns {max(worst):.1f} ms",
    )
