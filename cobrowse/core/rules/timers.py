"""When each visitor is to be looked at again: one timer each. Looking when none is due costs the same for any."""

from __future__ import annotations

from heapq import heapify, heappop, heappush


class Timers:
    """At most one instant a key, in Unix seconds. Instants that were replaced stay in the heap until they come up."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: str, at: float | None) -> None:
        """Sets the key's only timer; None removes it."""
        if at is None:
            self._at.pop(key, None)
        elif self._at.get(key) != at:
            self._at[key] = at
            heappush(self._heap, (at, key))
            if len(self._heap) > 2 * len(self._at) + 64:
                self._heap = [(at, key) for key, at in self._at.items()]
                heapify(self._heap)

    def first(self) -> float | None:
        """No timer is before this instant, which may be one that was replaced; None for no timer."""
        return self._heap[0][0] if self._heap else None

    def take_before(self, end: float) -> tuple[str, float] | None:
        """The earliest key whose time is before `end`, with its time; None for none. Its timer is gone."""
        heap = self._heap
        while heap and heap[0][0] < end:
            at, key = heappop(heap)
            if self._at.get(key) == at:
                del self._at[key]
                return key, at
        return None

    def take_due(self, now: float) -> list[tuple[str, float]]:
        """The keys whose time has come, earliest first, with their times; their timers are gone."""
        due: list[tuple[str, float]] = []
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, key = heappop(heap)
            if self._at.get(key) == at:
                del self._at[key]
                due.append((key, at))
        return due
