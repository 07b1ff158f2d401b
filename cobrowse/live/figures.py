"""What the hub counts for whoever watches it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prometheus_client import Histogram

from cobrowse.live.publication import Publication

DELAYS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """`delivered`: own entries that became durable; `closed`: connections that we closed, by code; `delay`: from
    deciding to delivering, one sample a batch, so that it costs the hot path next to nothing.
    """

    def __init__(self) -> None:
        self.delivered = 0
        self.closed: Counter[int] = Counter()
        self.delay = Histogram(
            "cobrowse_delay_seconds", "From deciding to delivering", buckets=DELAYS_S, registry=None
        )

    def count(self, batch: Sequence[Publication], now: float) -> None:
        """Takes note of a batch that was delivered."""
        self.delivered += len(batch)
        self.delay.observe(max(now - batch[0].entry.at, 0.0))
