"""How fast a CSA may use the shopper's page, and which of their steps are written down. SPEC mirror.8."""

from __future__ import annotations

ACTS_PER_S = 30.0
"""Twice as fast as the fastest typists, with the wheel on top."""
BURST_ACTS = 60.0
KEPT_FROM_HOVER = 20.0
"""Steps that hovering leaves over: what is pressed or typed next must not wait for it."""
QUIET_S = 10.0
"""A step like one of the last ten seconds goes on with it: one entry of the log for a word typed, not one a key."""
MAX_BURSTS = 200
WRITTEN_AS = {"grab": "drag", "drop": "drag"}
"""What is grabbed is dragged and dropped: one deed."""


class Hand:
    """One CSA's steps on a page. Times are seconds of one clock."""

    __slots__ = ("_at", "_bursts", "_left")

    def __init__(self, now: float) -> None:
        self._left = BURST_ACTS
        self._at = now
        self._bursts: dict[tuple[str, int], float] = {}

    def may(self, kind: str, now: float) -> bool:
        """Whether one more step of this kind is within the bounds; it counts if so."""
        self._left = min(BURST_ACTS, self._left + max(0.0, now - self._at) * ACTS_PER_S)
        self._at = now
        if self._left < (KEPT_FROM_HOVER if kind == "hover" else 1):
            return False
        self._left -= 1
        return True

    def begins(self, kind: str, node: int, now: float) -> bool:
        """Whether this step is the first of its kind at its node for a while.

        Scrolling and hovering are one kind wherever they are.
        """
        burst = (WRITTEN_AS.get(kind, kind), 0 if kind in ("scroll", "hover") else node)
        last = self._bursts.pop(burst, None)
        self._bursts[burst] = now
        if len(self._bursts) > MAX_BURSTS:
            del self._bursts[next(iter(self._bursts))]
        return last is None or now - last > QUIET_S
