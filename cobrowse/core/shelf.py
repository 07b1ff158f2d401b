"""Things kept by name while there is room: the least lately used first to go."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """Things by key, the least lately used first to go when their bytes are too many."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> T | None:
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: str, value: T, size_bytes: int) -> None:
        if key in self._held:
            self._bytes -= self._held.pop(key)[1]
        self._held[key] = (value, size_bytes)
        self._bytes += size_bytes
        while self._bytes > self._max_bytes and len(self._held) > 1:
            _, (_, gone_bytes) = self._held.popitem(last=False)
            self._bytes -= gone_bytes

    def latest(self, count: int) -> list[str]:
        return list(self._held)[-count:]
