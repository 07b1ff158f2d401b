"""How late timers are while the hub is busy: from the instant at which a wait is over to the news of it."""

from __future__ import annotations

import select
import tempfile
import time
from pathlib import Path

from benchmarks import ours
from benchmarks.load import SILENT_S
from benchmarks.ours import Shopper
from benchmarks.wire import Gone
from cobrowse.core.codec import decode_server
from cobrowse.core.messages import News

IDLE_S = 2.0
RULE = f"""\
id: idle
title: Left alone
when: cart.distinct_items >= 1
idle: {IDLE_S:g} s
offer:
  text:
    en: Can I help?
"""


class Waiting:
    """A shopper who changes the cart once, and is then left alone. Nobody is free: the rule's moment comes to nothing,
    and its entry, of which a shopper sees only that it is there, tells when it was judged.
    """

    def __init__(self, shopper: Shopper) -> None:
        self.peer = shopper.peer
        self._op = ours.cart_ops(shopper.room, shopper.joined.last)(0, 1)
        self._replica = shopper.joined.replica
        self._due = 0.0
        self.late_s: float | None = None

    def change(self) -> None:
        self.peer.socket.sendall(self._op)

    def take(self) -> None:
        """Reads what has come."""
        fresh = self.peer.socket.recv(65536)
        if not fresh:
            raise Gone("the server closed a connection during the run")
        self.peer.buffer += fresh
        while (payload := self.peer.whole()) is not None:
            frame = decode_server(payload)
            for entry in frame.entries if isinstance(frame, News) else ():
                if entry.replica == self._replica:
                    self._due = entry.at + IDLE_S
                elif entry.replica == 0 and self._due and self.late_s is None:
                    self.late_s = time.time() - self._due


def lateness_s(core: int, shoppers: int, busy: int, per_s: float) -> list[float]:
    """How late each of the shoppers' timers was, rising, while `busy` others change their carts at this total rate."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / "rules").mkdir()
        (folder / "rules" / "idle.yaml").write_text(RULE)
        with ours.server(folder, core, rules=f'"{folder}/rules"') as server:
            waiting = [Waiting(ours.shopper(server.port)) for _ in range(shoppers)]
            others = [ours.shopper(server.port) for _ in range(busy)]
            return _run(waiting, others, per_s)


def _run(waiting: list[Waiting], others: list[Shopper], per_s: float) -> list[float]:
    poll = select.epoll()
    timed = {each.peer.socket.fileno(): each for each in waiting}
    drained = {each.peer.socket.fileno(): each.peer for each in others}
    ops = [ours.cart_ops(each.room, each.joined.last) for each in others]
    peers = [*(each.peer for each in waiting), *drained.values()]
    for peer in peers:
        peer.socket.setblocking(False)
        poll.register(peer.socket, select.EPOLLIN)
    begun = time.monotonic()
    spread_s, changed, sent = 2 * IDLE_S, 0, 0
    while any(each.late_s is None for each in waiting):
        elapsed = time.monotonic() - begun
        if elapsed > spread_s + IDLE_S + SILENT_S:
            raise Gone("a timer never came")
        for number in range(changed, min(int(elapsed / spread_s * len(waiting)), len(waiting))):
            waiting[number].change()
            changed = number + 1
        for number in range(sent, int(elapsed * per_s)):
            at, turn = number % len(others), number // len(others)
            others[at].peer.socket.sendall(ops[at](turn, 1))
            sent = number + 1
        for fd, _ in poll.poll(0.002):
            if fd in timed:
                timed[fd].take()
            else:
                drained[fd].drain()
    poll.close()
    for peer in peers:
        peer.abort()
    return sorted(each.late_s for each in waiting if each.late_s is not None)
