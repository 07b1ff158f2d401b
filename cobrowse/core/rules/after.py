"""Patterns of events: counts, sequences and windows, in event time. SPEC rule.4 to rule.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class After:
    """The shopper has done `run`, in this order, in this visit.

    Other events may lie between. All of them are younger than `within_s` (None: any age), and none of `unless` has
    happened since the first of them.
    """

    run: tuple[str, ...]
    within_s: float | None
    unless: frozenset[str]

    def began_at(self, names: Sequence[str], ats: Sequence[float], now: float) -> float | None:
        """When the latest such run began; None if there is none.

        Looking back from now each wanted event is taken as soon as it is met: the run that began last.
        """
        wanted = len(self.run) - 1
        for index in range(len(names) - 1, -1, -1):
            name = names[index]
            if name in self.unless:
                return None
            if name == self.run[wanted]:
                if self.within_s is not None and ats[index] + self.within_s <= now:
                    return None
                if wanted == 0:
                    return ats[index]
                wanted -= 1
        return None

    def ends_at(self, began_at: float) -> float | None:
        """When time alone ends a run that began then; None for never."""
        return None if self.within_s is None else began_at + self.within_s

    def describe(self) -> str:
        """The pattern in words: add_to_cart 2 times within 10 min, no begin_checkout since."""
        counts: list[tuple[str, int]] = []
        for name in self.run:
            if counts and counts[-1][0] == name:
                counts[-1] = (name, counts[-1][1] + 1)
            else:
                counts.append((name, 1))
        words = ", then ".join(f"{name} {n} times" if n > 1 else name for name, n in counts)
        if self.within_s is not None:
            words += f" within {self.within_s:g} s"
        return words + (f", no {' or '.join(sorted(self.unless))} since" if self.unless else "")
