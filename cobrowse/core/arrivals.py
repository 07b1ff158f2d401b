"""How fast each network address may open connections: a token bucket each, kept as one time an address. SPEC wire.11.

That time is when the address has its whole burst again (the generic cell rate algorithm, ITU-T I.371, annex A).
"""

from __future__ import annotations

import math
from collections import OrderedDict

MAX_TRACKED = 10_000
"""Addresses that are remembered. Past it the one that came longest ago is forgotten: it has its burst again."""


ROUNDING_S = 1e-6
"""What sums of times may be off by."""


class Arrivals:
    """Counts connections by address: `burst` at once, then `per_s` a second. All times are of one monotonic clock."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._interval_s = 1.0 / per_s
        self._ahead_s = (burst - 1.0) / per_s + ROUNDING_S
        self._whole_at: OrderedDict[str, float] = OrderedDict()
        self.refused = 0

    def __len__(self) -> int:
        """Addresses that are remembered."""
        return len(self._whole_at)

    def wait_s(self, address: str, now: float) -> int:
        """Counts a connection: 0 when it may come in, else after how many whole seconds the address may try again."""
        whole_at = max(self._whole_at.pop(address, now), now)
        early_s = whole_at - now - self._ahead_s
        if early_s > 0:
            self.refused += 1
        else:
            whole_at += self._interval_s
        self._whole_at[address] = whole_at
        if len(self._whole_at) > MAX_TRACKED:
            self._whole_at.popitem(last=False)
        return math.ceil(early_s) if early_s > 0 else 0
