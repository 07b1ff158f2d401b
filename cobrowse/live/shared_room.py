"""A room that other nodes may hold too: what was decided here counts once the log has taken it. SPEC node.1.

The state runs ahead of the log by what is on its way. When another node was first, the state goes back to what the
log has, follows what came, and the operations that wait are decided again: as if they had arrived later, which they
have.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from cobrowse.core import room as core
from cobrowse.core.codec import encode
from cobrowse.core.credentials import Life
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.messages import (
    Act,
    AnyFact,
    AnyOperation,
    Arrived,
    Author,
    Controlled,
    Entry,
    Front,
    Looked,
    Mirror,
    Outcome,
    Point,
    Position,
    TypingNow,
    Watch,
)
from cobrowse.core.replicas import may_resume
from cobrowse.core.room import RoomState, Terms
from cobrowse.live.member import Member, Peer
from cobrowse.live.notices import AnyNotice, Drawn, Here, Looks, LooksAway, Read, Resumed, TypesThere
from cobrowse.live.room import Durable, Log, Room
from cobrowse.live.shared_mirror import SharedMirror
from cobrowse.live.tape import Tapes

REBASE_EVERY = 64
"""Entries after which going back starts from a newer copy of the state, as soon as nothing is on its way."""

REBASE_AT = 256
"""Entries after which it does in any case, though what was applied must be applied again to get there."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RoomState).decode


class Undecided(NamedTuple):
    """What is on its way to the log: an operation of a member, or a fact of the server's own."""

    member: Member | None
    c: int
    act: AnyOperation | AnyFact
    at: float


class Others(Protocol):
    """The way to the other nodes."""

    name: str
    """This node's."""

    def tell(self, room: str, notice: AnyNotice) -> None:
        """To all nodes that have the room."""

    def post(self, node: str, notice: AnyNotice) -> None:
        """To one node."""


class SharedRoom(Room):
    """`numbers`: the replica numbers that this node may give out in this room."""

    def __init__(
        self,
        state: RoomState,
        tail: list[Entry],
        terms: Terms,
        log: Log,
        now: Callable[[], float],
        others: Others,
        numbers: range,
        tapes: Tapes | None = None,
    ) -> None:
        super().__init__(state, tail, terms, log, now, tapes)
        self.numbers = deque(numbers)
        self._tell = others.tell
        self._name = others.name
        self._copied, self._copy = state.head, _encode(state)
        self._since: list[Entry] = []
        self._undecided: deque[Undecided] = deque()
        self._elsewhere: dict[str, list[Author]] = {}
        self._sight = SharedMirror(state.room, others.name, self, self._mirror, super().show, others.post)
        self._tell(state.room, Here([], asks=True))

    # The state that the log has

    def confirmed(self) -> RoomState:
        """The state after the last durable entry: not to be changed."""
        if not self._undecided:
            return self.state
        state = _decode(self._copy)
        for entry in self._since:
            core.apply(state, entry)
        return state

    def _confirmed_tail(self) -> list[bytes]:
        """The entries' bytes without those that are on their way: one for each that waits."""
        return self._tail[: len(self._tail) - len(self._undecided)]

    def _keep(self, entries: Sequence[Entry]) -> None:
        self._since += entries
        if len(self._since) >= (REBASE_AT if self._undecided else REBASE_EVERY):
            self._rebase()

    def _rebase(self) -> None:
        state = self.confirmed()
        self._copied, self._copy, self._since = state.head, _encode(state), []

    def copy(self) -> tuple[tuple[int, int], bytes]:
        """Head and bytes of a state that the log has: the last if nothing is on its way, else of a while ago."""
        if self._since and not self._undecided:
            self._rebase()
        return self._copied, self._copy

    # Joining

    def take_replica(self, last: Life | None) -> Life:
        """The replica asked for, whichever node gave it out; else a number of this node's own. SPEC wire.5, node.6.

        Raises PeerError(BUSY) when there is none left; `numbers` is filled by whoever holds the rooms.
        """
        if last is not None:
            # It is signed, so some node has given it out; the log may not have heard of it yet.
            self.state.next_replica = max(self.state.next_replica, last.replica + 1)
            if may_resume(self.state, last.replica):
                self._tell(self.state.room, Resumed(*last.next()))
                return super().take_replica(last)
        if not self.numbers:
            raise PeerError(Close.BUSY, "too many tabs at once, try again in a moment")
        number = self.numbers.popleft()
        self.state.next_replica = max(self.state.next_replica, number + 1)
        return Life(number)

    def join(self, peer: Peer, life: Life, resume: str, position: Position | None) -> Member:
        """Adds a member, who gets the room as the log has it, at once. SPEC wire.7."""
        ahead = self.state, self._tail
        self.state = self.confirmed()
        self._tail = self._confirmed_tail()
        try:
            member = Member(peer, life.replica, self.state.head[0], life.number)
            self.members.append(member)
            self.idle_since = None
            joined = self._joined(member, resume, self._missed(position))
        finally:
            self.state, self._tail = ahead
        member.entered = True
        peer.send(encode(joined))
        self.announce()
        return member

    # Writing

    def do(self, member: Member, c: int, op: AnyOperation, at: float, now: float) -> None:
        head = self.state.head
        super().do(member, c, op, at, now)
        if self.state.head != head:
            self._undecided.append(Undecided(member, c, op, at))

    def write(self, fact: AnyFact, now: float) -> None:
        super().write(fact, now)
        self._undecided.append(Undecided(None, 0, fact, now))

    # Reading

    def deliver(self, records: Sequence[Durable]) -> None:
        """Own entries, which the log has taken."""
        for _ in records:
            self._undecided.popleft()
        self._keep([record.entry for record in records])
        super().deliver(records)

    def follow(self, records: Sequence[Durable], void: bool, now: float) -> None:
        """Entries that the log has, and that were not appended from here, or of which it was in doubt."""
        waiting: list[Undecided] = []
        if void:
            self.state, self._tail = self.confirmed(), self._confirmed_tail()
            waiting = list(self._undecided)
            self._undecided.clear()
        for record in records:
            core.apply(self.state, record.entry)
        self._tail += [record.payload for record in records]
        self._trim()
        self._keep([record.entry for record in records])
        super().deliver(records)
        self._review()
        for each in waiting:
            self._decide_again(each, now)

    def _review(self) -> bool:
        changed = super()._review()
        if changed:
            self._sight.reviewed()
        return changed

    def _decide_again(self, each: Undecided, now: float) -> None:
        if each.member is None:
            # An offer, or its end, is for the rules to weigh again: the hub asks them after every change.
            if isinstance(each.act, Controlled | Looked):
                self.write(each.act, now)
            elif isinstance(each.act, Arrived):
                visit = self.state.visit
                if each.act != Arrived(visit.device, visit.locale, self.state.utc_min):
                    self.write(each.act, now)
            return
        try:
            self.do(each.member, each.c, each.act, each.at, now)  # type: ignore[arg-type]
        except PeerError as busy:
            each.member.peer.close(busy.code, busy.reason)

    # Others

    def present(self, role: str) -> list[Author]:
        there = (author for authors in self._elsewhere.values() for author in authors)
        seen = [author for author in there if role == "csa" or author.role == "csa"]
        return list(dict.fromkeys([*super().present(role), *seen]))

    def is_visited(self) -> bool:
        there = (author for authors in self._elsewhere.values() for author in authors)
        return self.has_shopper() or any(author.role == "shopper" for author in there)

    def announce(self) -> None:
        self._announce_here()
        self._say_here()

    def _say_here(self) -> None:
        self._tell(self.state.room, Here(super().present("csa"), front=self._sight.front))

    def _announce_here(self) -> None:
        super().announce()

    def typing(self, member: Member, *, on: bool) -> None:
        super().typing(member, on=on)
        self._tell(self.state.room, TypesThere(member.peer.author, on))

    def noticed(self, node: str, notice: AnyNotice) -> None:
        """Another node's word on this room."""
        match notice:
            case Here(authors=authors, asks=asks, front=front):
                if asks:
                    self._say_here()
                self._know(node, authors)
                self._sight.heard_front(node, front)
            case TypesThere(by=by, on=on):
                frame = encode(TypingNow(self.state.room, by, on))
                for member in self._entered():
                    member.peer.send(frame)
            case Resumed(replica=replica, life=life):
                # Of two with one number, both begun from the same token, one goes: at each node the same one.
                later = (life, node)
                own = [member for member in self.members if member.replica == replica]
                self._replace([member for member in own if not life or later > (member.life, self._name)])
            case Looks() | LooksAway() | Drawn() | Read():
                self._sight.noticed(node, notice)

    def forget_node(self, node: str) -> None:
        """That node is gone, and who was there with it."""
        self._know(node, [])
        self._sight.forget_node(node)

    def _know(self, node: str, authors: list[Author]) -> None:
        if self._elsewhere.get(node, []) == authors:
            return
        if authors:
            self._elsewhere[node] = authors
        else:
            self._elsewhere.pop(node, None)
        self._sight.tabs(
            node for node, there in self._elsewhere.items() if any(each.role == "shopper" for each in there)
        )
        self._announce_here()

    # The page

    def show(self, member: Member, frame: Mirror | Front | Watch | Point | Act | Outcome) -> None:
        match frame:
            case Watch():
                super().show(member, frame)
                self._sight.watch(member, frame)
            case Point() | Act() if self._sight.is_elsewhere() and self._mirror.watches(member):
                self._sight.pass_on(member, frame)
            case Front():
                super().show(member, frame)
                self._sight.came_to_front()
                self._say_here()
            case _:
                super().show(member, frame)

    def shoppers(self) -> list[Member]:
        """The tabs of which one may record: none while the shopper looks at one that is at another node."""
        return super().shoppers() if not self._sight.is_elsewhere() else []

    def leave(self, member: Member) -> None:
        super().leave(member)
        self._sight.left(member)

    def tend_sharing(self, now: float) -> None:
        super().tend_sharing(now)
        self._sight.tend(now)

    def ask(self) -> None:
        """Asks the other nodes who is there: something that they told was missed."""
        self._tell(self.state.room, Here(super().present("csa"), asks=True, front=self._sight.front))
