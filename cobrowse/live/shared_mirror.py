"""The page's mirror between nodes: a tab records at one, a CSA looks at another. SPEC node.8.

A CSA at another node is a member by proxy at the tab's node: the mirror there hands batches to them as to anybody,
and what they do there comes as if they were here. So there is one recorder, one order, one place that weighs the
leave; the CSA's own node weighs it once more before it hands anything on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from cobrowse.core.codec import decode_client, encode
from cobrowse.core.messages import Act, Author, Point, Watch
from cobrowse.live.member import Member
from cobrowse.live.mirror import PageMirror
from cobrowse.live.notices import AnyNotice, Drawn, Looks, LooksAway, Read

WINDOW_BYTES = 1024 * 1024
"""What may be on its way to a node before its CSA counts as one who reads slowly."""

LOST_AFTER_S = 5.0
"""What was not heard to arrive for so long is lost; the CSA gets the page as it is."""

Show = Callable[[Member, Watch | Point | Act], None]
Post = Callable[[str, AnyNotice], None]
"""Sends a notice to one other node; it may be lost."""


class Sight(Protocol):
    """The room, as far as its mirror between nodes must know it."""

    members: list[Member]

    def has_shopper(self) -> bool: ...


class FarPeer:
    """A CSA at another node. `waiting_bytes` is what waits there, and what is on its way beyond the window."""

    origin = ""

    def __init__(self, author: Author, post: Callable[[bytes], None]) -> None:
        self.author = author
        self._post = post
        self.unread_bytes = 0
        self.there_bytes = 0
        self.unread_since: float | None = None
        self._when_clear: list[Callable[[], None]] = []

    def send(self, frame: bytes) -> None:
        self.unread_bytes += len(frame)
        self._post(frame)

    @property
    def waiting_bytes(self) -> int:
        return self.there_bytes + max(self.unread_bytes - WINDOW_BYTES, 0)

    def read(self, size_bytes: int, there_bytes: int) -> None:
        """So much has arrived; so much waits there for the CSA to read."""
        self.unread_bytes = max(self.unread_bytes - size_bytes, 0)
        self.there_bytes = there_bytes
        self.unread_since = None
        if self._when_clear and not self.waiting_bytes:
            callbacks, self._when_clear = self._when_clear, []
            for callback in callbacks:
                callback()

    def when_clear(self, callback: Callable[[], None]) -> None:
        self._when_clear.append(callback)

    def is_lost(self, now: float) -> bool:
        """Whether something that was sent has not been heard to arrive for too long."""
        if not self.unread_bytes:
            self.unread_since = None
        elif self.unread_since is None:
            self.unread_since = now
        return self.unread_since is not None and now - self.unread_since > LOST_AFTER_S

    def forget(self) -> None:
        """What was on its way is lost."""
        self.unread_bytes, self.unread_since = 0, None

    def close(self, code: int, reason: str) -> None:
        """The connection is the other node's to close."""


class Far:
    """A CSA at another node, as a member here; `wishes` to watch, and does when the leave allows it."""

    def __init__(self, peer: FarPeer, replica: int) -> None:
        self.peer = peer
        self.member = Member(peer, replica, 0)
        self.wishes = False
        self.watched = False


class SharedMirror:
    """One room's. `show` hands a frame to the mirror here; `name` is this node's."""

    def __init__(
        self, room: str, name: str, sight: Sight, mirror: PageMirror, show: Show, post: Post
    ) -> None:
        self._room = room
        self.name = name
        self._sight = sight
        self._mirror = mirror
        self._show = show
        self._post = post
        self._tabs_at: set[str] = set()
        self._front = (0, "")
        self._far: dict[tuple[str, int], Far] = {}
        self._owing: dict[int, bool] = {}

    # Which node's tab records

    @property
    def leader(self) -> str:
        """The node whose tab is to record: where the shopper looked last, else the first by name."""
        with_tabs = set(self._tabs_at)
        if self._sight.has_shopper():
            with_tabs.add(self.name)
        return self._front[1] if self._front[1] in with_tabs else min(with_tabs, default=self.name)

    def is_elsewhere(self) -> bool:
        """Whether the tab to record is at another node."""
        return self.leader != self.name

    @property
    def front(self) -> int:
        """The number of this node's claim to have the tab that the shopper looks at; 0 for none."""
        number, node = self._front
        return number if node == self.name else 0

    def came_to_front(self) -> None:
        """The shopper looks at a tab of this node."""
        self._front = (self._front[0] + 1, self.name)
        self._mirror.review()

    def heard_front(self, node: str, number: int) -> None:
        """That node's claim. Of two at once the same one is the greater at every node."""
        held = self._front
        if held[1] == node and number < held[0]:
            self._front = (held[0], "")
        elif number:
            self._front = max(held, (number, node))
        if self._front != held:
            self._mirror.review()

    def tabs(self, nodes: Iterable[str]) -> None:
        """The other nodes at which the shopper has tabs; those who watch here are told to the new ones."""
        before, self._tabs_at = self._tabs_at, set(nodes)
        if before != self._tabs_at:
            self._mirror.review()
            fresh = self._tabs_at - before
            for member in self._sight.members:
                if fresh and self._mirror.watches(member):
                    self._tell(member, Watch(self._room, on=True), fresh)

    # CSAs here, tabs there

    def watch(self, member: Member, frame: Watch) -> None:
        """A CSA here opens the page or closes it: the nodes with tabs are told."""
        if self._mirror.watches(member) or not frame.on:
            self._tell(member, frame, self._tabs_at)

    def pass_on(self, member: Member, frame: Point | Act) -> None:
        """A CSA here does something on the page that a tab at another node records."""
        self._tell(member, frame, [self.leader])

    def _tell(self, member: Member, frame: Watch | Point | Act, nodes: Iterable[str]) -> None:
        notice = Looks(self._room, member.replica, member.peer.author, encode(frame))
        for node in nodes:
            self._post(node, notice)

    def left(self, member: Member) -> None:
        """A CSA has left the room here."""
        self._owing.pop(member.replica, None)
        if member.role == "csa":
            for node in self._tabs_at:
                self._post(node, LooksAway(self._room, member.replica))

    def _draw(self, node: str, drawn: Drawn) -> None:
        """Hands on what a tab there shows to a CSA here."""
        waiting_bytes = 0
        for member in self._sight.members:
            if member.replica == drawn.replica and self._mirror.lets(member.peer.author, "view"):
                member.peer.send(drawn.frame)
                waiting_bytes = member.peer.waiting_bytes
        self._post(node, Read(self._room, drawn.replica, len(drawn.frame), waiting_bytes))
        if waiting_bytes:
            self._owing[drawn.replica] = True

    # Tabs here, CSAs there

    def noticed(self, node: str, notice: Looks | LooksAway | Drawn | Read) -> None:
        """What another node posted to this one about the room."""
        match notice:
            case Drawn():
                self._draw(node, notice)
            case Read(replica=replica, size_bytes=size_bytes, waiting_bytes=waiting_bytes):
                if (far := self._far.get((node, replica))) is not None:
                    far.peer.read(size_bytes, waiting_bytes)
            case Looks(replica=replica, by=by, frame=packed):
                frame = decode_client(packed)
                if isinstance(frame, Watch | Point | Act):
                    self._take(self._known(node, replica, by), frame)
            case LooksAway(replica=replica):
                self._forget(node, replica)

    def _known(self, node: str, replica: int, by: Author) -> Far:
        far = self._far.get((node, replica))
        if far is None:

            def post(frame: bytes) -> None:
                self._post(node, Drawn(self._room, replica, frame))

            far = self._far[node, replica] = Far(FarPeer(by, post), replica)
        return far

    def _take(self, far: Far, frame: Watch | Point | Act) -> None:
        if isinstance(frame, Watch):
            far.wishes = frame.on
            far.peer.forget()
            if frame.on and not self._mirror.lets(far.peer.author, "view"):
                return  # the leave may be on its way here: `reviewed` sees to it
        self._show(far.member, frame)
        far.watched = self._mirror.watches(far.member)

    def reviewed(self) -> None:
        """The leave may be another now: whoever waited for it watches, whoever lost it asks again."""
        for far in self._far.values():
            watches = self._mirror.watches(far.member)
            if far.watched and not watches:
                far.wishes = False
            elif far.wishes and not watches and self._mirror.lets(far.peer.author, "view"):
                self._take(far, Watch(self._room, on=True))
            far.watched = self._mirror.watches(far.member)

    def _forget(self, node: str, replica: int) -> None:
        if (far := self._far.pop((node, replica), None)) is not None:
            self._mirror.leave(far.member)

    def forget_node(self, node: str) -> None:
        """That node is gone, and its CSAs with it."""
        for key in [key for key in self._far if key[0] == node]:
            self._forget(*key)

    def tend(self, now: float) -> None:
        """Once a second: says who has caught up here, and finds out what was lost on its way."""
        for member in self._sight.members:
            if self._owing.get(member.replica) and not member.peer.waiting_bytes:
                del self._owing[member.replica]
                for node in self._tabs_at:
                    self._post(node, Read(self._room, member.replica, 0, 0))
        for far in self._far.values():
            if far.peer.is_lost(now) and self._mirror.watches(far.member):
                self._take(far, Watch(self._room, on=True))
