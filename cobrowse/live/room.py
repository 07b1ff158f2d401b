"""A room in memory: its state, its members, and the road from an operation to everybody's screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from cobrowse.core import room as core
from cobrowse.core import sharing
from cobrowse.core.codec import encode, encode_entry, encode_news
from cobrowse.core.credentials import Life
from cobrowse.core.errors import Close, Refusal, Refused
from cobrowse.core.messages import (
    Act,
    AnyFact,
    AnyOperation,
    Author,
    Controlled,
    Declined,
    Entry,
    Front,
    Joined,
    Looked,
    Mirror,
    Outcome,
    Point,
    Position,
    Presence,
    Refuse,
    Shared,
    Sharing,
    TypingNow,
    Watch,
)
from cobrowse.core.replicas import may_resume
from cobrowse.core.room import RoomState, Terms
from cobrowse.core.sharing import LEAVE_AFTER_S
from cobrowse.live.leave import Leave
from cobrowse.live.member import Member, Peer
from cobrowse.live.mirror import PageMirror
from cobrowse.live.publication import Publication, publication
from cobrowse.live.tape import Tape, Tapes

TAIL_ENTRIES = 256
"""Entries kept for clients that come back: a few minutes of a busy cart. Older positions get the whole view."""

SNAPSHOT_EVERY = 64
NOTHING_SHARED = Sharing()
SERVER = Author("server")

_encode_fact = msgspec.msgpack.Encoder().encode
_decode_entry = msgspec.msgpack.Decoder(Entry).decode


class Log(Protocol):
    """The broker, as a room uses it."""

    def admit(self) -> None: ...

    def append(self, record: Publication) -> None: ...

    def after_pending(self, callback: Callable[[], None]) -> None: ...


class Durable(Protocol):
    """An entry that the log has, and its bytes."""

    @property
    def entry(self) -> Entry: ...

    @property
    def payload(self) -> bytes: ...


class Room:
    """Decides operations, appends facts, and hands durable entries to its members. Owned by the hub's loop.

    `state` follows the log as it is appended; members see only what is durable.
    """

    def __init__(
        self,
        state: RoomState,
        tail: list[Entry],
        terms: Terms,
        log: Log,
        now: Callable[[], float] = time.time,
        tapes: Tapes | None = None,
    ) -> None:
        self.state = state
        self.terms = terms
        self.members: list[Member] = []
        self.idle_since: float | None = None
        self.left_at: float | None = None
        self.saved_offset = state.head[0]
        self._log = log
        self._now = now
        self._tail = [encode_entry(entry) for entry in tail[-TAIL_ENTRIES:]]
        self._durable = state.head
        self._looks: list[Looked] = []
        self.leave_to_see = Leave(state.room, terms.secret, now)
        self.leave_to_see.review(state.sharing)
        self._mirror = PageMirror(
            state.room, terms.mirror, self, now, terms.site.catalogue, terms.sheets, terms.files
        )
        self._tapes = tapes
        self._tape: Tape | None = None
        self._change_tape()

    # Joining

    def take_replica(self, last: Life | None) -> Life:
        """The next life of the replica asked for, if this room gave it out and remembers it; else the first of a new
        one. SPEC wire.5.
        """
        if last is not None and may_resume(self.state, last.replica):
            self._replace([member for member in self.members if member.replica == last.replica])
            return last.next()
        replica = self.state.next_replica
        self.state.next_replica += 1
        return Life(replica)

    def _replace(self, members: list[Member]) -> None:
        """Their tabs have come back elsewhere."""
        for member in members:
            self.leave(member)
            member.peer.close(Close.REPLACED, "this tab has come back on another connection")

    def join(self, peer: Peer, life: Life, resume: str, position: Position | None) -> Member:
        """Adds a member, who first gets the room: every missed entry, or the whole view. Never a part. SPEC wire.7.

        What they get is the room as it is now; it is sent once all of that is durable, ahead of what follows.
        """
        member = Member(peer, life.replica, self.state.head[0], life.number)
        self.members.append(member)
        self.idle_since = None
        joined = encode(self._joined(member, resume, self._missed(position)))

        def send() -> None:
            if member in self.members:
                member.entered = True
                peer.send(joined)
                self.announce()

        self._log.after_pending(send)
        return member

    def _joined(self, member: Member, resume: str, missed: list[Entry] | None) -> Joined:
        role = member.role
        return Joined(
            room=self.state.room,
            replica=member.replica,
            resume=resume,
            last=core.last_counter(self.state, member.replica),
            position=Position(self.state.epoch, *self.state.head),
            present=self.present(role),
            view=core.view(self.state, role) if missed is None else None,
            tail=None if missed is None else [self._as_seen(entry, member) for entry in missed],
        )

    def _missed(self, position: Position | None) -> list[Entry] | None:
        """The entries after a position; None when that position is not one of this log's, or too long ago."""
        if position is None or position.epoch != self.state.epoch:
            return None
        if (position.offset, position.hash) == self.state.head:
            return []
        missed = self.state.head[0] - position.offset
        if not 0 < missed < min(len(self._tail), TAIL_ENTRIES):
            return None
        last, *entries = map(_decode_entry, self._tail[-missed - 1 :])
        return entries if last.hash == position.hash else None

    def leave(self, member: Member) -> None:
        if member in self.members:
            self.members.remove(member)
            if member.typing:
                self.typing(member, on=False)
            self._mirror.leave(member)
            self.announce()

    def top(self) -> Position:
        """How far the durable log goes."""
        return Position(self.state.epoch, *self._durable)

    def present(self, role: str) -> list[Author]:
        """Who is here, each once: a shopper sees the CSAs, a CSA everybody."""
        authors = dict.fromkeys(
            member.peer.author for member in self.members if role == "csa" or member.role == "csa"
        )
        return list(authors)

    def has_shopper(self) -> bool:
        """Whether the visitor is here, in any tab."""
        return any(member.role == "shopper" for member in self.members)

    def is_visited(self) -> bool:
        """Whether the visitor is in the room, whatever the node."""
        return self.has_shopper()

    def announce(self) -> None:
        for member in self._entered():
            member.peer.send(encode(Presence(self.state.room, self.present(member.role))))

    def _entered(self) -> Iterator[Member]:
        return (member for member in self.members if member.entered)

    # Writing

    def do(self, member: Member, c: int, op: AnyOperation, at: float, now: float) -> None:
        """Takes one numbered operation: exactly one fact follows, or, out of order, a Refuse. SPEC room.3."""
        last = core.last_counter(self.state, member.replica)
        if c <= last:
            return
        if c != last + 1:
            refuse = Refuse(self.state.room, Refused.GAP, f"expected operation {last + 1}, got {c}", c)
            member.peer.send(encode(refuse))
            return
        author = member.peer.author
        fact: AnyFact
        try:
            origin = member.peer.origin
            fact = core.decide(self.state, author, member.replica, c, op, at, now, self.terms, origin)
        except Refusal as refusal:
            fact = Declined(refusal.code, refusal.message)
        self.append(author, member.replica, c, fact, now)

    def write(self, fact: AnyFact, now: float) -> None:
        """Appends a fact of the server's own."""
        c = core.last_counter(self.state, core.SERVER_REPLICA) + 1
        self.append(SERVER, core.SERVER_REPLICA, c, fact, now)

    def append(self, by: Author, replica: int, c: int, fact: AnyFact, now: float) -> None:
        """Writes the next entry. Raises Backlogged, and then nothing has happened."""
        self._log.admit()
        entry = core.next_entry(self.state, by, replica, c, fact, now, _encode_fact(fact))
        before = self.state.conversation.number
        core.apply(self.state, entry)
        payload = encode_entry(entry)
        self._tail.append(payload)
        self._trim()
        self._log.append(publication(self.state, entry, payload, before))
        self._review()

    def _trim(self) -> None:
        if len(self._tail) >= 2 * TAIL_ENTRIES:
            del self._tail[:-TAIL_ENTRIES]

    def _review(self) -> bool:
        """Looks at the leave to see the page, if it is another now; whether it is."""
        changed = self.leave_to_see.review(self.state.sharing)
        if changed:
            self._mirror.review()
            self._change_tape()
        return changed

    def _change_tape(self) -> None:
        """Records on the tape that the shopper's leave names, from the page as it stands; on none without."""
        recording = self.state.sharing.recording
        if self._tape is not None and (recording is None or recording.id != self._tape.kept.id):
            self._tape = None
            if self._tapes is not None:
                self._tapes.end()
        if recording is not None and self._tape is None and self._tapes is not None:
            self._tape = self._tapes.begin(recording, self.state.room, self.state.site)
            now = self._now()
            for frame in self._mirror.told_anew():
                self._tape.add(frame, now)

    # Reading

    def deliver(self, records: Sequence[Durable]) -> None:
        """Hands durable entries to every member, encoded once for all who see the same. SPEC wire.6."""
        top = records[-1].entry
        self._durable = (top.offset, top.hash)
        first, plain = records[0].entry.offset, core.all_plain([record.entry.fact for record in records])
        for_all: bytes | None = None
        for member in self.members:
            if member.delivered >= first:
                fresh = [record for record in records if record.entry.offset > member.delivered]
                if fresh:
                    member.peer.send(self._news(fresh, member))
            elif plain or member.role == "csa":
                for_all = for_all or encode_news(self.state.room, [record.payload for record in records])
                member.peer.send(for_all)
            else:
                member.peer.send(self._news(records, member))
            member.delivered = max(member.delivered, top.offset)

    def _news(self, records: Sequence[Durable], member: Member) -> bytes:
        return encode_news(self.state.room, [self._payload(record, member) for record in records])

    def _payload(self, record: Durable, member: Member) -> bytes:
        seen = self._as_seen(record.entry, member)
        return record.payload if seen is record.entry else encode_entry(seen)

    def _as_seen(self, entry: Entry, member: Member) -> Entry:
        fact = core.seen_by(entry.fact, member.role, entry.replica == member.replica)
        return entry if fact is entry.fact else msgspec.structs.replace(entry, fact=fact)

    def typing(self, member: Member, *, on: bool) -> None:
        """Passes on that somebody types; nothing of it is kept."""
        member.typing = on
        frame = encode(TypingNow(self.state.room, member.peer.author, on))
        for other in self._entered():
            if other is not member:
                other.peer.send(frame)

    # The page (live.mirror.Host)

    def show(self, member: Member, frame: Mirror | Front | Watch | Point | Act | Outcome) -> None:
        """Passes on what there is of the shopper's page; nothing of it is kept. SPEC mirror."""
        match frame:
            case Mirror():
                self._mirror.take(member, frame)
            case Front():
                self._mirror.front(member)
            case Watch(on=True, anew=True) if self._mirror.watches(member):
                self._mirror.heal()
            case Watch(on=on):
                self._mirror.watch(member, on=on)
            case Point():
                self._mirror.point(member, frame)
            case Act():
                self._mirror.act(member, frame)
            case Outcome():
                self._mirror.outcome(member, frame)

    def shoppers(self) -> list[Member]:
        """The visitor's tabs, in the order of their coming."""
        return [member for member in self.members if member.role == "shopper" and member.entered]

    def note(self, fact: Controlled) -> None:
        """Puts into the log that a CSA uses the page. Raises Backlogged, and then they do not."""
        self.write(fact, self._now())

    def keep(self, frame: bytes) -> None:
        """A batch goes to those who watch: it is recorded where the shopper allows it. SPEC record.2."""
        if self._tape is not None and self.leave_to_see.is_given():
            self._tape.add(frame, self._now())

    def looked(self, csa: Author, *, on: bool) -> None:
        """Notes, for the log, that a CSA begins to look at the page, or ends: a reload is neither. SPEC audit.1."""
        away = Looked(csa, on=False)
        if on and away in self._looks:
            self._looks.remove(away)
        else:
            self._looks.append(Looked(csa, on))

    def is_shared(self) -> bool:
        """Whether `tend_sharing` has anything to do."""
        return bool(self._looks) or self.left_at is not None or self.state.sharing != NOTHING_SHARED

    def tend_sharing(self, now: float) -> None:
        """Ends leaves to see the page that have run out, and all when the shopper has gone; logs who looks.

        Not from where it happens: whoever leaves may leave a room that is no longer the one. SPEC share.4, audit.1.
        """
        while self._looks:
            self.write(self._looks[0], now)
            del self._looks[0]
        if self.state.sharing == NOTHING_SHARED:
            self.left_at = None
            return
        if self.is_visited():
            self.left_at = None
        elif self.left_at is None:
            self.left_at = now
        gone = self.left_at is not None and now - self.left_at > LEAVE_AFTER_S
        over = Shared(Sharing(), "left") if gone else sharing.overdue(self.state.sharing, now)
        if over is None and self._tape is not None and self._tape.is_full:
            over = sharing.filled(self.state.sharing)
        if over is not None:
            self.write(over, now)
