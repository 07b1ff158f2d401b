"""A shopper's page on its way to the CSAs who watch it: fanned out, never logged, gone with the leave. SPEC mirror."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from cobrowse.core.codec import encode
from cobrowse.core.control import WRITTEN_AS
from cobrowse.core.messages import (
    Act,
    ActNow,
    Author,
    Controlled,
    MaskRule,
    Mirror,
    Mirrored,
    Outcome,
    OutcomeNow,
    Point,
    Pointed,
    Record,
    Refuse,
    ShareLevel,
)
from cobrowse.core.mirror import MAX_BATCH_BYTES, Checked, MirrorRefused
from cobrowse.core.page_files import FileRefused, SiteFiles
from cobrowse.core.sheets import Sheets
from cobrowse.live.checking import Batch, Checking
from cobrowse.live.leave import Leave
from cobrowse.live.member import Member
from cobrowse.live.page_files import PageFiles
from cobrowse.live.viewer import Viewer

MAX_HELD_BYTES = 1024 * 1024
"""Of changes kept for those who come late: past it the page is asked for a new snapshot."""

HEAL_EVERY_S = 5.0
"""Between two pages that are asked for because what is drawn has drifted."""

MAX_BEHIND_BYTES = 256 * 1024
"""A viewer with more than this unread gets no more changes, but the page as it is once they have caught up."""

logger = logging.getLogger(__name__)


class Host(Protocol):
    """What a mirror must know of its room."""

    leave_to_see: Leave

    def shoppers(self) -> list[Member]: ...

    def note(self, fact: Controlled) -> None: ...

    def looked(self, csa: Author, *, on: bool) -> None:
        """A CSA has begun to look, or looks away."""

    def keep(self, frame: bytes) -> None:
        """A batch goes to those who watch."""


class PageMirror:
    """One room's page. The tab in front records while somebody who may watches; nothing else ever leaves a page."""

    def __init__(
        self,
        room: str,
        rules: list[MaskRule],
        host: Host,
        now: Callable[[], float],
        catalogue: bool = True,
        sheets: Sheets | None = None,
        files: SiteFiles | None = None,
    ) -> None:
        self._room = room
        self._rules = rules
        self._catalogue = catalogue
        self._sheets = Sheets() if sheets is None else sheets
        self._told_of: dict[str, str] = {}
        self._files = PageFiles(room, SiteFiles() if files is None else files, self._sees, host.keep)
        self._healed_at = -HEAL_EVERY_S
        self._host = host
        self._now = now
        self._viewers: list[Viewer] = []
        self._front: Member | None = None
        self._recording: Member | None = None
        self._checking = Checking(self._checked)
        self._forget_page()

    def _forget_page(self) -> None:
        self._epoch = ""
        self._next_seq = 0
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._asked_anew = False
        self._files.turn()
        self._checking.forget()

    def told_anew(self) -> list[bytes]:
        """The page as it is, for a recording that begins: its files, its snapshot and all since."""
        return [*self._files.told_anew(), *self._held]

    # Who

    def lets(self, csa: Author, level: ShareLevel) -> bool:
        return self._host.leave_to_see.lets(csa, level)

    def _sees(self, viewer: Viewer) -> bool:
        return viewer in self._viewers and self.lets(viewer.member.peer.author, "view")

    def watches(self, member: Member) -> bool:
        return any(viewer.member is member for viewer in self._viewers)

    def watch(self, member: Member, *, on: bool) -> None:
        """A CSA opens the mirror or closes it; whoever watches already gets the whole page again. SPEC mirror.6."""
        kept = [viewer for viewer in self._viewers if viewer.member is not member]
        if on and not self.lets(member.peer.author, "view"):
            member.peer.send(encode(Refuse(self._room, "not_granted", "the shopper has not shared the page")))
        elif on:
            kept.append(Viewer(member, self._now()))
        self._seat(kept)
        if kept and kept[-1].member is member:
            self._catch_up(kept[-1])
        self._direct()

    def _seat(self, viewers: list[Viewer]) -> None:
        """These watch now; says of each CSA of this node who begins or ends, in however many windows they do."""
        before = {viewer.member.peer.author for viewer in self._viewers if viewer.member.entered}
        after = {viewer.member.peer.author for viewer in viewers if viewer.member.entered}
        self._viewers = viewers
        for csa in sorted(before - after, key=lambda each: each.id):
            self._host.looked(csa, on=False)
        for csa in sorted(after - before, key=lambda each: each.id):
            self._host.looked(csa, on=True)

    def front(self, member: Member) -> None:
        """The shopper looks at this tab now: it records in the place of the one before."""
        if self._front is not member:
            self._front = member
            self._direct()

    def leave(self, member: Member) -> None:
        """Somebody has left the room."""
        self._seat([viewer for viewer in self._viewers if viewer.member is not member])
        if self._front is member:
            self._front = None
        if self._recording is member:
            self._recording = None
            self._told_of = {}
            self._forget_page()
        self._direct()

    def review(self) -> None:
        """The leave has changed or run out: whoever may no longer watch gets nothing more. SPEC mirror.5."""
        self._seat([viewer for viewer in self._viewers if self.lets(viewer.member.peer.author, "view")])
        if not self._host.leave_to_see.is_given():
            self._files.forget()
        self._direct()

    def _direct(self) -> None:
        """Lets exactly one tab record while somebody watches, none otherwise."""
        shoppers = self._host.shoppers()
        covered = [tab for tab in shoppers if self._host.leave_to_see.covers(tab.peer.origin)]
        if self._front not in covered:
            self._front = covered[-1] if covered else None
        wanted = self._front if self._viewers else None
        before = self._recording
        if before is wanted:
            return
        self._recording = wanted
        self._forget_page()
        if before is not None:
            before.peer.send(encode(Record(self._room, on=False)))
        self._told_of = self._sheets.known() if wanted is not None else {}
        if wanted is not None:
            self._files.begin(wanted.peer.origin)
            self._ask_for_page()

    def _ask_for_page(self) -> None:
        if self._recording is not None and not self._asked_anew:
            self._asked_anew = True
            record = Record(
                self._room,
                True,
                self._rules,
                self._catalogue,
                list(self._told_of),
                self._files.paths,
                self._files.known(),
            )
            self._recording.peer.send(encode(record))

    def heal(self) -> None:
        """What a CSA sees has drifted from the page, which is asked for anew, now and then at most. SPEC equal.2."""
        if self._now() - self._healed_at >= HEAL_EVERY_S:
            self._healed_at = self._now()
            self._ask_for_page()

    # What

    def take(self, member: Member, frame: Mirror) -> None:
        """Takes a part of a batch from the tab that records, and hands on what may be drawn. SPEC mirror.3."""
        if member is not self._recording:
            return
        if frame.epoch != self._epoch:
            if frame.seq != 0:
                return
            self._forget_page()
            self._epoch = frame.epoch
        if frame.seq != self._next_seq:
            self._ask_for_page()
            return
        self._parts.append(frame.part)
        self._parts_bytes += len(frame.part)
        if self._parts_bytes > MAX_BATCH_BYTES:
            self._refuse("a batch is too large")
        elif not frame.more:
            body, self._parts, self._parts_bytes = b"".join(self._parts), [], 0
            self._next_seq += 1
            # Held from when the tab was told of them: what goes from the shelf meanwhile is still here.
            sheets = self._told_of if frame.seq == 0 else {}
            self._checking.check(Batch(frame.seq, body, frame.deflated, sheets, bool(self._files.paths)))
            if self._checking.waiting_bytes > MAX_BATCH_BYTES:
                self._forget_page()
                self._ask_for_page()

    def _checked(self, seq: int, batch: Checked | MirrorRefused) -> None:
        if isinstance(batch, MirrorRefused):
            self._refuse(str(batch))
        else:
            self._publish(seq, batch)

    def _refuse(self, why: str) -> None:
        """This page sends what no page of ours would: the mirror ends, until somebody opens it again."""
        logger.info("a page's mirror was refused: %s", why)
        if self._recording is not None:
            self._recording.peer.send(encode(Record(self._room, on=False)))
        self._recording = None
        self._told_of = {}
        self._seat([])
        self._forget_page()

    def _publish(self, seq: int, batch: Checked) -> None:
        if seq == 0 and not batch.is_snapshot:
            self._forget_page()
            self._ask_for_page()
            return
        try:
            self._files.take(batch)
        except FileRefused as refused:
            self._refuse(str(refused))
            return
        frame = encode(Mirrored(self._room, self._epoch, seq, batch.body, batch.deflated))
        if batch.is_snapshot:
            self._held, self._held_bytes, self._asked_anew = [], 0, False
            self._sheets.learn(batch.sheets)
        else:
            self._held_bytes += len(frame)
        self._held.append(frame)
        self._host.keep(frame)
        if self._held_bytes > MAX_HELD_BYTES:
            self._ask_for_page()
        for viewer in self._viewers:
            self._hand(viewer, frame, batch.is_snapshot)
            self._files.hand(viewer)

    def _hand(self, viewer: Viewer, frame: bytes, is_snapshot: bool) -> None:
        peer = viewer.member.peer
        if not self.lets(peer.author, "view"):
            return
        if peer.waiting_bytes > MAX_BEHIND_BYTES:
            viewer.behind = True
            if not viewer.waits:
                viewer.waits = True
                peer.when_clear(lambda: self._cleared(viewer))
        elif is_snapshot or not viewer.behind:
            viewer.behind = False
            peer.send(frame)

    def _cleared(self, viewer: Viewer) -> None:
        """A slow viewer has read what was on its way: they get the page as it is, and no backlog. SPEC mirror.6."""
        viewer.waits = False
        if self._sees(viewer) and viewer.behind:
            if self._held and self._held_bytes <= len(self._held[0]):
                self._catch_up(viewer)
            else:
                self._ask_for_page()

    def _catch_up(self, viewer: Viewer) -> None:
        """The page as it is: its snapshot and all since."""
        if not self._held:
            return
        viewer.behind = False
        for frame in self._held:
            viewer.member.peer.send(frame)
        self._files.hand(viewer)

    # Pointing and control

    def point(self, member: Member, frame: Point) -> None:
        """Shows the shopper where a CSA points, if they may and mean the page as it is. SPEC mirror.7."""
        if (
            self._recording is None
            or frame.epoch != self._epoch
            or not self.lets(member.peer.author, "point")
        ):
            return
        pointed = Pointed(
            self._room,
            member.peer.author,
            frame.epoch,
            frame.node,
            frame.fx,
            frame.fy,
            frame.kind,
            frame.stroke,
            frame.path,
        )
        self._recording.peer.send(encode(pointed))

    def act(self, member: Member, frame: Act) -> None:
        """Hands a CSA's step to the page, if they may now and mean the page as it is. SPEC mirror.8."""
        author, now = member.peer.author, self._now()
        viewer = next((viewer for viewer in self._viewers if viewer.member is member), None)
        if viewer is None or not self.lets(author, "control"):
            member.peer.send(
                encode(Refuse(self._room, "not_granted", "the shopper has not let you use the page"))
            )
        elif self._recording is None or frame.epoch != self._epoch:
            self._answer(viewer, frame, "gone")
        elif not viewer.hand.may(frame.kind, now):
            self._answer(viewer, frame, "denied")
        else:
            if viewer.hand.begins(frame.kind, frame.node, now):
                kind = WRITTEN_AS.get(frame.kind, frame.kind)
                self._host.note(Controlled(author, kind, frame.node))
            step = ActNow(
                self._room,
                author,
                frame.epoch,
                frame.n,
                frame.node,
                frame.kind,
                frame.fx,
                frame.fy,
                frame.text,
                frame.index,
                frame.dx,
                frame.dy,
            )
            self._recording.peer.send(encode(step))

    def _answer(self, viewer: Viewer, frame: Act, what: str) -> None:
        """Why a step was not taken. Of one that only hovered nobody needs to know."""
        if frame.kind != "hover":
            viewer.member.peer.send(encode(OutcomeNow(self._room, frame.n, what)))

    def outcome(self, member: Member, frame: Outcome) -> None:
        """Tells a CSA what became of their step."""
        if member is not self._recording:
            return
        told = encode(OutcomeNow(self._room, frame.n, frame.what, frame.line, frame.quantity))
        for viewer in self._viewers:
            if viewer.member.peer.author.id == frame.to:
                viewer.member.peer.send(told)
