"""Who may do what with a room's page at this moment, as cheaply as each batch must ask. SPEC share.2."""

from __future__ import annotations

from collections.abc import Callable

from cobrowse.core import sharing as core
from cobrowse.core.messages import Author, PageGrant, ShareLevel, Sharing


class Leave:
    """The leaves of one room that the server has signed. A signature is checked once, the rest at each question."""

    def __init__(self, room: str, secret: bytes, now: Callable[[], float]) -> None:
        self._room = room
        self._secret = secret
        self._now = now
        self._seen: Sharing | None = None
        self._proven: dict[str, PageGrant] = {}

    def review(self, sharing: Sharing) -> bool:
        """These stand now; one whose signature is not ours is none. Whether they are others than before."""
        if sharing is self._seen:
            return False
        self._seen = sharing
        known = self._proven
        self._proven = {
            grant.to.id: grant
            for grant in sharing.grants
            if known.get(grant.to.id) == grant or core.is_proven(grant, self._room, self._secret)
        }
        return True

    def lets(self, csa: Author, level: ShareLevel) -> bool:
        """Whether this CSA may go so far now."""
        return core.lets(self._proven.get(csa.id), csa, level, self._now())

    def is_given(self) -> bool:
        """Whether anybody may see the page now."""
        now = self._now()
        return any(now < grant.expires_at for grant in self._proven.values())

    def covers(self, origin: str) -> bool:
        """Whether anybody may see pages of this origin."""
        return any(grant.origin == origin for grant in self._proven.values())
