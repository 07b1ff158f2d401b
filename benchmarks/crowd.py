"""A crowd on our hub: thousands of shoppers with carts and hundreds of consoles, all from one thread."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator, Sequence

from benchmarks import ours
from benchmarks.ours import Shopper
from benchmarks.wire import Gone, Peer, frame
from cobrowse.core.codec import decode_server, encode
from cobrowse.core.messages import Beat, Entry, Joined, News, Position, Welcome

AT_ONCE = 200
SILENT_S = 30.0
BEAT = frame(encode(Beat()))


def _in_parts(count: int) -> Iterator[int]:
    for done in range(0, count, AT_ONCE):
        yield min(AT_ONCE, count - done)


class Crowd:
    """Shoppers, each in a room of their own, and consoles; every room is watched from one console."""

    def __init__(self, port: int, cookie: str, shoppers: int, consoles: int) -> None:
        self._poll = select.epoll()
        self._peers: dict[int, Peer] = {}
        self._watching: set[int] = set()
        self.shoppers: list[Shopper] = []
        self._done: list[int] = []
        self.consoles = [ours.csa(port, cookie) for _ in range(consoles)]
        for count in _in_parts(shoppers):
            peers = [Peer(port, "/live", {"Origin": ours.SHOP}) for _ in range(count)]
            for peer in peers:
                peer.opened().socket.sendall(ours.hello())
            self.shoppers += [_welcomed(peer) for peer in peers]
        self._ops = [ours.cart_ops(shopper.room, shopper.joined.last) for shopper in self.shoppers]
        self._done = [0] * shoppers
        for number, each in enumerate(self.shoppers):
            if consoles:
                self.consoles[number % consoles].socket.sendall(ours.join_frame(each.room))
        for peer in (*self.consoles, *(each.peer for each in self.shoppers)):
            peer.socket.setblocking(False)
            self._peers[peer.socket.fileno()] = peer
            self._poll.register(peer.socket, select.EPOLLIN)
        self._watching = {peer.socket.fileno() for peer in self.consoles}
        self.rest(1.0)

    def close(self) -> None:
        self._poll.close()
        for peer in self._peers.values():
            peer.abort()

    def change(self, number: int, count: int = 1) -> None:
        """The shopper of this number changes the cart `count` times."""
        self.shoppers[number].peer.socket.sendall(self._ops[number](self._done[number], count))
        self._done[number] += count

    def read(self, timeout_s: float) -> int:
        """Reads all that is there; how many entries the consoles got."""
        seen = 0
        for fd, _ in self._poll.poll(timeout_s):
            if fd in self._watching:
                seen += self._peers[fd].count_ops(ours.count_entries)
            else:
                self._peers[fd].drain()
        return seen

    def rest(self, seconds: float, *, beats_every_s: float = 0.0) -> None:
        """Reads for a while; with `beats_every_s` everybody's heartbeat is sent that often, evenly spread."""
        begun, sent = time.monotonic(), 0
        everybody = list(self._peers.values())
        while (elapsed := time.monotonic() - begun) < seconds:
            due = int(elapsed / beats_every_s * len(everybody)) if beats_every_s else 0
            for number in range(sent, due):
                everybody[number % len(everybody)].socket.sendall(BEAT)
            sent = max(sent, due)
            self.read(0.005 if beats_every_s else 0.1)

    def fill_carts(self, lines: int) -> None:
        """Every shopper puts this many lines into the cart."""
        for part in range(0, len(self.shoppers), AT_ONCE):
            numbers = range(part, min(part + AT_ONCE, len(self.shoppers)))
            for number in numbers:
                self.change(number, lines)
            self.await_entries(len(numbers) * lines)

    def await_entries(self, count: int) -> None:
        """Returns when the consoles have had so many more entries. Raises Gone when they do not come."""
        deadline = time.monotonic() + SILENT_S
        while count > 0:
            count -= self.read(1.0)
            if time.monotonic() > deadline:
                raise Gone(f"{count} entries never arrived")

    def spread(self, seconds: float, per_s: float) -> int:
        """Changes at this total rate, room after room; how many changes, all of them seen by a console."""
        begun, sent, seen = time.monotonic(), 0, 0
        while (elapsed := time.monotonic() - begun) < seconds:
            due = int(elapsed * per_s)
            for number in range(sent, due):
                self.change(number % len(self.shoppers))
            sent = max(sent, due)
            seen += self.read(0.002)
        self.await_entries(sent - seen)
        return sent


def _welcomed(peer: Peer) -> Shopper:
    welcome, joined = decode_server(peer.receive()), decode_server(peer.receive())
    if not isinstance(welcome, Welcome) or not isinstance(joined, Joined):
        raise Gone("the hub did not welcome a shopper")
    return Shopper(peer, welcome, joined)


class Returned:
    """One client that comes back: in sync once its last operation is in its log, exactly once and without a gap."""

    def __init__(self, before: Shopper, position: Position, c: int, again: bytes) -> None:
        self.peer: Peer
        self.before = before
        self._position = position
        self._c = c
        self._again = again
        self._entries: list[Entry] = []
        self.in_sync = False
        self.fault = ""

    def connect(self, port: int) -> None:
        self.peer = Peer(port, "/live", {"Origin": ours.SHOP})
        self._greeted = False

    def take(self) -> None:
        """Reads what has come."""
        fresh = self.peer.socket.recv(65536)
        if not fresh:
            raise Gone("a returning client was sent away")
        self.peer.buffer += fresh
        if not self._greeted:
            if b"\r\n\r\n" not in self.peer.buffer:
                return
            self.peer.opened()
            self._greeted = True
            joined = self.before.joined
            self.peer.socket.sendall(ours.hello(self.before.welcome.token, joined.resume, self._position))
        while (payload := self.peer.whole()) is not None:
            self._frame(payload)

    def _frame(self, payload: bytes) -> None:
        match decode_server(payload):
            case Joined() as joined:
                if joined.replica != self.before.joined.replica:
                    self.fault = "another replica"
                elif joined.tail is None:
                    self.fault = "a whole view where a tail was enough"
                else:
                    self._more(joined.tail)
                    if joined.last < self._c:
                        self.peer.socket.sendall(self._again)
            case News(entries=entries):
                self._more(entries)

    def _more(self, entries: Sequence[Entry]) -> None:
        self._entries += entries
        offsets = [entry.offset for entry in self._entries]
        begin = self._position.offset + 1
        if offsets != list(range(begin, begin + len(offsets))):
            self.fault = "a gap or a repeat"
        own = [entry.c for entry in self._entries if entry.replica == self.before.joined.replica]
        if own.count(self._c) > 1:
            self.fault = "a duplicate"
        self.in_sync = self._c in own


def storm(port: int, clients: int, within_s: float) -> tuple[float, int, list[str]]:
    """Cuts so many clients at once, each in the middle of an operation, and lets them come back at once.

    Returns the seconds until the last was in sync, how many were, and what went wrong.
    """
    crowd = Crowd(port, "", clients, 0)
    returning = []
    for shopper in crowd.shoppers:
        ops = ours.cart_ops(shopper.room, shopper.joined.last)
        c = shopper.joined.last + 1
        returning.append(Returned(shopper, shopper.joined.position, c, ops(0, 1)))
    for number in range(clients):
        crowd.change(number)
    crowd.close()
    begun = time.monotonic()
    poll, by_fd = select.epoll(), {}
    for each in returning:
        each.connect(port)
        each.peer.socket.setblocking(False)
        by_fd[each.peer.socket.fileno()] = each
        poll.register(each.peer.socket, select.EPOLLIN)
    waiting = set(by_fd)
    last = begun
    while waiting and time.monotonic() - begun < within_s:
        for fd, _ in poll.poll(0.5):
            by_fd[fd].take()
            if fd in waiting and by_fd[fd].in_sync:
                waiting.discard(fd)
                last = time.monotonic()
    poll.close()
    for each in returning:
        each.peer.abort()
    faults = [each.fault for each in returning if each.fault]
    return last - begun, clients - len(waiting), faults
