"""A CSA who watches a page."""

from __future__ import annotations

from cobrowse.core.control import Hand
from cobrowse.live.member import Member


class Viewer:
    """A CSA who watches. `behind`: what is on its way to them is no longer the page. `waits`: for its end.

    `files`: the hashes of those that they have; `files_wait`: for the end of what goes before them.
    """

    __slots__ = ("behind", "files", "files_wait", "hand", "member", "waits")

    def __init__(self, member: Member, now: float) -> None:
        self.member = member
        self.behind = True
        self.waits = False
        self.files: set[str] = set()
        self.files_wait = False
        self.hand = Hand(now)
